// Untrusted text in a message: one short line of printable text.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { quoted } from "../../../functions/lib/quoted.ts";

test("a value is quoted as JSON, shortened if it is long, and described if it is nested too deeply", () => {
  const deep: unknown = JSON.parse("[".repeat(200_000) + "]".repeat(200_000));
  for (const [value, expected] of [
    ["grups", '"grups"'],
    [["a", 1, null], '["a",1,null]'],
    [undefined, "undefined"],
    ["a\n\u2028\u007f\u00e9", '"a\\n\\u2028\\u007f\\u00e9"'],
    ["x".repeat(1_000), `"${"x".repeat(59)}...`],
    [deep, "a value that is nested too deeply"],
  ] as const) {
    assert.equal(quoted(value), expected);
  }
});

test("any value becomes one short line of printable ASCII", () => {
  const value = fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue());
  fc.assert(
    fc.property(value, (v) => assert.match(quoted(v), /^[\x20-\x7e]{1,400}$/)),
    { numRuns: 1_000, seed: 1 },
  );
});
