// What the local CloudWatch Logs understands of filter patterns and queries; it refuses the rest.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilterPattern } from "../../../local/logs/filter-pattern.ts";
import { parseQuery } from "../../../local/logs/query.ts";

test("patterns support comparisons, and, or, parentheses, and a wildcard at the end", () => {
  const line = JSON.stringify({ a: "one", b: { c: "two words" }, n: 1, __proto: 1 });
  const cases: [string, boolean][] = [
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
  ];
  for (const [pattern, expected] of cases) assert.equal(parseFilterPattern(pattern)(line), expected, pattern);
  assert.equal(parseFilterPattern('{ $.a = "one" }')("not JSON"), false);
  const unknown = ["ERROR", "{ }", "{ $.a }", "{ $.a = one }", '{ $.a > "1" }', '{ $.a = "x*y" }', '{ $.a = "x\\"" }'];
  const broken = ['{ ($.a = "1" }', '{ $.a = "1" } x', '{ $.a = "1" && }', '{ $.a = "1" $.b = "2" }', "[a, b]"];
  for (const pattern of [...unknown, ...broken]) {
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
  for (const query of [
    ...["", "filter", 'filter kind = "a"', BY_KIND, `filter kind = a | ${BY_KIND}`],
    ...['kind = "a" or kind = "b"', 'kind != "a"', "kind like /a/"].map((where) => `filter ${where} | ${BY_KIND}`),
    ...["count(*) by kind", "sum(x) as n by kind", "count(*) as n", "count(*) as n by bin(1h)"].map(
      (what) => `filter kind = "a" | stats ${what}`,
    ),
    ...[`filter kind = "a" | ${BY_KIND} | limit 5`, `fields kind | filter kind = "a" | ${BY_KIND}`],
  ]) {
    assert.throws(() => parseQuery(query), { code: "MalformedQueryException" }, query);
  }
});
