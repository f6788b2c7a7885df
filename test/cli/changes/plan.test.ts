// The text of a plan: wrapped in a terminal, unwrapped in a pipe, without control characters.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stored } from "../../../cli/aws/parameter.ts";
import type { Change } from "../../../cli/changes/plan.ts";
import { printPlan } from "../../../cli/changes/show.ts";
import { PREFIX } from "../mappings/cluster.ts";

const stored = (value: unknown): Stored => ({
  name: "",
  value: JSON.stringify(value),
  secure: false,
  version: 1,
  modified: 0,
});
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

test("control characters in a mapping are removed", () => {
  const text = show([change("role/111122223333/a", undefined, { username: "a\u001b[2J", description: "b\r\nc" })], 80);
  assert.doesNotMatch(text.replaceAll("\n", ""), /\p{C}/u);
});

test("an empty mapping is an account's, a mapping with only an arn has no username", () => {
  assert.match(
    show([change("account/111122223333", {}, undefined)]),
    /\n {4}every identity, with its ARN as the username\n/,
  );
  const arn = "arn:aws:iam::111122223333:role/a";
  assert.match(show([change("role/111122223333/a", { arn }, undefined)]), /\n {4}no username\n/);
});
