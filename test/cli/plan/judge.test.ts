// The judge of callers and issuer keys: it allows every order, and no mapping.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../../cli/aws/connection.ts";
import { sizeOf } from "../../../cli/model/looks.ts";
import type { Change } from "../../../cli/plan/changes.ts";
import { judgeNoMapping } from "../../../cli/plan/judge.ts";
import { CONTEXT } from "../model/access/any-plan.ts";
import { read, terminal } from "./connection.ts";

const { run } = terminal();
const CALLERS = `${CONTEXT.prefix}/callers`;
const KEY = `${CONTEXT.prefix}/issuer/${"k".repeat(43)}`;
const change = (name: string, value: string | undefined): Change => {
  return { action: "change", name, before: undefined, value };
};
const judge = (changes: readonly Change[]) => {
  const plan = { known: new Map(), skipped: [], grantsNothing: false, force: false };
  return judgeNoMapping(changes, plan, { review: CONTEXT } as Connection, run);
};

test("a plan without the rule of access throws for every kind of mapping", async () => {
  const names = ["role/111122223333/ci", "deny/any", "pattern/any", "account/111122223333"];
  for (const name of names) {
    const changes = [change(CALLERS, "[]"), change(`${CONTEXT.prefix}/${name}`, undefined)];
    await assert.rejects(judge(changes), { message: /needs the rule of access\.$/ }, name);
  }
});

test("callers and issuer keys are written in one phase, without marks and waits", async () => {
  const changes = [change(KEY, undefined), change(CALLERS, "[]")];
  const { marks, nextPhase } = await judge(changes);
  assert.deepEqual(marks, []);
  const stored = new Map([[KEY, read(KEY, "{}")]]);
  const phase = await nextPhase(changes, stored, 7);
  assert.deepEqual([phase?.from, phase?.waitsFor], [7, []]);
  assert.deepEqual(
    phase?.writes.map(({ name, uses }) => [name, sizeOf(uses)]),
    [
      [KEY, 0],
      [CALLERS, 0],
    ],
  );
  // What is stored already is not written again.
  const written = new Map([[CALLERS, read(CALLERS, "[]")]]);
  assert.equal(await nextPhase(changes, written, 7), undefined);
});
