// Attack: a blind echo of audiences makes an IAM token for this cluster valid for a foreign service that requests a review.
// Kubernetes grants access for any requested audience that is in `status.audiences`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const MAPPED = { [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" } };
const MINE = "https://kubernetes.default.svc";

async function statusFor(audiences: unknown, configured: readonly string[]) {
  const handler = handlerOf(fakeServices(MAPPED), { audiences: configured });
  return (await handler(gatewayEvent(reviewBody(tokenOf("bob"), { audiences })))).json.status;
}

test("a foreign audience does not authenticate if audiences are configured", async () => {
  for (const audiences of [["vault"], ["vault", "sts.amazonaws.com"], [`${MINE}/`], [MINE.toUpperCase()]]) {
    const { authenticated, error, audiences: answered } = await statusFor(audiences, [MINE]);
    assert.deepEqual([authenticated, answered], [false, undefined]);
    assert.match(error ?? "", /^audience_foreign: /);
  }
});

test("a foreign audience is never echoed if none are configured: the response has no audiences", async () => {
  for (const audiences of [["vault"], [MINE], ["vault", MINE]]) {
    const status = await statusFor(audiences, []);
    assert.deepEqual([status.authenticated, "audiences" in status], [true, false]);
  }
});

test("of several audiences, only the configured ones are returned", async () => {
  const { authenticated, audiences } = await statusFor(["vault", MINE, "x"], ["y", MINE]);
  assert.deepEqual([authenticated, audiences], [true, [MINE]]);
});

test("a request without audiences, or with an empty list, gets none", async () => {
  for (const audiences of [undefined, null, []]) {
    const status = await statusFor(audiences, [MINE]);
    assert.deepEqual([status.authenticated, "audiences" in status], [true, false]);
  }
});

test("a cached identity does not carry audiences from one review to the next", async () => {
  const handler = handlerOf(fakeServices(MAPPED), { audiences: [MINE, "other"] });
  for (const audience of [MINE, "other", "vault", MINE]) {
    const body = reviewBody(tokenOf("bob"), { audiences: [audience] });
    const { status } = (await handler(gatewayEvent(body))).json;
    assert.deepEqual(status.audiences, audience === "vault" ? undefined : [audience]);
  }
});
