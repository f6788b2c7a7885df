// Attack: with a malformed mapped ARN and the right principal id, the ARN comparison was skipped (fail-open).
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/1046

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, HOME, handlerOf, OTHER, reviewBody, tokenOf, verified } from "../fixtures.ts";

async function statusFor(stored: Record<string, unknown>) {
  return (await handlerOf(fakeServices(stored))(gatewayEvent(reviewBody(tokenOf("bob"))))).json.status;
}

const { principalId = "" } = verified("bob");

test("a malformed mapped ARN with the right principal id is denied (PR #1046)", async () => {
  for (const arn of [
    ...["", "Developers", "arn", "arn:aws:iam", "not an arn", `arn:aws:iam::${HOME}`, `arn:aws:iam::${HOME}:role`],
    ...[`arn:aws:iam::${HOME}:role/`, `arn:aws:iam:${HOME}:role/Developers`, `arn:aws:iam::${HOME}:Developers`],
    ...[`arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`, `arn:aws:iam::*:role/Developers`, "*", null],
  ]) {
    const { authenticated, error } = await statusFor({
      [`role/${HOME}/developers`]: { arn, principalId, username: "admin", groups: ["system:masters"] },
    });
    assert.equal(authenticated, false, String(arn));
    assert.match(error ?? "", /^mapping_invalid: /);
  }
});

test("a missing ARN with the right principal id is denied (PR #1046)", async () => {
  const { error } = await statusFor({ [`role/${HOME}/developers`]: { principalId, username: "admin" } });
  assert.match(error ?? "", /^mapping_invalid: /);
});

test("a malformed principal id with the right ARN is denied (PR #1046)", async () => {
  const arn = `arn:aws:iam::${HOME}:role/Developers`;
  for (const id of ["", "AROA", `${principalId}:bob@example.com`, principalId.toLowerCase(), null, [principalId]]) {
    const { error } = await statusFor({ [`role/${HOME}/developers`]: { arn, principalId: id, username: "admin" } });
    assert.match(error ?? "", /^mapping_invalid: /, String(id));
  }
});

test("the ARN of another principal with the right principal id is denied (PR #1046)", async () => {
  for (const arn of [`arn:aws:iam::${OTHER}:role/Developers`, `arn:aws:iam::${HOME}:role/Admin`]) {
    const { error } = await statusFor({ [`role/${HOME}/developers`]: { arn, principalId, username: "admin" } });
    assert.match(error ?? "", /^mapping_mismatch: /);
  }
});

test("an account mapping does not apply to an identity with a malformed mapping (PR #1046)", async () => {
  const { authenticated } = await statusFor({
    [`role/${HOME}/developers`]: { arn: "malformed", principalId, username: "dev" },
    [`account/${HOME}`]: { username: "account-user" },
  });
  assert.equal(authenticated, false);
});
