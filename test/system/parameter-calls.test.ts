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
function tenThousand(): Record<string, unknown> {
  const own = Object.entries({ ...MAPPINGS, callers: CALLERS });
  const others = Array.from({ length: 10_000 - own.length }, (_, index) => {
    const arn = `arn:aws:iam::${HOME}:role/team-${index}`;
    return [`role/${HOME}/team-${index}`, { arn, username: `team-${index}` }] as const;
  });
  return Object.fromEntries([...own, ...others]);
}

const EXPECTED = {
  bob: [
    ...["deny/111122223333", "deny/any"],
    ...["role/111122223333/developers", "pattern/111122223333", "pattern/any", "account/111122223333"],
  ],
  alice: ["user/111122223333/alice"],
  carol: [
    "role/111122223333/awsreservedsso_clusteradmin_0123456789abcdef",
    ...["sso-session/111122223333/clusteradmin", "sso/111122223333/clusteradmin"],
  ],
};

test("with 10,000 parameters, a new identity costs one call, and a cached one none", async (t) => {
  const system = await startSystem(t, { settings: { CALLER_AUTH: "bearer" }, parameters: tenThousand() });
  const callersCall = [[`${PREFIX}/callers`]];
  assert.deepEqual(calls(system), callersCall, "prefetched while the function initialised");

  const bob = await system.token("bob");
  grantedUser(await system.review(bob));
  const full = (names: readonly string[]) => names.map((name) => `${PREFIX}/${name}`);
  assert.deepEqual(calls(system), [...callersCall, full(EXPECTED.bob)]);

  // Another user of the same account reads only the names that are not cached for the account.
  for (const name of ["alice", "carol"] as const) {
    const before = calls(system).length;
    const token = await system.token(name);
    grantedUser(await system.review(token));
    assert.deepEqual(calls(system).slice(before), [full(EXPECTED[name])]);
    grantedUser(await system.review(token));
    grantedUser(await system.review(await system.token(name, { expiresIn: 61 })));
    assert.equal(calls(system).length, before + 1);
  }
  grantedUser(await system.review(bob));
  const total = calls(system).length;
  assert.equal(total, callersCall.length + 3);
  assert.ok(calls(system).every((names) => names.length <= 10 && new Set(names).size === names.length));

  system.clock.advance(30_001);
  grantedUser(await system.review(bob));
  assert.deepEqual(calls(system).slice(total), [full(EXPECTED.bob)], "one call brings all of it up to date");
});

test("the first review uses the early connection to each service", async (t) => {
  const system = await startSystem(t);
  assert.deepEqual([system.sts.requests.length, system.store.requests.length], [0, 0]);
  for (const name of ["bob", "alice", "carol"]) grantedUser(await system.review(await system.token(name)));
  assert.deepEqual([system.sts.connections(), system.store.connections()], [1, 1]);
});
