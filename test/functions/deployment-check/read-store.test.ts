// Reads the stored parameters: every page, at most 20 per second.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Page, readStore } from "../../../functions/deployment-check/stored-values.ts";

function pageOf(count: number, next?: string): Page {
  const parameters = Array.from(
    { length: count },
    (_, i) => [`/p/${next ?? "last"}/${i}`, { value: "{}", secure: false }] as const,
  );
  return { parameters, next };
}

/** Time passes only during a sleep, and by `callMs` for each call. */
function reader(answer: (next: string | undefined, call: number) => Page, callMs = 0) {
  let now = 0;
  const calls: number[] = [];
  const readPage = async (next: string | undefined) => {
    calls.push(now);
    now += callMs;
    return answer(next, calls.length);
  };
  const sleep = async (ms: number) => {
    now += ms;
  };
  return { calls, source: { readPage, clock: () => now, sleep } };
}

async function count(source: Parameters<typeof readStore>[0]): Promise<number> {
  let found = 0;
  for await (const page of readStore(source)) found += page.length;
  return found;
}

test("1,000 parameters are read in order, in 101 calls and at most 20 per second, and an empty page does not end it", async () => {
  const { calls, source } = reader((next, call) => {
    assert.equal(next, call === 1 ? undefined : String(call - 1));
    return pageOf(call === 50 ? 0 : 10, call <= 100 ? String(call) : undefined);
  });
  assert.equal(await count(source), 1_000);
  assert.equal(calls.length, 101);
  assert.ok(calls.every((at, index) => index < 20 || at - (calls[index - 20] ?? 0) >= 1_000));
});

test("the time of a read is part of the pace", async () => {
  for (const [callMs, expected] of [
    [40, [0, 50, 100]],
    [80, [0, 80, 160]],
  ] as const) {
    const { calls, source } = reader((_, call) => pageOf(10, call < 3 ? "more" : undefined), callMs);
    await count(source);
    assert.deepEqual(calls, expected);
  }
});
