// Reads the stored parameters: every page, at most 20 per second.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readStore } from "../../../functions/deployment-check/stored-values.ts";

for (const [callMs, everyMs] of [
  [0, 50],
  [40, 50],
  [80, 80],
] as const) {
  test(`pages whose calls take ${callMs} ms are all read in order, one every ${everyMs} ms, also after an empty one`, async () => {
    let now = 0;
    const calls: number[] = [];
    const source = {
      async readPage(next: string | undefined) {
        assert.equal(next, calls.length === 0 ? undefined : String(calls.length));
        calls.push(now);
        now += callMs;
        const own = calls.length === 50 ? [] : Array.from({ length: 10 }, (_, i) => `/p/${calls.length}/${i}`);
        const parameters = own.map((name) => [name, { value: "{}", secure: false }] as const);
        return { parameters, next: calls.length < 101 ? String(calls.length) : undefined };
      },
      clock: () => now,
      async sleep(ms: number) {
        now += ms;
      },
    };
    const names = new Set<string>();
    for await (const page of readStore(source)) for (const [name] of page) names.add(name);
    assert.equal(names.size, 1_000);
    assert.deepEqual(
      calls,
      Array.from({ length: 101 }, (_, index) => index * everyMs),
    );
  });
}
