// A new identity costs one GetParameters of at most ten names, a cached one none, whatever the number of parameters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { grantedUser } from "./answers.ts";
import { MAPPINGS, PREFIX } from "./mappings.ts";
import { CALLERS, type System, startSystem } from "./system.ts";

const HOME = "111122223333";

/** The names of each call since the start. */
function calls({ store }: System): string[][] {
  return store.requests.map(({ headers, body }) => {
    assert.equal(headers["x-amz-target"], "AmazonSSM.GetParameters");
    return JSON.parse(body.toString()).Names;
  });
}

/** The maximum of Parameter Store's standard tier. */
const TEN_THOUSAND = Object.fromEntries(
  Array.from({ length: 9_996 }, (_, index) => {
    return [
      `role/${HOME}/team-${index}`,
      { arn: `arn:aws:iam::${HOME}:role/team-${index}`, username: `team-${index}` },
    ];
  }),
);

/** Another user of the same account reads only the names that are not cached for the account. */
const EXPECTED = {
  bob: ["deny/1", "deny/any", "role/1/developers", "pattern/1", "pattern/any", "account/1"],
  alice: ["user/1/alice"],
  carol: ["role/1/awsreservedsso_clusteradmin_0123456789abcdef", "sso-session/1/clusteradmin", "sso/1/clusteradmin"],
};

test("with 10,000 parameters, a new identity costs one call, and a cached one none", async (t) => {
  const parameters = { ...MAPPINGS, callers: CALLERS, ...TEN_THOUSAND };
  const system = await startSystem(t, { settings: { CALLER_AUTH: "bearer" }, parameters });
  const expected = [[`${PREFIX}/callers`]];
  assert.deepEqual(calls(system), expected, "prefetched while the function initialised");
  const isGranted = async (name: string, expiresIn = 60) =>
    grantedUser(await system.review(await system.token(name, { expiresIn })));
  const full = (names: readonly string[]) => names.map((name) => `${PREFIX}/${name.replace("/1", `/${HOME}`)}`);

  for (const [name, names] of Object.entries(EXPECTED)) {
    expected.push(full(names));
    for (const expiresIn of [60, 60, 61]) {
      await isGranted(name, expiresIn);
      assert.deepEqual(calls(system), expected);
    }
  }
  system.clock.advance(30_001);
  await isGranted("bob");
  assert.deepEqual(calls(system), [...expected, full(EXPECTED.bob)], "one call brings all of it up to date");
});

test("the first review uses the early connection to each service", async (t) => {
  const system = await startSystem(t);
  assert.deepEqual([system.sts.requests.length, system.store.requests.length], [0, 0]);
  for (const name of ["bob", "alice", "carol"]) grantedUser(await system.review(await system.token(name)));
  assert.deepEqual([system.sts.connections(), system.store.connections()], [1, 1]);
});
