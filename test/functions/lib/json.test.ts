// Untrusted JSON: only complete texts, and only objects where an object is expected.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isObject, parseJson } from "../../../functions/lib/json.ts";

test("__proto__ is an ordinary key", () => {
  const parsed = parseJson('{"__proto__":{"deny":true}}');
  assert.ok(isObject(parsed));
  assert.deepEqual(Object.keys(parsed), ["__proto__"]);
  assert.equal(parsed["deny"], undefined);
});

test("a complete text is parsed as by JSON.parse, any other is undefined, and none throws", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.json(),
        fc.json().map((json) => `${json}}`),
      ),
      (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {}
        assert.deepEqual(parseJson(text), expected);
      },
    ),
    { numRuns: 10_000 },
  );
});

test("null, lists and strings are not objects", () => {
  for (const value of [{}, { a: 1 }]) assert.ok(isObject(value));
  for (const value of [null, undefined, [], "text", 1, true]) assert.equal(isObject(value), false);
});
