// Attack: a blind echo of audiences makes an IAM token for this cluster valid for a foreign service that requests a review.
// Kubernetes grants access for any requested audience that is in `status.audiences`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MAPPED, tokenOf } from "../fixtures.ts";
import { reviewer } from "./review.ts";

const MINE = "https://kubernetes.default.svc";

function reviewerFor(...audiences: readonly string[]) {
  const { status } = reviewer(MAPPED, {}, { audiences });
  return (requested: unknown) => status(tokenOf("bob"), { audiences: requested });
}

test("a foreign audience does not authenticate if audiences are configured", async () => {
  for (const requested of [["vault"], ["vault", "sts.amazonaws.com"], [`${MINE}/`], [MINE.toUpperCase()]]) {
    const { authenticated, error, audiences } = await reviewerFor(MINE)(requested);
    assert.deepEqual([authenticated, audiences], [false, undefined]);
    assert.match(error ?? "", /^audience_foreign: /);
  }
});

test("no audience is returned if none are configured, or none are requested", async () => {
  for (const [configured, requested] of [
    [[], ["vault"]],
    [[], [MINE]],
    [[], ["vault", MINE]],
    [[MINE], undefined],
    [[MINE], null],
    [[MINE], []],
  ]) {
    const status = await reviewerFor(...(configured ?? []))(requested);
    assert.deepEqual([status.authenticated, "audiences" in status], [true, false]);
  }
});

test("of several audiences, only the configured ones are returned", async () => {
  const { authenticated, audiences } = await reviewerFor("y", MINE)(["vault", MINE, "x"]);
  assert.deepEqual([authenticated, audiences], [true, [MINE]]);
});

test("a cached identity does not carry audiences from one review to the next", async () => {
  const review = reviewerFor(MINE, "other");
  for (const audience of [MINE, "other", "vault", MINE]) {
    assert.deepEqual((await review([audience])).audiences, audience === "vault" ? undefined : [audience]);
  }
});
