// Answers from the cache during an outage of Parameter Store are marked in the log and counted in the metrics.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { fault } from "../../../../functions/errors.ts";
import type { FetchParameters } from "../../../../functions/parameters/parameter-cache.ts";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const CALLER = "a-token-of-kube-apiserver";
const STORED = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" },
  callers: [{ name: "kube-apiserver", sha256: hash("sha256", CALLER) }],
};

/** A cluster whose Parameter Store can fail on demand. */
function cluster() {
  const store = { isDown: false };
  const working = fakeServices(STORED);
  const fetchParameters: FetchParameters = async (...asked) => {
    if (store.isDown) throw fault("parameters_unavailable", "down");
    return working.fetchParameters(...asked);
  };
  const around = fakeServices(STORED, { fetchParameters });
  const handler = handlerOf(around, { callerAuth: "bearer" });
  const headers = { authorization: `Bearer ${CALLER}` };
  async function review(name = "bob") {
    const { statusCode } = await handler(gatewayEvent(reviewBody(tokenOf(name, around.clock())), { headers }));
    const line = JSON.parse(around.lines.at(-1) ?? "") as Record<string, unknown>;
    return [statusCode, line["stale"], line["StaleReads"]];
  }
  return { ...around, store, review };
}

test("an answer from Parameter Store, or from a fresh cache entry, is not stale", async () => {
  const { review, store } = cluster();
  assert.deepEqual(await review(), [200, undefined, undefined]);
  store.isDown = true;
  assert.deepEqual(await review(), [200, undefined, undefined]);
});

test("a stale mapping is logged as stale: true, with one StaleReads", async () => {
  const { review, store, clock } = cluster();
  await review();
  store.isDown = true;
  clock.advance(30_001);
  assert.deepEqual(await review(), [200, true, 1]);
});

test("stale callers and a stale mapping are logged as stale: true, with two StaleReads", async () => {
  const { review, store, clock } = cluster();
  await review();
  store.isDown = true;
  clock.advance(60_001);
  assert.deepEqual(await review(), [200, true, 2]);
  store.isDown = false;
  clock.advance(1_000);
  assert.deepEqual(await review(), [200, undefined, undefined]);
});

test("an answer that is not from the cache is not counted as stale", async () => {
  const { review, store, clock } = cluster();
  await review();
  store.isDown = true;
  clock.advance(30_001);
  assert.deepEqual(await review("contractor"), [500, undefined, undefined]);
});
