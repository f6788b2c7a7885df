// Properties of evaluations over 10,000 arbitrary mapping values of each kind.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkDenyEntry } from "../../../../functions/authenticator/mapping/deny-list.ts";
import { checkMapping, isListKind, type MappingKind } from "../../../../functions/authenticator/mapping/mapping.ts";
import { parseJson } from "../../../../functions/lib/json.ts";
import { HOME, NOW, OTHER, verified } from "../fixtures.ts";
import { judge } from "./judge.ts";

const PARSER_RUNS = { numRuns: 10_000 };
const RUNS = { numRuns: 1_000, seed: 1 };
const KINDS = ["role", "user", "root", "federated-user", "sso", "sso-session", "pattern", "account"] as const;
const DENY_PLACES = ["deny-account", "deny-any"] as const;
const MAPPING_PLACES = ["exact", "sso-session", "sso", "pattern-account", "pattern-any", "account"] as const;
const bob = verified("bob");

// Arbitrary mapping values, most of them almost valid.
const MINE = `arn:aws:iam::${HOME}:role/Developers`;

const junk = fc.oneof(fc.constantFrom(null, 0, "", true, "x", "{x}", [], [""], {}), fc.jsonValue({ maxDepth: 1 }));
const GOOD: Readonly<Record<string, readonly unknown[]>> = {
  arn: [MINE, MINE.toUpperCase(), `arn:aws:iam::${OTHER}:role/Developers`, `arn:aws:iam::${HOME}:user/alice`],
  arnLike: [`arn:aws:iam::${HOME}:role/*`, `arn:aws:iam::${OTHER}:role/*`, "arn:*:*:*:*:*"],
  session: [bob.sessionName, "jane@example.com"],
  username: ["dev", "dev:{SessionName}"],
  groups: [[], ["a"], ["{AccountID}", "b"]],
  principalId: [bob.principalId, "AROAOTHER", "AIDAX"],
  notAfter: ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
  deny: [true, false],
  description: ["text"],
};

/** Almost a mapping: a few keys with valid values, and often one mistake. */
const nearly: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    fc.subarray(["arn", "arnLike", "session"], { minLength: 1, maxLength: 1 }),
    fc.subarray(["username", "username", "groups", "principalId", "notAfter", "deny"], { maxLength: 3 }),
    fc.infiniteStream(fc.nat({ max: 11 })),
    fc.option(fc.tuple(fc.constantFrom(...Object.keys(GOOD), "note"), junk), { freq: 2 }),
  )
  .map(([own, keys, numbers, wrong]) => {
    const pick = (key: string) => (GOOD[key] ?? [])[(numbers.next().value ?? 0) % (GOOD[key]?.length ?? 1)];
    const value = Object.fromEntries([...own, ...keys].map((key) => [key, pick(key)]));
    return wrong === null ? value : { ...value, [wrong[0]]: wrong[1] };
  });
const list = fc.array(nearly, { maxLength: 3 });
const value = fc.oneof({ weight: 5, arbitrary: nearly }, { weight: 3, arbitrary: list }, junk);
const text = fc.oneof({ weight: 9, arbitrary: value.map((v) => JSON.stringify(v)) }, fc.string());

const kind = fc.constantFrom<MappingKind[]>(...KINDS);
const mappingPlace = fc.constantFrom(...MAPPING_PLACES);
const denyPlace = fc.constantFrom(...DENY_PLACES);

const isText = (v: unknown) => typeof v === "string";
/** The type of each key. `deny` has none. */
const TYPES: Readonly<Record<string, (v: unknown) => boolean>> = {
  ...Object.fromEntries(
    ["arn", "arnLike", "session", "username", "principalId", "notAfter", "description"].map((key) => [key, isText]),
  ),
  groups: (v) => Array.isArray(v) && v.every(isText),
};

test("arbitrary JSON never makes the schema throw, and a value with an unknown or wrongly typed key is invalid", () => {
  fc.assert(
    fc.property(value, kind, (v, k) => {
      const { valid } = checkMapping(v, k);
      const right = Object.entries(v ?? {}).every(([key, item]) => TYPES[key]?.(item) ?? false);
      assert.ok(!valid || right);
    }),
    PARSER_RUNS,
  );
});

test("a value that is not a valid mapping for this identity never matches, and a mapping never denies as a deny list does", () => {
  let matches = 0;
  fc.assert(
    fc.property(text, mappingPlace, (t, at) => {
      const { verdict } = judge(at, t);
      assert.notEqual(verdict.kind, "deny");
      if (verdict.kind !== "match") return;
      matches += 1;
      const { mapping } = verdict;
      const own = at === "exact" ? "role" : at.startsWith("pattern") ? "pattern" : (at as MappingKind);
      assert.ok(checkMapping(mapping, own).valid);
      assert.ok(!Object.hasOwn(mapping, "deny"));
      assert.ok(mapping.notAfter === undefined || Date.parse(mapping.notAfter) > NOW);
      assert.ok(mapping.principalId === undefined || mapping.principalId === bob.principalId);
      if (own === "role") assert.equal(mapping.arn?.toLowerCase(), MINE.toLowerCase());
      if (own === "sso-session") assert.equal(mapping.session, bob.sessionName);
      if (own === "pattern") assert.ok(mapping.arnLike?.includes(HOME) || mapping.arnLike === "arn:*:*:*:*:*");
      assert.equal(Array.isArray(JSON.parse(t)), isListKind(own));
    }),
    PARSER_RUNS,
  );
  assert.ok(matches > 50, `only ${matches} matched`);
});

test("a damaged list entry never changes the verdict of identities that it does not match", () => {
  const damaged = fc.oneof(
    junk.filter((v) => typeof v !== "object" || v === null || !("arnLike" in v)),
    nearly.map((v) => ({ ...v, arnLike: `arn:aws:iam::${OTHER}:role/*` })),
    nearly.map((v) => ({ ...v, arnLike: "*" })),
  );
  fc.assert(
    fc.property(list, fc.nat({ max: 3 }), damaged, (entries, at, damage) => {
      const spoilt = (entries as unknown[]).toSpliced(at, 0, damage);
      assert.deepEqual(judge("pattern-any", spoilt).verdict, judge("pattern-any", entries).verdict);
    }),
    RUNS,
  );
});

test("a deny list never matches as a grant, and an invalid one lets no identity through", () => {
  let refused = 0;
  fc.assert(
    fc.property(text, denyPlace, fc.boolean(), (t, at, secure) => {
      const { verdict, invalidCount } = judge(at, t, { secure });
      assert.notEqual(verdict.kind, "match");
      const scope = { account: at === "deny-any" ? "any" : HOME, partition: "aws" };
      const entries: unknown = secure ? undefined : parseJson(t);
      const isValid = Array.isArray(entries) && entries.every((entry) => checkDenyEntry(entry, scope).valid);
      assert.deepEqual([verdict.kind === "invalid", invalidCount > 0], [!isValid, !isValid]);
      if (!isValid) refused += 1;
    }),
    PARSER_RUNS,
  );
  assert.ok(refused > 500, `only ${refused} of these were refused`);
});
