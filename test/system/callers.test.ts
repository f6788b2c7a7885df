// Callers at the bundle: an unauthenticated caller gets no answer about a token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { denial, failure, grantedUser } from "./answers.ts";
import { MAPPINGS } from "./mappings.ts";
import { CALLERS, startSystem } from "./system.ts";

const BEARER = { CALLER_AUTH: "bearer" };
const OTHER_TOKEN = "YW5vdGhlciBjYWxsZXIsIGFsc28gbm90IGEgcmVhbCBvbmU";

test("a wrong or missing bearer token is 401, the same for any token and any body", async (t) => {
  const system = await startSystem(t, { settings: BEARER });
  const tokens = [await system.token("bob"), await system.token("bob", { clusterId: "another" }), "opaque", ""];
  const answers = new Set<string>();
  for (const authorization of [`Bearer ${OTHER_TOKEN}`, `Bearer ${CALLERS[0]?.sha256}`]) {
    for (const token of tokens) {
      const answer = await system.review(token, { authorization });
      assert.match(failure(answer, 401), /^caller_refused: /);
      answers.add(answer.text);
    }
  }
  assert.equal(answers.size, 1, "nothing about the token shows");
  for (const authorization of ["", "Bearer", `Basic ${OTHER_TOKEN}`, OTHER_TOKEN, `Bearer ${OTHER_TOKEN} x`]) {
    assert.match(failure(await system.review("opaque", { authorization }), 401), /^caller_refused: /);
  }
  assert.equal(system.sts.calls(), 0);
  assert.deepEqual(new Set(system.logs().map(({ outcome }) => outcome)), new Set(["caller_refused"]));
  assert.deepEqual(new Set(system.logs().map(({ tokenHash }) => tokenHash)), new Set([undefined]));
});

test("by IAM: tokens for the cluster and for its callers are never exchanged, with real signatures", async (t) => {
  const byIam = { name: "control-plane", arn: "arn:aws:iam::111122223333:role/Developers" };
  const system = await startSystem(t, { settings: BEARER, parameters: { ...MAPPINGS, callers: [byIam] } });
  const CALLER_ID = "local:caller";
  const answered = async (callerFor: string, userFor: string) => {
    // Another second, so that the token is new and strangers may reach STS again.
    system.clock.advance(1_000);
    const authorization = `Bearer ${await system.token("bob", { clusterId: callerFor })}`;
    return system.review(await system.token("alice", { clusterId: userFor }), { authorization });
  };
  assert.equal(grantedUser(await answered(CALLER_ID, "local")).username, "alice");
  assert.match(denial(await answered(CALLER_ID, CALLER_ID)), /^sts_refused: .*SignatureDoesNotMatch/);
  for (const userFor of ["local", CALLER_ID]) {
    assert.match(
      failure(await answered("local", userFor), 401),
      /^caller_refused: sts_refused: .*SignatureDoesNotMatch/,
    );
  }
  const ids = system.sts.server().requests.map(({ headers }) => headers["x-k8s-aws-id"]);
  assert.deepEqual(ids, [CALLER_ID, "local", CALLER_ID, "local", CALLER_ID, CALLER_ID]);
});
