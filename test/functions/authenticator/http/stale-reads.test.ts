// Answers from memory, because Parameter Store failed: marked in the log, counted in the metrics, for mappings and callers.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { ParametersUnavailable } from "../../../../functions/errors.ts";
import type { FetchParameters } from "../../../../functions/parameters/parameter-cache.ts";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const CALLER = "a-token-of-kube-apiserver";
const STORED = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" },
  callers: [{ name: "kube-apiserver", sha256: hash("sha256", CALLER) }],
};

/** A cluster whose Parameter Store can be told to fail. */
function cluster() {
  const store = { isDown: false };
  const working = fakeServices(STORED);
  const fetchParameters: FetchParameters = async (...asked) => {
    if (store.isDown) throw new ParametersUnavailable("down");
    return working.fetchParameters(...asked);
  };
  const around = fakeServices(STORED, { fetchParameters });
  const handler = handlerOf(around, { callerAuth: "bearer" });
  const headers = { authorization: `Bearer ${CALLER}` };
  async function review(name = "bob") {
    const { statusCode } = await handler(gatewayEvent(reviewBody(tokenOf(name, around.clock())), { headers }));
    const [log, metrics] = around.lines.slice(-2).map((line) => JSON.parse(line) as Record<string, unknown>);
    return [statusCode, log?.["stale"], metrics?.["StaleReads"]];
  }
  return { ...around, store, review };
}

test("an answer from what Parameter Store has just said, or from a fresh memory of it, is not stale", async () => {
  const { review, store } = cluster();
  assert.deepEqual(await review(), [200, undefined, 0]);
  store.isDown = true;
  assert.deepEqual(await review(), [200, undefined, 0]);
});

test("a mapping from memory is stale: true, and one StaleReads", async () => {
  const { review, store, clock } = cluster();
  await review();
  store.isDown = true;
  clock.advance(30_001);
  assert.deepEqual(await review(), [200, true, 1]);
});

test("callers and a mapping from memory are stale: true, and two StaleReads", async () => {
  const { review, store, clock } = cluster();
  await review();
  store.isDown = true;
  clock.advance(60_001);
  assert.deepEqual(await review(), [200, true, 2]);
  store.isDown = false;
  assert.deepEqual(await review(), [200, undefined, 0]);
});

test("an answer that does not come from memory is not counted as stale", async () => {
  const { review, store, clock } = cluster();
  await review();
  store.isDown = true;
  clock.advance(30_001);
  assert.deepEqual(await review("contractor"), [500, undefined, 0]);
});
