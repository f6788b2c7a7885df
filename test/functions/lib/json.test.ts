// Untrusted JSON: only complete texts, and only objects where an object is expected.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isObject, parseJson } from "../../../functions/lib/json.ts";

test("complete JSON is parsed, and anything else is undefined", () => {
  assert.deepEqual(parseJson('{"a":[1,"b",null]}'), { a: [1, "b", null] });
  assert.equal(parseJson("null"), null);
  for (const text of [
    "",
    " ",
    "{",
    "{} {}",
    "{}x",
    "{'a':1}",
    "{a:1}",
    "[1,]",
    "undefined",
    "\uFEFF{}",
    "<xml/>",
    "NaN",
  ]) {
    assert.equal(parseJson(text), undefined, text);
  }
});

test("__proto__ is an ordinary key", () => {
  const parsed = parseJson('{"__proto__":{"deny":true}}');
  assert.ok(isObject(parsed));
  assert.deepEqual(Object.keys(parsed), ["__proto__"]);
  assert.equal(parsed["deny"], undefined);
});

test("any text is parsed or undefined, and never throws", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
      const parsed = parseJson(text);
      if (parsed !== undefined) assert.deepEqual(parsed, JSON.parse(text));
    }),
    { numRuns: 10_000 },
  );
});

test("null, lists and strings are not objects", () => {
  for (const value of [{}, { a: 1 }]) assert.ok(isObject(value));
  for (const value of [null, undefined, [], "text", 1, true]) assert.equal(isObject(value), false);
});
