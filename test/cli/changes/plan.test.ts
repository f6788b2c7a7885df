// The text of a plan: wrapped in a terminal, unwrapped in a pipe.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stored } from "../../../cli/aws/parameter.ts";
import type { Change } from "../../../cli/changes/plan.ts";
import { printPlan } from "../../../cli/changes/show.ts";
import { PREFIX } from "../mappings/cluster.ts";

const OLD = { name: "", secure: false, version: 1, modified: 0 };
const stored = (value: unknown): Stored => ({ ...OLD, value: JSON.stringify(value) });
const change = (name: string, before: unknown, after: unknown): Change => ({
  action: before === undefined ? "add" : after === undefined ? "remove" : "change",
  name: `${PREFIX}/${name}`,
  before: before === undefined ? undefined : stored(before),
  value: after === undefined ? undefined : JSON.stringify(after),
});
function show(changes: readonly Change[], columns?: number): string {
  const plan = { changes, unchanged: 0, extra: [], marks: [], warnings: new Map() };
  const texts: string[] = [];
  printPlan(plan, "account 1", PREFIX, { columns, print: (text) => texts.push(text) });
  return texts.join("");
}

test("a terminal wraps and indents long values", () => {
  const groups = Array.from({ length: 12 }, (_, i) => `team-number-${i}`);
  const plan = [change("role/111122223333/a", { username: "a" }, { username: "a", groups })];
  const lines = show(plan, 60).trimEnd().split("\n");
  assert.equal(lines[2], "    groups: none -> team-number-0, team-number-1,");
  for (const line of lines) assert.ok(line.length <= 60, line);
  assert.equal(show(plan).trimEnd().split("\n").length, 4);
});

test("an empty mapping is an account's, a mapping with only an arn has no username", () => {
  const account = show([change("account/111122223333", {}, undefined)]);
  assert.match(account, /\n {4}every identity, with its ARN as the username\n/);
  const arn = "arn:aws:iam::111122223333:role/a";
  assert.match(show([change("role/111122223333/a", { arn }, undefined)]), /\n {4}no username\n/);
});
