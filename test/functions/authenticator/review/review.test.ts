// One review from token to user: calls to services, the record of each step, and where the review ends.

import assert from "node:assert/strict";
import { test } from "node:test";
import { newRecord, timed } from "../../../../functions/authenticator/review/record.ts";
import { reviewIdentity } from "../../../../functions/authenticator/review/review.ts";
import { cachedParameters } from "../../../../functions/parameters/parameter-cache.ts";
import {
  DEVELOPERS,
  deadlineOf,
  fakeServices,
  fixedClock,
  HOME,
  MAPPED,
  OTHER,
  PREFIX,
  reviewOnce,
  settingsWith,
  tokenOf,
  verified,
} from "../fixtures.ts";

test("only identities of ACCOUNTS are reviewed, others are denied before Parameter Store is read (account_foreign)", async () => {
  const { json, calls, line } = await reviewOnce(tokenOf("bob"), { settings: { accounts: [OTHER] } });
  const message = `the account of arn:aws:iam::${HOME}:role/Developers is not in ACCOUNTS`;
  assert.deepEqual(json.status, { authenticated: false, error: `account_foreign: ${message}` });
  assert.deepEqual([calls.sts.length, calls.ssm.length, line.accountId], [1, 0, HOME]);
  for (const accounts of [[OTHER, HOME], []]) {
    const own = await reviewOnce(tokenOf("bob"), { settings: { accounts } });
    assert.deepEqual([own.json.status.authenticated, own.calls.ssm.length], [true, 1]);
  }
});

test("a token of another kind is not authenticated: no service is called, and it is not an error", async () => {
  for (const token of ["eyJhbGciOiJSUzI1NiJ9.e30.x", "k8s-aws-v2.x", "K8S-AWS-V1.x", " k8s-aws-v1.x", "k8s-aws-v1"]) {
    const options = { spec: { audiences: ["vault"] }, settings: { audiences: ["mine"] } };
    const { statusCode, json, calls } = await reviewOnce(token, options);
    assert.deepEqual([statusCode, json.status, calls], [200, { authenticated: false }, { sts: [], ssm: [] }]);
  }
});

test("a denial records its code as reason, the identity and the deciding parameter, and no user", async () => {
  const { line } = await reviewOnce(tokenOf("bob"), { stored: { [`deny/${HOME}`]: [{ arnLike: DEVELOPERS.arn }] } });
  assert.deepEqual(
    [line.outcome, line.reason, line.canonicalArn, line.parameter, line.username, line.groups],
    ["denied", "identity_denied", DEVELOPERS.arn, `${PREFIX}/deny/${HOME}`, undefined, undefined],
  );
  assert.match(line.message, /^arn:\S+ is denied by /);
});

test("while Parameter Store fails, cached mappings decide, and their absence is a fault", async () => {
  const { clock, findNodeName } = fakeServices();
  const mapping = [`${PREFIX}/role/${HOME}/developers`, { value: JSON.stringify(DEVELOPERS), secure: false }] as const;
  const record = newRecord(0);
  const review = (...stored: (typeof mapping)[]) => {
    const readParameters = async () => ({ parameters: new Map(stored), cached: true, stale: true });
    return reviewIdentity(verified("bob"), settingsWith(), { readParameters, findNodeName }, record, deadlineOf(clock));
  };
  const message = "Parameter Store does not respond, and no cached mapping applies to this identity";
  await assert.rejects(review(), { code: "parameters_unavailable", message });
  assert.equal((await review(mapping)).username, "dev");
  assert.equal(record.staleReads, 1);
});

test("a review of an identity without a token records its user, the parameter and each evaluation", async () => {
  const { clock, fetchParameters, findNodeName } = fakeServices(MAPPED);
  const services = { readParameters: cachedParameters(fetchParameters, 30_000, clock), findNodeName };
  const record = newRecord(0);
  const user = await reviewIdentity(verified("bob"), settingsWith(), services, record, deadlineOf(clock));
  const verdicts = record.evaluations?.map(({ verdict }) => verdict.kind);
  assert.deepEqual(
    [user, record.user, record.parameter, record.token, record.coldStart, verdicts],
    [
      ...[{ username: "dev", groups: ["g"] }, user, `${PREFIX}/role/${HOME}/developers`, undefined, false],
      ["nothing", "nothing", "match", "nothing", "nothing", "nothing"],
    ],
  );
});

test("a stage's duration is recorded, also if the stage fails", async () => {
  const clock = fixedClock();
  const record = newRecord(0);
  const slow = (outcome: Promise<string>) => () => {
    clock.advance(7);
    return outcome;
  };
  assert.equal(await timed(record, "token", clock, slow(Promise.resolve("x"))), "x");
  await assert.rejects(timed(record, "mapping", clock, slow(Promise.reject(new Error("no")))), /no/);
  assert.deepEqual(record.ms, { token: 7, mapping: 7 });
});
