// Attack: kube-apiserver accepts `authenticated: true` with an empty username, so a template must never render to nothing.
// Measured on aws-iam-authenticator 0.7.18 and kube-apiserver.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const ARN = `arn:aws:iam::${HOME}:role/ClusterNode`;

async function statusFor(value: unknown, nodeName = "") {
  const around = fakeServices(
    { [`role/${HOME}/clusternode`]: value },
    { findNodeName: async () => ({ name: nodeName }) },
  );
  return (await handlerOf(around)(gatewayEvent(reviewBody(tokenOf("node"))))).json.status;
}

test("a username that is empty, or missing, is never granted", async () => {
  for (const value of [
    { arn: ARN, username: "" },
    { arn: ARN },
    { arn: ARN, username: null },
    { arn: ARN, groups: ["x"] },
  ]) {
    const { authenticated, user } = await statusFor(value);
    assert.deepEqual([authenticated, user], [false, undefined]);
  }
});

test("a username or a group that renders to nothing is never granted", async () => {
  const template = "{EC2PrivateDNSName}";
  for (const value of [
    { arn: ARN, username: template },
    { arn: ARN, username: "x", groups: ["y", template] },
  ]) {
    const { authenticated, error } = await statusFor(value);
    assert.equal(authenticated, false);
    assert.match(error ?? "", /^name_refused: /);
    assert.equal((await statusFor(value, "ip-10-0-0-1")).authenticated, true);
  }
});
