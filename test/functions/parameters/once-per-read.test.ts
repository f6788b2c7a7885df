// What is made of a parameter is made once for each time that it is read, and never of what it held before.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oncePerRead } from "../../../functions/parameters/once-per-read.ts";

test("each reader parses a parameter once, and again when Parameter Store returns it again with the same value", () => {
  const calls: string[] = [];
  const readerOf = (name: string) =>
    oncePerRead(({ value }) => {
      calls.push(name);
      return { name, value };
    });
  const [one, other] = [readerOf("one"), readerOf("other")];
  const stored = { value: "a", secure: false };
  assert.equal(one(stored), one(stored));
  assert.deepEqual(
    [other(stored), one({ ...stored })].map(({ name }) => name),
    ["other", "one"],
  );
  assert.deepEqual(calls, ["one", "other", "one"]);
});
