// What the local CloudWatch Logs understands of filter patterns and queries; it refuses the rest.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilterPattern } from "../../../local/logs/filter-pattern.ts";
import { parseQuery } from "../../../local/logs/query.ts";

test("patterns support comparisons, and, or, parentheses, and a wildcard at the end", () => {
  const line = JSON.stringify({ a: "one", b: { c: "two words" }, n: 1, __proto: 1 });
  for (const [pattern, expected] of [
    ["", true],
    ['{ $.a = "one" }', true],
    ['{$.a="one"}', true],
    ['{ $.a = "two" }', false],
    ['{ $.a != "two" }', true],
    ['{ $.x != "two" }', false],
    ['{ $.b.c = "two words" }', true],
    ['{ $.b.c = "two*" }', true],
    ['{ $.b.c = "*" }', true],
    ['{ $.n = "1" }', false],
    ['{ $.a = "two" || $.b.c = "two*" }', true],
    ['{ $.a = "two" || $.a = "one" && $.b.c = "x" }', false],
    ['{ ($.a = "one" || $.a = "two") && ($.b.c = "two words") }', true],
    ['{ $.constructor.name = "Object" }', false],
  ] as const) {
    assert.equal(parseFilterPattern(pattern)(line), expected, pattern);
  }
  assert.equal(parseFilterPattern('{ $.a = "one" }')("not JSON"), false);
  for (const pattern of ["ERROR", "{ }", "{ $.a }", '{ $.a > "1" }', '{ $.a = "x*y" }', '{ ($.a = "1" }', "[a, b]"]) {
    assert.throws(() => parseFilterPattern(pattern), { code: "InvalidParameterException" }, pattern);
  }
});

const BY_KIND = "stats count(*) as n by kind";
test("queries support conditions with = and like, and both aggregates by fields", () => {
  const line = (fields: object) => ({ timestamp: 0, message: JSON.stringify(fields) });
  const events = [line({ kind: "a", name: "x" }), line({ kind: "a", name: "y" }), line({ kind: "a" }), line({})];
  for (const [query, groups] of [
    [`filter kind = "a" | ${BY_KIND}`, 1],
    ['filter kind = "a" and name like "x" | stats count(*) as n by kind, name', 1],
    ['filter name like "" | stats max(@timestamp) as t by name', 2],
    [`filter constructor = "x" | ${BY_KIND}`, 0],
  ] as const) {
    assert.equal(parseQuery(query)(events).rows.length, groups, query);
  }
  const other = ["sum(x) as n by kind", "count(*) as n"].map((what) => `filter kind = "a" | stats ${what}`);
  for (const query of [
    "",
    BY_KIND,
    `filter kind != "a" | ${BY_KIND}`,
    `filter kind = "a" | ${BY_KIND} | limit 5`,
    ...other,
  ]) {
    assert.throws(() => parseQuery(query), { code: "MalformedQueryException" }, query);
  }
});
