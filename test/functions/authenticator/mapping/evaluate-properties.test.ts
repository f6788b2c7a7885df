// Properties of evaluations over 10,000 arbitrary mapping values of each kind.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkDenyEntry } from "../../../../functions/authenticator/mapping/deny-list.ts";
import { evaluateMapping } from "../../../../functions/authenticator/mapping/evaluate.ts";
import { checkMapping, isListKind, type MappingKind } from "../../../../functions/authenticator/mapping/mapping.ts";
import { candidates, type Place } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation } from "../../../../functions/authenticator/mapping/select.ts";
import { parseJson } from "../../../../functions/lib/json.ts";
import { HOME, NOW, OTHER, PREFIX, verified } from "../fixtures.ts";
import { junk, list, MINE, nearly, text, value } from "./arbitrary-values.ts";

const RUNS = { numRuns: 10_000 };
const KINDS = ["role", "user", "root", "federated-user", "sso", "sso-session", "pattern", "account"] as const;
const MAPPING_PLACES = ["exact", "sso-session", "sso", "pattern-account", "pattern-any", "account"] as const;
const PLACES = ["deny-account", "deny-any", ...MAPPING_PLACES] as const;
const bob = verified("bob");

const kind = fc.constantFrom<MappingKind[]>(...KINDS);
const place = fc.constantFrom<Place[]>(...PLACES);
const mappingPlace = fc.constantFrom(...MAPPING_PLACES);
const nothing = fc.constant(undefined);

const TYPES: Readonly<Record<string, (v: unknown) => boolean>> = {
  arn: (v) => typeof v === "string",
  arnLike: (v) => typeof v === "string",
  session: (v) => typeof v === "string",
  username: (v) => typeof v === "string",
  groups: (v) => Array.isArray(v) && v.every((group) => typeof group === "string"),
  principalId: (v) => typeof v === "string",
  notAfter: (v) => typeof v === "string",
  deny: (v) => typeof v === "boolean",
  description: (v) => typeof v === "string",
};

function find(at: Place, stored: string, secure = false) {
  return evaluateMapping({ place: at, parameter: "/p" }, { value: stored, secure }, bob, NOW);
}

test("arbitrary JSON never makes the schema throw", () => {
  fc.assert(
    fc.property(value, kind, (v, k) => assert.equal(typeof checkMapping(v, k).valid, "boolean")),
    RUNS,
  );
});

test("arbitrary text as a parameter's value never makes a review throw", () => {
  fc.assert(
    fc.property(text, place, fc.boolean(), (t, at, secure) => void find(at, t, secure)),
    RUNS,
  );
});

test("a value with an unknown or wrongly typed key is invalid", () => {
  fc.assert(
    fc.property(nearly, kind, (v, k) => {
      const right = Object.entries(v).every(([key, item]) => TYPES[key]?.(item) ?? false);
      if (!right) assert.equal(checkMapping(v, k).valid, false);
    }),
    RUNS,
  );
});

test("a valid value with any additional key is invalid", () => {
  const valid = { arn: MINE, username: "dev" };
  fc.assert(
    fc.property(fc.string(), junk, (key, item) => {
      if (Object.hasOwn(TYPES, key)) return;
      const more: unknown = Object.fromEntries([...Object.entries(valid), [key, item]]);
      assert.equal(checkMapping(more, "role").valid, false, key);
    }),
    RUNS,
  );
});

test("a value that is not a valid mapping for this identity never matches", () => {
  let matches = 0;
  fc.assert(
    fc.property(text, mappingPlace, (t, at) => {
      const { verdict } = find(at, t);
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
      const kept: unknown = JSON.parse(t);
      assert.equal(Array.isArray(kept), isListKind(own));
    }),
    RUNS,
  );
  assert.ok(matches > 50, `only ${matches} matched`);
});

test("a damaged parameter never changes the verdict of another one", () => {
  const places = candidates(PREFIX, verified("carol"));
  const texts = fc.tuple(text, nothing, text, text, nothing, text, text, nothing);
  const judge = (stored: readonly (string | undefined)[]) =>
    places.map((candidate, index) => {
      const t = stored[index];
      return evaluateMapping(candidate, t === undefined ? undefined : { value: t, secure: false }, bob, NOW);
    });
  fc.assert(
    fc.property(texts, fc.nat({ max: 7 }), text, (stored, at, damage) => {
      const before = judge(stored);
      const after = judge(stored.with(at, damage));
      for (let i = 0; i < 8; i += 1) if (i !== at) assert.equal(JSON.stringify(after[i]), JSON.stringify(before[i]));
    }),
    RUNS,
  );
});

test("a damaged list entry never changes the verdict of identities that it does not match", () => {
  const damaged = fc.oneof(
    junk.filter((v) => typeof v !== "object" || v === null || !("arnLike" in v)),
    nearly.map((v) => ({ ...v, arnLike: `arn:aws:iam::${OTHER}:role/*` })),
    nearly.map((v) => ({ ...v, arnLike: "*" })),
  );
  fc.assert(
    fc.property(list, fc.nat({ max: 3 }), damaged, (entries, at, damage) => {
      const { verdict } = find("pattern-any", JSON.stringify(entries));
      const spoilt = find("pattern-any", JSON.stringify((entries as unknown[]).toSpliced(at, 0, damage)));
      assert.deepEqual(spoilt.verdict, verdict);
    }),
    RUNS,
  );
});

test("a matching denial always wins, with any neighbours", () => {
  const denials = {
    "deny-account": [{ arnLike: `arn:aws:iam::${HOME}:role/dev*` }],
    "deny-any": [{ arnLike: MINE }, { arnLike: `arn:aws:sts::${OTHER}:assumed-role/*/*` }],
  };
  const list = fc.constantFrom("deny-account" as const, "deny-any" as const);
  fc.assert(
    fc.property(fc.array(text, { minLength: 8, maxLength: 8 }), list, (texts, at) => {
      const all = PLACES.map((p, i) => find(p, p === at ? JSON.stringify(denials[at]) : (texts[i] ?? "")));
      assert.equal(decidingEvaluation(all)?.verdict.kind, "deny");
    }),
    RUNS,
  );
});

test("a mapping never denies as a deny list does: with a deny key, it is invalid at its own place", () => {
  fc.assert(
    fc.property(text, mappingPlace, (t, at) => assert.notEqual(find(at, t).verdict.kind, "deny")),
    RUNS,
  );
});

test("a deny list never matches as a grant, and an invalid one lets no identity through", () => {
  let refused = 0;
  fc.assert(
    fc.property(text, fc.constantFrom<Place[]>("deny-account", "deny-any"), fc.boolean(), (t, at, secure) => {
      const { verdict, invalidCount } = find(at, t, secure);
      assert.notEqual(verdict.kind, "match");
      const scope = { account: at === "deny-any" ? "any" : HOME, partition: "aws" };
      const entries: unknown = secure ? undefined : parseJson(t);
      const isValid = Array.isArray(entries) && entries.every((entry) => checkDenyEntry(entry, scope).valid);
      assert.equal(verdict.kind === "invalid", !isValid);
      assert.equal(invalidCount > 0, !isValid);
      if (!isValid) refused += 1;
    }),
    RUNS,
  );
  assert.ok(refused > 500, `only ${refused} of these were refused`);
});
