// One review from token to user: calls to services, the record after each step, and where the review ends.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dependencies } from "../../../../functions/authenticator/handler.ts";
import { cachedProofs, tokenHash } from "../../../../functions/authenticator/identity/identity-cache.ts";
import { proveIdentity } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { evaluateMappings } from "../../../../functions/authenticator/mapping/evaluate.ts";
import { candidates } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { newRecord, timed } from "../../../../functions/authenticator/review/record.ts";
import { reviewIdentity, reviewToken } from "../../../../functions/authenticator/review/review.ts";
import type { Settings } from "../../../../functions/authenticator/settings.ts";
import { parseToken } from "../../../../functions/authenticator/token/token.ts";
import { fault } from "../../../../functions/errors.ts";
import { cachedParameters } from "../../../../functions/parameters/parameter-cache.ts";
import {
  DEVELOPERS,
  deadlineOf,
  fakeServices,
  fixedClock,
  HOME,
  NOW,
  OTHER,
  PREFIX,
  type Stored,
  settingsWith,
  tokenFor,
  tokenOf,
  verified,
} from "../fixtures.ts";

const MAPPED = { [`role/${HOME}/developers`]: { ...DEVELOPERS, username: "dev:{SessionName}" } };

function reviewer(stored: Stored, settings: Partial<Settings> = {}, changes: Partial<Dependencies> = {}) {
  const around = fakeServices(stored, changes);
  const services = {
    proofs: cachedProofs(proveIdentity(around.askSts, "aws", "test"), "aws/test", around.clock),
    signedTokens: undefined,
    readParameters: cachedParameters(around.fetchParameters, 30_000, around.clock),
    findNodeName: around.findNodeName,
  };
  const review = (token: string, record = newRecord(0), audiences?: string[]) =>
    reviewToken({ token, audiences }, settingsWith(settings), services, record, deadlineOf(around.clock));
  return { ...around, services, review };
}

function storedParameters(): ReturnType<Dependencies["fetchParameters"]> {
  const names = Object.keys(MAPPED).map((name) => `${PREFIX}/${name}`);
  return fakeServices(MAPPED).fetchParameters(names, deadlineOf(fixedClock()));
}

test("a mapped identity is granted, and the record has the details", async () => {
  const { review, calls } = reviewer(MAPPED);
  const record = newRecord(0);
  const status = await review(tokenOf("bob"), record);
  assert.deepEqual(
    [status.authenticated, status.user?.username, status.user?.groups],
    [true, "dev:bob-example.com", ["g"]],
  );
  assert.deepEqual(record, {
    ...newRecord(0),
    ms: { token: 0, identity: 0, mapping: 0, user: 0 },
    cached: { identity: false, mapping: false },
    tokenHash: tokenHash(tokenOf("bob")).slice(0, 12),
    token: parseToken(tokenOf("bob"), settingsWith().stsHosts, NOW),
    evaluations: evaluateMappings(candidates(PREFIX, verified("bob")), await storedParameters(), verified("bob"), NOW),
    identity: verified("bob"),
    stsRequestId: "sts-1",
    parameter: `${PREFIX}/role/${HOME}/developers`,
    user: { username: "dev:bob-example.com", groups: ["g"] },
  });
  assert.deepEqual([calls.sts.length, calls.ssm.length], [1, 1]);
});

test("an identity of an account that is not in ACCOUNTS is denied before Parameter Store is read (account_foreign)", async () => {
  const { review, calls } = reviewer(MAPPED, { accounts: [OTHER] });
  const record = newRecord(0);
  const message = `the account of arn:aws:iam::${HOME}:role/Developers is not in ACCOUNTS`;
  await assert.rejects(review(tokenOf("bob"), record), { code: "account_foreign", message });
  assert.deepEqual([calls.sts.length, calls.ssm.length], [1, 0]);
  assert.deepEqual([record.identity, record.evaluations], [verified("bob"), undefined]);
});

test("an identity of one of the ACCOUNTS is reviewed, and so is every identity without ACCOUNTS", async () => {
  for (const accounts of [[OTHER, HOME], [HOME], []]) {
    assert.equal((await reviewer(MAPPED, { accounts }).review(tokenOf("bob"))).authenticated, true);
  }
});

test("reviewIdentity fills the record like reviewToken", async () => {
  const { services, clock } = reviewer(MAPPED);
  const record = newRecord(0);
  const user = await reviewIdentity(verified("bob"), settingsWith(), services, record, deadlineOf(clock));
  assert.deepEqual(user, { username: "dev:bob-example.com", groups: ["g"] });
  assert.deepEqual(
    [record.user, record.parameter, record.evaluations?.map(({ verdict }) => verdict.kind), record.token],
    [
      user,
      `${PREFIX}/role/${HOME}/developers`,
      ["nothing", "nothing", "match", "nothing", "nothing", "nothing"],
      undefined,
    ],
  );
});

test("a token of another kind is not authenticated: no service is called, and it is not an error", async () => {
  const { review, calls } = reviewer(MAPPED);
  for (const token of ["eyJhbGciOiJSUzI1NiJ9.e30.x", "k8s-aws-v2.x", "K8S-AWS-V1.x", " k8s-aws-v1.x", "k8s-aws-v1"]) {
    assert.deepEqual(await review(token, newRecord(0), ["vault"]), { authenticated: false });
  }
  assert.deepEqual(calls, { sts: [], ssm: [] });
});

test("a token that STS refuses is denied without reading a mapping, and its request id is recorded", async () => {
  const { review, calls } = reviewer(MAPPED);
  const record = newRecord(0);
  await assert.rejects(review(tokenFor("AKIANOBODYKNOWSTHISK"), record), { code: "sts_refused" });
  assert.deepEqual(calls.ssm, []);
  assert.deepEqual([record.stsRequestId, record.identity], ["sts-1", undefined]);
});

test("all mappings are read in one call, of at most ten names", async () => {
  for (const who of ["alice", "bob", "carol", "root", "federated", "node"]) {
    const { review, calls } = reviewer({});
    await assert.rejects(review(tokenOf(who)), { code: "identity_unmapped" });
    assert.equal(calls.ssm.length, 1);
    assert.ok((calls.ssm[0]?.length ?? 0) <= 10);
  }
});

test("invalid mappings are counted in every place, even if they do not decide", async () => {
  const { review } = reviewer({ ...MAPPED, [`account/${HOME}`]: "no JSON", "pattern/any": [1, {}, { arnLike: "*" }] });
  const record = newRecord(0);
  assert.equal((await review(tokenOf("bob"), record)).authenticated, true);
  assert.equal(record.invalidMappings, 4);
});

test("a denial records the identity and the deciding parameter, and no user", async () => {
  const { review } = reviewer({ [`deny/${HOME}`]: [{ arnLike: DEVELOPERS.arn }] });
  const record = newRecord(0);
  await assert.rejects(review(tokenOf("bob"), record));
  assert.equal(record.identity?.name, "Developers");
  assert.equal(record.parameter, `${PREFIX}/deny/${HOME}`);
  assert.equal(record.user, undefined);
});

test("a failed read is recorded as one that called the service", async () => {
  const record = newRecord(0);
  const fetchParameters = () => Promise.reject(fault("parameters_unavailable", "down"));
  await assert.rejects(reviewer(MAPPED, {}, { fetchParameters }).review(tokenOf("bob"), record), {
    code: "parameters_unavailable",
  });
  assert.deepEqual(
    [record.cached, record.ms],
    [
      { identity: false, mapping: false },
      { token: 0, identity: 0, mapping: 0 },
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
