// Attacks on an earlier judge of access: each one is now marked, ordered or delayed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nextPhase } from "../../../cli/access/phases.ts";
import { CONTEXT, NOW } from "./any-plan.ts";
import { arn, marks, name, short, store, wanted } from "./store.ts";
import { A } from "./universe.ts";

test("above 200 changes, a lifted denial is still written last, after a wait", () => {
  const many = Array.from({ length: 250 }, (_, index) => `role/${A}/r${index}`);
  const mapping = (short: string, groups: readonly string[]) => ({
    arn: arn(`role/${short.split("/")[2]}`),
    username: "u",
    groups,
  });
  const states = new Map(
    store({
      [`deny/${A}`]: [{ arnLike: arn("role/*") }],
      ...Object.fromEntries(many.map((one) => [one, mapping(one, ["g", "h"])])),
    }),
  );
  const changes = wanted({ [`deny/${A}`]: [], ...Object.fromEntries(many.map((one) => [one, mapping(one, ["g"])])) });
  const first = nextPhase(changes, states, CONTEXT);
  assert.equal(first?.writes.length, 250);
  assert.ok(first.writes.every((one) => short(one).startsWith("role/")));
  for (const { name: full, value = "" } of first.writes) states.set(full, { value, secure: false, modified: NOW });
  const second = nextPhase(changes, states, CONTEXT);
  assert.deepEqual(second?.writes.map(short), [`deny/${A}`]);
  assert.equal(second.from, NOW + 35_000);
});

test("an interrupted command that is run again waits as it would have without the interruption", () => {
  const change = wanted({ [`role/${A}/x`]: undefined });
  const states = store(
    { [`role/${A}/x`]: { arn: arn("role/x"), username: "x" }, [`pattern/${A}`]: [] },
    { [`pattern/${A}`]: 5_000 },
  );
  const phase = nextPhase(change, states, CONTEXT);
  assert.deepEqual(phase?.waitsFor, [name(`pattern/${A}`)]);
  assert.equal(phase.from, NOW + 30_000);
});

test("a lifted denial names the user and groups of the mapping that applies, which its writer may have chosen meanwhile", () => {
  const before = {
    [`deny/${A}`]: [{ arnLike: arn("role/x") }],
    [`role/${A}/x`]: { arn: arn("role/x"), username: "x", groups: ["system:masters"] },
  };
  const [mark = ""] = marks(before, { [`deny/${A}`]: [] });
  assert.match(mark, new RegExp(`role/${A}/x applies and gives x \\(system:masters\\)$`));
});

test("a removed pattern names each mapping that may apply, not only the first", () => {
  const pattern = (resource: string, more: object) => ({ arnLike: arn(resource), username: "u", ...more });
  const lower = [pattern("role/dev-*", { username: "d" }), pattern("role/ops-*", { groups: ["system:masters"] })];
  const before = { [`pattern/${A}`]: [pattern("role/*", {}), ...lower] };
  const text = marks(before, { [`pattern/${A}`]: lower }).join("\n");
  assert.match(text, /role\/dev-\* applies and gives d/);
  assert.match(text, /role\/ops-\* applies and gives u \(system:masters\)/);
});

test("the mark of an invalid value names the user and groups that it gives after the change", () => {
  const mapping = { arn: arn("role/x"), username: "x", groups: ["system:masters"] };
  const repeated = JSON.stringify(mapping).replace("{", '{"groups":["view"],');
  const [mark = ""] = marks({ [`role/${A}/x`]: repeated }, { [`role/${A}/x`]: mapping });
  assert.match(mark, /^invalid: .*x \(system:masters\)/);
});
