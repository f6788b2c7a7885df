// A plan is combined with what another operator wrote: lists are merged, and new marks need
// consent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type PlacedEntry as Entry, readValue } from "../../../cli/model/entry-arns.ts";
import type { Mark } from "../../../cli/model/judgement.ts";
import type { VersionedParameter } from "../../../cli/model/stored.ts";
import { checkConsent } from "../../../cli/plan/access/judge-access.ts";
import type { Change } from "../../../cli/plan/changes.ts";
import { rebased } from "../../../cli/plan/rebase.ts";
import { CONTEXT, NOW } from "../model/access/any-plan.ts";
import { read as stored } from "./connection.ts";

const A = "111122223333";
const [DENY, ROLE] = [`${CONTEXT.prefix}/deny/${A}`, `${CONTEXT.prefix}/role/${A}/ci`];
const CALLERS = `${CONTEXT.prefix}/callers`;
const denied = (...names: string[]) =>
  JSON.stringify(names.map((name) => ({ arnLike: `arn:aws:iam::${A}:role/${name}` })));
const caller = (name: string) => JSON.stringify([{ name, sha256: "0".repeat(64) }]);
const change = (name: string, value: string | undefined, more: Partial<Change> = {}): Change => {
  return { action: "change", name, before: undefined, value, ...more };
};
const deny = (value: string | undefined, more?: Partial<Change>) => change(DENY, value, more);
const grant = (value: string | undefined) => change(ROLE, value);
const refuse = (items: readonly unknown[]) => {
  throw new Error(`refused: ${items.length}`);
};

const CONFLICT = /^Another operator changed \S+ in the meantime: .* Their change is kept\.$/;
const INVALID =
  /^Another operator changed \S+ at the same time, and the list is now invalid: entry 1: .*\. Their change is kept\. Fix it first: mappings history deny\/111122223333\.$/;
type Value = string | undefined;
type Row = readonly [
  what: string,
  was: Value,
  is: Value | VersionedParameter,
  change: Change,
  gives: Value | RegExp,
];
const SECURE = stored(DENY, denied("b"), { secure: true });
const ELSEWHERE = denied("b").replaceAll(A, "444455556666");
const ENDS = denied("a").replace("}", ',"notAfter":"2099-01-01T00:00:00Z"}');
const [B, C] = [caller("b"), caller("c")];
// biome-ignore format: a table
const REBASED: readonly Row[] = [
  ["both lists gain an entry", denied("a"), denied("a", "b"), deny(denied("a", "c")), denied("a", "b", "c")],
  ["both create the list", undefined, denied("b"), deny(denied("c")), denied("b", "c")],
  ["the list is removed", denied("a"), undefined, deny(denied("a", "c")), denied("c")],
  ["both write the same", denied("a"), denied("c"), deny(denied("c")), denied("c")],
  ["both write the same mapping", undefined, "{}", grant("{}"), "{}"],
  ["a mapping is changed", "{}", '{"a":1}', grant('{"b":1}'), CONFLICT],
  ["a mapping is removed", "{}", undefined, grant('{"b":1}'), CONFLICT],
  ["a removal", denied("a"), denied("b"), deny(undefined), CONFLICT],
  ["both remove it", "{}", undefined, grant(undefined), CONFLICT],
  ["the list was invalid text", "{", denied("b"), deny(denied("c")), CONFLICT],
  ["the list is now invalid text", denied("a"), "{", deny(denied("c")), CONFLICT],
  ["the new value is not a list", denied("a"), denied("b"), deny("{"), CONFLICT],
  ["the list is a SecureString now", denied("a"), SECURE, deny(denied("c")), CONFLICT],
  ["a clash", denied("a"), denied(), deny(ENDS), /role\/a in .* Their change is kept, yours was not written/],
  ["a new order", denied("a", "b"), denied("a"), deny(denied("b", "a")), /changed entries in .* not written/],
  ["their list is invalid", denied("a"), '[{"arnLike":"typo"}]', deny(denied("a", "c")), INVALID],
  ["theirs is of another account", denied("a"), ELSEWHERE, deny(denied("c")), INVALID],
  ["callers", undefined, B, change(CALLERS, C), `${B.slice(0, -1)},${C.slice(1)}`],
  ["a merge that the command refuses", denied("a"), denied("a", "b"), deny(denied("a", "c"), { check: refuse }), /^refused: 3$/],
];
test("a plan is rebased on what another operator wrote, or conflicts with it", () => {
  for (const [what, was, is, planned, gives] of REBASED) {
    const parameter = (value: Value | VersionedParameter) =>
      typeof value === "string" ? stored(planned.name, value) : value;
    const rebase = () => rebased(planned, parameter(was), parameter(is), CONTEXT).value;
    if (gives instanceof RegExp)
      assert.throws(rebase, (error: Error) => gives.test(error.message), what);
    else assert.equal(rebase(), gives, what);
  }
});

test("combined marks that the user has not seen stop the rest of the plan", async () => {
  const admin = JSON.stringify({
    arn: `arn:aws:iam::${A}:role/ci`,
    username: "u",
    groups: ["system:masters"],
  });
  const ended = admin.replace("}", ',"notAfter":"2026-11-29T00:00:00Z"}');
  const consent = async (
    before: Value,
    after: Value,
    { force = false, seen = [] as object[], now = NOW } = {},
  ) => {
    const current = new Map(before === undefined ? [] : [[ROLE, stored(ROLE, before)]]);
    const marks = seen.map((value): Mark => {
      const { entries } = readValue(ROLE, stored(ROLE, JSON.stringify(value)), CONTEXT);
      return {
        parameter: ROLE,
        entry: entries[0] as Entry,
        kind: "administrator",
        gives: entries,
        text: "",
      };
    });
    const reader = {
      settle: async <T>(_: unknown, part: (rule: typeof CONTEXT) => T) => part(CONTEXT),
      seek: async () => {},
    };
    const given = { marks, force, reader };
    const checked = checkConsent([grant(after)], current, given, "x", now);
    return checked.then(() => "accepted").catch(({ message }: Error) => message);
  };
  const text = `ci gets u (system:masters) by role/${A}/ci: system:masters makes an administrator`;
  const refused = `Another operator changed x at the same time. Combined with that change, ${text}. Their change is kept.`;
  assert.equal(await consent(undefined, admin), refused);
  const others = [
    { username: "v", groups: ["system:masters"] },
    { groups: ["g", "system:masters"] },
    { groups: [] },
  ];
  const seen = others.map((more) => ({ ...JSON.parse(admin), ...more }));
  assert.equal(await consent(undefined, admin, { seen }), refused);
  assert.equal(await consent(undefined, admin, { seen: [...seen, JSON.parse(admin)] }), "accepted");
  assert.match(await consent(admin, undefined), /^Refused: no administrator would surely remain/);
  assert.equal(await consent(admin, undefined, { force: true }), "accepted");
  // It has ended, so there is no administrator to lose.
  assert.match(await consent(ended, undefined), /^Refused/);
  assert.equal(await consent(ended, undefined, { now: Date.UTC(2026, 10, 30) }), "accepted");
});
