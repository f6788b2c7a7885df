// Merges of two operators' changes to a list: no entry is lost, and clashes are reported.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { changesOrder, entryKey, type Items, mergeList } from "../../../cli/model/stored.ts";

const entry = (name: string, value = 0) => ({ name, value });

test("each list parameter has a key that identifies its entries", () => {
  for (const [name, key] of [
    ["/p/deny/111122223333", "arnLike"],
    ["/p/pattern/any", "arnLike"],
    ["/p/sso-session/111122223333/admin", "session"],
    ["/p/callers", "name"],
    ["/p/role/111122223333/any", undefined],
    ["/p/account/111122223333", undefined],
    ["/p/issuer/x", undefined],
    ["/p/deny/111122223333/x", undefined],
    ["/p/sso-session/111122223333/a/b", undefined],
    ["/p/callers/x", undefined],
  ] as const) {
    assert.equal(entryKey(name), key, name);
  }
});

test("ARN patterns are compared case-insensitively, other keys exactly", () => {
  const [lower, upper] = [{ arnLike: "arn:a" }, { arnLike: "ARN:A", notAfter: "x" }];
  assert.deepEqual(mergeList("arnLike", [lower], [], [upper]), {
    items: [upper],
    clashes: ["arn:a"],
  });
  assert.deepEqual(mergeList("name", [entry("a")], [], [entry("a"), entry("A")]).items, [
    entry("A"),
  ]);
});

test("an entry without the key is identified by its JSON", () => {
  assert.deepEqual(mergeList("name", ["x", 1], ["x"], ["x", 1, 2]), {
    items: ["x", 2],
    clashes: [],
  });
});

test("a new order is not a change of entries", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => entry(name));
  assert.ok(changesOrder("name", [a, b], [b, a]));
  assert.ok(changesOrder("name", [a, b], [c, a, b]));
  assert.ok(!changesOrder("name", [a, b], [entry("a", 1), c]));
});

const list = fc.uniqueArray(
  fc.record(
    { name: fc.constantFrom("a", "b", "c", "d", "e"), value: fc.nat({ max: 2 }) },
    { noNullPrototype: true },
  ),
  { selector: ({ name }) => name },
);
const numberOf = (items: Items, name: string) =>
  (items as ReturnType<typeof entry>[]).find((item) => item.name === name)?.value;

test("a change by one operator is kept; if both change an entry, theirs is kept and reported", () => {
  fc.assert(
    fc.property(list, list, list, (base, mine, theirs) => {
      const { items, clashes } = mergeList("name", base, mine, theirs);
      for (const name of ["a", "b", "c", "d", "e"]) {
        const [was, is, other] = [base, mine, theirs].map((list) => numberOf(list, name));
        const isClash = was !== is && was !== other && is !== other;
        assert.equal(clashes.includes(name), isClash, name);
        assert.equal(numberOf(items, name), isClash || was === is ? other : is, name);
      }
      const order = (all: Items) => (all as ReturnType<typeof entry>[]).map(({ name }) => name);
      const stayed = order(theirs).filter((name) => order(items).includes(name));
      assert.deepEqual(order(items).slice(0, stayed.length), stayed);
    }),
    { numRuns: 2_000, seed: 35 },
  );
});
