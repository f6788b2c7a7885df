// Untrusted JSON: only complete texts and real objects, equal to what JSON.parse returns; no
// repeated key is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  isObject,
  parseJson,
  parseStored,
  repeatedKey,
  valuesOf,
} from "../../../functions/lib/json.ts";
import { quoted } from "../../../functions/lib/text.ts";
import { randomRuns } from "../../extent.ts";

const RUNS = { numRuns: randomRuns(10_000) };

function object(text: string): Record<string, unknown> {
  const value = parseStored(text);
  assert.ok(isObject(value));
  return value;
}

test("every value of a repeated key is returned, in the order of the text", () => {
  const value = object('{"a":1,"b":"x","a":{"c":2},"a":[null]}');
  assert.deepEqual(valuesOf(value, "a"), [1, { c: 2 }, [null]]);
  assert.deepEqual(valuesOf(value, "b"), ["x"]);
  assert.deepEqual(valuesOf(value, "c"), [undefined]);
  assert.deepEqual(valuesOf({ a: 1 }, "a"), [1]);
});

test("a repeated key is reported for every value that contains it, and for no neighbour", () => {
  const list = parseStored('[{"a":1},{"b":[{"c":1,"c":2}],"d":{}},{"e":{}}]') as Record<
    string,
    unknown
  >[];
  assert.equal(repeatedKey(list), "c");
  assert.deepEqual(list.map(repeatedKey), [undefined, "c", undefined]);
  assert.equal(repeatedKey(list[1]?.["d"]), undefined);
  assert.deepEqual(valuesOf(list[1] ?? {}, "b"), [[{ c: 2 }]]);
});

interface Written {
  readonly text: string;
  /** Whether an object in it has a key twice. */
  readonly repeats: boolean;
}

const space = fc.constantFrom("", " ", "\n", "\t ");
const key = fc.constantFrom(
  '"a"',
  '"\\u0061"',
  '"b"',
  '"__proto__"',
  '"1"',
  '"a:"',
  '"\\""',
  '"}"',
  '""',
);

/** JSON as text, often with repeated keys. */
const { json } = fc.letrec<{ json: Written; list: Written; object: Written }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .oneof(
        fc.jsonValue({ maxDepth: 0 }),
        fc.string().filter((s) => !s.includes("\ud800")),
      )
      .map((v) => ({ text: JSON.stringify(v), repeats: false })),
    tie("list"),
    tie("object"),
  ),
  list: fc.tuple(fc.array(tie("json"), { maxLength: 4 }), space).map(([items, s]) => ({
    text: `[${s}${items.map(({ text }) => text).join(`${s},`)}${s}]`,
    repeats: items.some(({ repeats }) => repeats),
  })),
  object: fc
    .tuple(fc.array(fc.tuple(key, tie("json")), { maxLength: 5 }), space)
    .map(([members, s]) => ({
      text: `{${s}${members.map(([k, { text }]) => `${k}${s}:${s}${text}`).join(`,${s}`)}${s}}`,
      repeats:
        new Set(members.map(([k]) => JSON.parse(k))).size < members.length ||
        members.some(([, { repeats }]) => repeats),
    })),
}));

test("text that JSON.parse accepts has an equal result, or a repeated key", () => {
  let repeated = 0;
  fc.assert(
    fc.property(json, ({ text, repeats }) => {
      const value = parseStored(text);
      assert.deepStrictEqual(value, JSON.parse(text));
      assert.equal(JSON.stringify(value), JSON.stringify(JSON.parse(text)));
      assert.equal(repeatedKey(value) !== undefined, repeats, text);
      if (repeats) repeated += 1;
    }),
    RUNS,
  );
  assert.ok(
    repeated > randomRuns(1_000) && repeated < randomRuns(9_000),
    `${repeated} of them repeat a key`,
  );
});

test("only text that JSON.parse refuses is undefined", () => {
  let refused = 0;
  const damaged = fc
    .tuple(json, fc.nat(), fc.constantFrom("", '"', ",", ":", "{", "]", "\\", " ", "1", "\u2028"))
    .map(([{ text }, at, put]) => {
      const index = at % (text.length + 1);
      return text.slice(0, index) + put + text.slice(index + 1);
    });
  fc.assert(
    fc.property(damaged, (text) => {
      const isRefused = parseJson(text) === undefined;
      if (isRefused) refused += 1;
      assert.equal(parseStored(text) === undefined, isRefused, text);
    }),
    RUNS,
  );
  assert.ok(refused > randomRuns(1_000), `only ${refused} were refused`);
});

test("deep values with many repeated keys take linear time", () => {
  // An AWS-signed token is parsed before its signature is verified. Work for each pair of a
  // container and a repetition, or for each pair of repetitions, would take minutes here.
  const size = 100_000;
  const text = `${"[".repeat(size)}{${Array(size).fill('"":1').join(",")}}${"]".repeat(size)}`;
  const start = performance.now();
  const value = parseStored(text);
  assert.ok(performance.now() - start < 5_000);
  assert.equal(repeatedKey(value), "");
});

test("only complete text is parsed, and only an object is one", () => {
  for (const text of ["null", ' {"a": [1, "x"]}\n', '"\\ud800"'])
    assert.deepEqual(parseJson(text), JSON.parse(text));
  for (const text of ["", "{", '{"a":1}}', "[1] x", "'x'", "NaN", "\ufeff{}"]) {
    assert.equal(parseJson(text), undefined, text);
  }
  assert.deepEqual([{ a: 1 }, {}, null, undefined, [], "text", 1].filter(isObject), [{ a: 1 }, {}]);
});

test("a value is quoted as JSON, shortened or described", () => {
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
  const isOneLine = fc.property(value, (v) => assert.match(quoted(v), /^[\x20-\x7e]{1,400}$/));
  fc.assert(isOneLine, { numRuns: 1_000, seed: 1 });
});
