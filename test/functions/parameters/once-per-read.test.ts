// What is made of a parameter is made once for each time that it is read, and never of what it held before.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oncePerRead } from "../../../functions/parameters/once-per-read.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";

function counted() {
  let calls = 0;
  const read = oncePerRead(({ value }: StoredParameter) => {
    calls += 1;
    return { value };
  });
  return { read, calls: () => calls };
}

test("the same parameter is read once, however often it is asked for", () => {
  const { read, calls } = counted();
  const stored = { value: "a", secure: false };
  assert.equal(read(stored), read(stored));
  assert.equal(calls(), 1);
});

test("a parameter that Parameter Store returns again is parsed again, even if its value is the same", () => {
  const { read, calls } = counted();
  assert.deepEqual(
    ["a", "b", "a"].map((value) => read({ value, secure: false })),
    [{ value: "a" }, { value: "b" }, { value: "a" }],
  );
  assert.equal(calls(), 3);
});

test("two readers of the same parameter do not share results", () => {
  const stored = { value: "a", secure: false };
  const [upper, twice] = [
    oncePerRead(({ value }) => ({ text: value.toUpperCase() })),
    oncePerRead(({ value }) => ({ text: value + value })),
  ];
  assert.deepEqual([upper(stored), twice(stored), upper(stored)], [{ text: "A" }, { text: "aa" }, { text: "A" }]);
});
