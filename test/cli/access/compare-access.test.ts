// The comparison of access reports every gain and loss, and no false ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccessDifference, compareAccess } from "../../../cli/access/compare-access.ts";
import { newBudget } from "../../../cli/access/walk.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { context } from "./any-change.ts";
import { proveDecisions } from "./prove-decisions.ts";

const A = "111122223333";
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;

function store(values: Readonly<Record<string, unknown>>): ReadonlyMap<string, StoredParameter> {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      `${context.prefix}/${name}`,
      { value: typeof value === "string" ? value : JSON.stringify(value), secure: false },
    ]),
  );
}

async function differences(before: object, after: object): Promise<readonly AccessDifference[]> {
  const comparison = await compareAccess({ before: store({ ...before }), after: store({ ...after }) }, context);
  assert.ok(comparison.isComplete);
  return comparison.differences;
}

const kinds = (found: readonly AccessDifference[]) =>
  [...new Set(found.map(({ kind, identity }) => `${kind} ${identity.canonicalArn}`))].sort();

test("2,000 random changes: every gain and loss in a small universe is reported, and no false one", async () => {
  const { gains, losses } = await proveDecisions(2_000);
  assert.ok(gains > 5_000 && losses > 5_000, `${gains} gains and ${losses} losses`);
});

test("an identity that matches *c* but neither c* nor *c is found", async () => {
  const all = { "pattern/any": [{ arnLike: "arn:aws:iam::*:role/*", username: "all" }] };
  const denials = ["c*", "*c"].map((name) => ({ arnLike: `arn:aws:iam::*:role/${name}` }));
  const found = await differences(
    { ...all, "deny/any": [...denials, { arnLike: "arn:aws:iam::*:role/*c*" }] },
    { ...all, "deny/any": denials },
  );
  const gains = found.filter(({ kind }) => kind === "gain").map(({ identity }) => identity.name);
  assert.ok(gains.length > 0 && gains.every((name) => /^[^c].*c.*[^c]$/i.test(name)), gains.join());
});

test("equal states have no differences and need no budget", async () => {
  const same = { [`role/${A}/a`]: { arn: role("a"), username: "a" } };
  assert.deepEqual(await differences(same, same), []);
});

test("a change of one role's mapping affects only that role", async () => {
  const others = { [`role/${A}/b`]: { arn: role("b"), username: "b" }, [`account/${A}`]: {} };
  const found = await differences(others, { ...others, [`role/${A}/a`]: { arn: role("a"), username: "a" } });
  assert.deepEqual(kinds(found), [`gain ${role("a")}`, `loss ${role("a")}`]);
});

test("a later end is a gain at the old end, and an earlier end is a loss", async () => {
  const until = (notAfter?: string) => ({ [`role/${A}/a`]: { arn: role("a"), username: "a", notAfter } });
  const [early, late] = ["2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z"];
  const later = await differences(until(early), until(late));
  assert.deepEqual([...new Set(later.map(({ kind, from }) => `${kind} ${from}`))], [`gain ${Date.parse(early)}`]);
  const shorter = await differences(until(), until(early));
  assert.deepEqual([...new Set(shorter.map(({ kind, from }) => `${kind} ${from}`))], [`loss ${Date.parse(early)}`]);
});

test("a lifted denial of an unmapped principal is reported as lifted, not as a gain", async () => {
  const found = await differences({ [`deny/${A}`]: [{ arnLike: role("a") }] }, { [`deny/${A}`]: [] });
  assert.deepEqual(kinds(found), [`lifted ${role("a")}`]);
});

test("an account that only a wildcard matches is compared too", async () => {
  const found = await differences({}, { "pattern/any": [{ arnLike: "arn:aws:iam::12*:role/x", username: "x" }] });
  assert.ok(kinds(found).length > 0);
  for (const kind of kinds(found)) assert.match(kind, /^gain arn:aws:iam::12\d{10}:role\/x$/);
});

test("a comparison beyond the budget is reported as incomplete", async () => {
  const patterns = { "pattern/any": [{ arnLike: "arn:aws:iam::*:role/*a*", username: "x" }] };
  const { isComplete } = await compareAccess({ before: store({}), after: store(patterns) }, context, newBudget(10));
  assert.equal(isComplete, false);
});
