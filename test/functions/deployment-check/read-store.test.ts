// Reads the stored parameters: every page, at most 20 per second, with patience for new permissions, and a time limit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Page, readStore } from "../../../functions/deployment-check/read-store.ts";

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

function denied(): never {
  throw Object.assign(new Error("not authorized"), { name: "AccessDeniedException" });
}

test("10,000 parameters are read in order, in 1,000 calls and at most 20 per second", async () => {
  const { calls, source } = reader((next, call) => {
    assert.equal(next, call === 1 ? undefined : String(call - 1));
    return pageOf(10, call < 1_000 ? String(call) : undefined);
  });
  assert.equal(await count(source), 10_000);
  assert.equal(calls.length, 1_000);
  assert.ok(calls.every((at, index) => index < 20 || at - (calls[index - 20] ?? 0) >= 1_000));
});

test("an empty page with a token does not end the reading, and an empty store is read once", async () => {
  const { source } = reader((_, call) => (call < 3 ? pageOf(0, "more") : pageOf(2)));
  assert.equal(await count(source), 2);
  const empty = reader(() => pageOf(0));
  assert.deepEqual([await count(empty.source), empty.calls.length], [0, 1]);
});

test("a new permission is awaited, and a missing one ends the reading after a minute", async () => {
  const late = reader((_, call) => (call < 4 ? denied() : pageOf(1)));
  assert.deepEqual([await count(late.source), late.calls], [1, [0, 5_000, 10_000, 15_000]]);
  const never = reader(denied);
  await assert.rejects(count(never.source), { name: "AccessDeniedException" });
  assert.equal(never.calls.at(-1), 60_000);
});

test("a permission that is lost during the reading, and any other error, end it at once", async () => {
  const lost = reader((_, call) => (call === 1 ? pageOf(1, "2") : denied()));
  await assert.rejects(count(lost.source), { name: "AccessDeniedException" });
  assert.equal(lost.calls.length, 2);
  const failing = reader(() => {
    throw new Error("no answer");
  });
  await assert.rejects(count(failing.source), { message: "no answer" });
  assert.equal(failing.calls.length, 1);
});

test("reading fails after 8 minutes, before Lambda stops the check", async () => {
  const { source } = reader((_, call) => pageOf(10, String(call)), 950);
  await assert.rejects(count(source), { message: "reading takes longer than 8 minutes" });
});
