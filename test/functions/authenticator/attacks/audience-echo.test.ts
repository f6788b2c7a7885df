// The blind echo of audiences: an IAM token for this cluster becomes good for a foreign service that asks for a review.
// Kubernetes grants for whatever `status.audiences` shares with what was asked for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const MAPPED = { [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" } };
const MINE = "https://kubernetes.default.svc";

async function statusFor(audiences: unknown, configured: readonly string[]) {
  const handler = handlerOf(fakeServices(MAPPED), { audiences: configured });
  return (await handler(gatewayEvent(reviewBody(tokenOf("bob"), { audiences })))).json.status;
}

test("a foreign audience does not authenticate where audiences are configured", async () => {
  for (const audiences of [["vault"], ["vault", "sts.amazonaws.com"], [`${MINE}/`], [MINE.toUpperCase()]]) {
    const { authenticated, error, audiences: answered } = await statusFor(audiences, [MINE]);
    assert.deepEqual([authenticated, answered], [false, undefined]);
    assert.match(error ?? "", /^audience_foreign: /);
  }
});

test("a foreign audience is never echoed where none are configured: the answer has no audiences at all", async () => {
  for (const audiences of [["vault"], [MINE], ["vault", MINE]]) {
    const status = await statusFor(audiences, []);
    assert.deepEqual([status.authenticated, "audiences" in status], [true, false]);
  }
});

test("of several audiences only the configured ones come back", async () => {
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
