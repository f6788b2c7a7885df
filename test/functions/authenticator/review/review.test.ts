// One review from token to user: what is asked of whom, what each step leaves in the record, and where it stops.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dependencies } from "../../../../functions/authenticator/handler.ts";
import { cachedProofs, tokenHash } from "../../../../functions/authenticator/identity/identity-cache.ts";
import { proveIdentity } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { type ReviewRecord, timed } from "../../../../functions/authenticator/review/record.ts";
import { reviewToken } from "../../../../functions/authenticator/review/review.ts";
import type { Settings } from "../../../../functions/authenticator/settings.ts";
import { IdentityUnmapped, InstancesUnavailable, StsRefused, TokenMalformed } from "../../../../functions/errors.ts";
import { cachedParameters } from "../../../../functions/parameters/parameter-cache.ts";
import {
  deadlineOf,
  fixedClock,
  HOME,
  PREFIX,
  type Stored,
  settingsWith,
  tokenFor,
  tokenOf,
  verified,
  world,
} from "../fixtures.ts";

const DEVELOPERS = { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev:{SessionName}", groups: ["g"] };
const MAPPED = { [`role/${HOME}/developers`]: DEVELOPERS };

function newRecord(): ReviewRecord {
  return { startedAt: 0, requestId: undefined, coldStart: false, ms: {}, cached: {}, invalidMappings: 0 };
}

function reviewer(stored: Stored, settings: Partial<Settings> = {}, changes: Partial<Dependencies> = {}) {
  const around = world(stored, changes);
  const services = {
    proveIdentity: cachedProofs(proveIdentity(around.askSts, "aws"), "aws/test", around.clock),
    readParameters: cachedParameters(around.fetchParameters, 30_000, around.clock),
    findNodeName: around.findNodeName,
  };
  const review = (token: string, record = newRecord(), audiences?: string[]) =>
    reviewToken(
      { apiVersion: "authentication.k8s.io/v1", token, audiences },
      settingsWith(settings),
      services,
      record,
      deadlineOf(around.clock),
    );
  return { ...around, review };
}

test("a mapped identity is granted, and the record says how", async () => {
  const { review, calls } = reviewer(MAPPED);
  const record = newRecord();
  const status = await review(tokenOf("bob"), record);
  assert.deepEqual(
    [status.authenticated, status.user?.username, status.user?.groups],
    [true, "dev:bob-example.com", ["g"]],
  );
  assert.deepEqual(record, {
    ...newRecord(),
    ms: { token: 0, identity: 0, mapping: 0, user: 0 },
    cached: { identity: false, mapping: false },
    tokenHash: tokenHash(tokenOf("bob")).slice(0, 12),
    identity: verified("bob"),
    stsRequestId: "sts-1",
    parameter: `${PREFIX}/role/${HOME}/developers`,
    user: { username: "dev:bob-example.com", groups: ["g"] },
  });
  assert.deepEqual([calls.sts.length, calls.ssm.length], [1, 1]);
});

test("a second review of the token asks nobody", async () => {
  const { review, calls } = reviewer(MAPPED);
  await review(tokenOf("bob"));
  const record = newRecord();
  await review(tokenOf("bob"), record);
  assert.deepEqual(record.cached, { identity: true, mapping: true });
  assert.deepEqual([calls.sts.length, calls.ssm.length], [1, 1]);
});

test("a token of another kind passes by: nobody is asked, and it is no error", async () => {
  const { review, calls } = reviewer(MAPPED);
  for (const token of [
    "eyJhbGciOiJSUzI1NiJ9.e30.x",
    "k8s-aws-v2.x",
    "K8S-AWS-V1.x",
    " k8s-aws-v1.x",
    "k8s-aws-v1",
    "x",
  ]) {
    assert.deepEqual(await review(token, newRecord(), ["vault"]), { authenticated: false });
  }
  assert.deepEqual(calls, { sts: [], ssm: [] });
});

test("a malformed token is denied offline", async () => {
  const { review, calls } = reviewer(MAPPED);
  await assert.rejects(review("k8s-aws-v1.x"), TokenMalformed);
  assert.deepEqual(calls, { sts: [], ssm: [] });
});

test("a token that STS refuses is denied without a look at any mapping, and its request id is kept", async () => {
  const { review, calls } = reviewer(MAPPED);
  const record = newRecord();
  await assert.rejects(review(tokenFor("AKIANOBODYKNOWSTHISK"), record), StsRefused);
  assert.deepEqual(calls.ssm, []);
  assert.deepEqual([record.stsRequestId, record.identity], ["sts-1", undefined]);
});

test("every mapping is asked for in one call, of at most ten names", async () => {
  for (const who of ["alice", "bob", "carol", "root", "federated", "node"]) {
    const { review, calls } = reviewer({});
    await assert.rejects(review(tokenOf(who)), IdentityUnmapped);
    assert.equal(calls.ssm.length, 1);
    assert.ok((calls.ssm[0]?.length ?? 0) <= 10);
  }
});

test("invalid mappings are counted wherever they stand, though they do not count for the answer", async () => {
  const { review } = reviewer({ ...MAPPED, [`account/${HOME}`]: "no JSON", "pattern/any": [1, {}, { arnLike: "*" }] });
  const record = newRecord();
  assert.equal((await review(tokenOf("bob"), record)).authenticated, true);
  assert.equal(record.invalidMappings, 4);
});

test("a denial by the mapping leaves the identity and the parameter that counted in the record, and no user", async () => {
  const { review } = reviewer({ [`role/${HOME}/developers`]: { arn: DEVELOPERS.arn, deny: true } });
  const record = newRecord();
  await assert.rejects(review(tokenOf("bob"), record));
  assert.equal(record.identity?.name, "Developers");
  assert.equal(record.parameter, `${PREFIX}/role/${HOME}/developers`);
  assert.equal(record.user, undefined);
});

test("a node's name is asked for with the verified identity, and its failure is a fault", async () => {
  const nodes = {
    [`role/${HOME}/clusternode`]: {
      arn: `arn:aws:iam::${HOME}:role/ClusterNode`,
      username: "system:node:{EC2PrivateDNSName}",
    },
  };
  assert.equal((await reviewer(nodes).review(tokenOf("node"))).user?.username, "system:node:ip-10-0-0-1.ec2.internal");
  const findNodeName = () => Promise.reject(new InstancesUnavailable("down"));
  await assert.rejects(reviewer(nodes, {}, { findNodeName }).review(tokenOf("node")), InstancesUnavailable);
});

test("a stage's time is kept, also of one that failed", async () => {
  const clock = fixedClock();
  const record = newRecord();
  const slow = (outcome: Promise<string>) => () => {
    clock.advance(7);
    return outcome;
  };
  assert.equal(await timed(record, "token", clock, slow(Promise.resolve("x"))), "x");
  await assert.rejects(timed(record, "mapping", clock, slow(Promise.reject(new Error("no")))), /no/);
  assert.deepEqual(record.ms, { token: 7, mapping: 7 });
});
