// Untrusted JSON: only complete texts, only objects where an object is expected, and in a message one short line.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { quoted } from "../../../functions/lib/quoted.ts";

test("__proto__ is an ordinary key", () => {
  const parsed = parseJson('{"__proto__":{"deny":true}}');
  assert.ok(isObject(parsed));
  assert.deepEqual(Object.keys(parsed), ["__proto__"]);
  assert.equal(parsed["deny"], undefined);
});

test("a complete text is parsed, and any other is undefined", () => {
  for (const text of ["null", ' {"a": [1, "x"]}\n', '"\\ud800"']) assert.deepEqual(parseJson(text), JSON.parse(text));
  for (const text of ["", "{", '{"a":1}}', "[1] x", "'x'", "NaN", "\ufeff{}"])
    assert.equal(parseJson(text), undefined, text);
});

test("null, lists and strings are not objects", () => {
  for (const value of [{}, { a: 1 }]) assert.ok(isObject(value));
  for (const value of [null, undefined, [], "text", 1, true]) assert.equal(isObject(value), false);
});

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
