// Before a plan is written: what a stack manages is left out, and the user is asked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readValue } from "../../../cli/model/entry-arns.ts";
import type { Mark } from "../../../cli/model/judgement.ts";
import { judgeAccess } from "../../../cli/plan/access/judge-access.ts";
import { confirmPlans } from "../../../cli/plan/before-writes.ts";
import type { Change } from "../../../cli/plan/changes.ts";
import { findOwner } from "../../../cli/plan/changes.ts";
import { judgePlan } from "../../../cli/plan/judge.ts";
import type { JudgedPlan, PlanOptions } from "../../../cli/plan/plan.ts";
import { UNINTERRUPTED } from "../../../cli/plan/write-parameter.ts";
import { OWNER_TAG } from "../../../functions/settings/stack.ts";
import { PREFIX, useCluster } from "../commands/mappings/cluster.ts";
import { connectionTo, read, terminal } from "./connection.ts";

type Asked = Pick<JudgedPlan, "plan" | "marks" | "destination">;

const cluster = useCluster();
const A = "111122223333";
const full = (name: string) => `${PREFIX}/${name}`;
const denials = (...names: string[]) =>
  JSON.stringify(names.map((name) => ({ arnLike: `arn:aws:iam::${A}:role/${name}` })));
const stored = (name: string, value: string) => read(full(name), value, { account: A });
const change = (name: string, before: string | undefined, value: string | undefined): Change => {
  const action = before === undefined ? "add" : value === undefined ? "remove" : "change";
  return {
    action,
    name: full(name),
    before: before === undefined ? undefined : stored(name, before),
    value,
  };
};
const BOB = JSON.stringify({ arn: `arn:aws:iam::${A}:user/bob`, username: "b" });
const ADMIN = BOB.replace("}", ',"groups":["system:masters"]}');
const [DENY, ANY, CI] = [`deny/${A}`, "deny/any", `user/${A}/bob`];

/**
 * The error, or the names of the changes and whether a requested one is left out; and the texts.
 */
async function propose(
  changes: readonly Change[],
  managed: readonly string[],
  options: PlanOptions = {},
) {
  const taggedChanges = changes.map((change): Change => {
    const { name, before } = change;
    const tags = managed.some((other) => full(other) === name) ? { [OWNER_TAG]: "team-a" } : {};
    if (before === undefined) return change;
    return {
      ...change,
      before: { ...before, version: cluster.store.put(name, before.value, { tags }) },
    };
  });
  const connection = connectionTo(cluster);
  const known = new Map([["x", stored("x", "{}")]]);
  const { run, texts } = terminal();
  const planned = {
    plan: { changes: taggedChanges, unchanged: 0, extra: [] },
    known,
    connection,
    judge: judgeAccess(),
  };
  const result = await judgePlan(planned, { name: "", cluster: "prod" }, options, run).then(
    (judged) => {
      if (judged.state === "refused") return judged.failure.message;
      if (judged.state === "unchanged") return undefined;
      return [
        judged.plan.changes.map(({ name }) => name.slice(PREFIX.length + 1)).join(" "),
        judged.skipped.length > 0,
        judged.force,
        ...judged.marks.map(({ text }) => text).filter((text) => text.includes("deny")),
      ];
    },
    (error: Error) => error.message,
  );
  connection.ssm.destroy();
  return { result, texts };
}

const LIMITED = `bob gets b by ${CI}: ${DENY} may deny it`;
/** Denies the user whom `grant` maps. */
const ofBob = change(
  DENY,
  denials("x"),
  denials("x").replace("]", `,{"arnLike":"arn:aws:iam::${A}:user/b*"}]`),
);
const [denial, emptied] = [
  change(DENY, denials("x"), denials("x", "y")),
  change(DENY, denials("x"), "[]"),
];
const [grant, removal] = [
  change(CI, undefined, BOB),
  change(`user/${A}/eve`, BOB.replaceAll("bob", "eve"), undefined),
];
const PROPOSED: readonly (readonly [
  what: string,
  changes: readonly Change[],
  result: unknown,
  managed?: readonly string[],
  options?: PlanOptions,
])[] = [
  ["a grant", [grant], [CI, false, false]],
  ["no change", [], undefined],
  ["a stack manages denials of other principals", [denial, grant], [CI, true, false], [DENY]],
  [
    "a stack manages the denials that limit a grant",
    [ofBob, grant],
    [CI, true, false, LIMITED],
    [DENY],
  ],
  [
    "also beside a removal",
    [ofBob, removal, grant],
    [`user/${A}/eve ${CI}`, true, false, LIMITED],
    [DENY],
  ],
  ["nothing else is granted", [denial, removal], [`user/${A}/eve`, true, false], [DENY]],
  [
    "another denial is added",
    [denial, change(ANY, undefined, denials("z"))],
    [ANY, true, false],
    [DENY],
  ],
  ["a stack manages all", [denial], "Nothing was written.", [DENY]],
  ["a stack manages what is pruned", [grant, emptied], [CI, false, false], [DENY], { prune: true }],
  ["and what is removed by name", [grant, emptied], [CI, true, false], [DENY]],
  ["with --force", [denial, grant], [`${DENY} ${CI}`, false, true], [DENY], { force: true }],
  [
    "the last administrator with --force",
    [change(CI, ADMIN, undefined)],
    [CI, false, true],
    [],
    { force: true },
  ],
];
test("changes that a stack manages are left out, and a grant beside them is marked", async () => {
  for (const [what, changes, result, managed = [], options] of PROPOSED) {
    assert.deepEqual((await propose(changes, managed, options)).result, result, what);
  }
  const last = await propose([change(CI, ADMIN, undefined)], []);
  assert.match(String(last.result), /^Refused: no administrator/);
});

test("Ctrl-C ends the read of a parameter's tags, of which one names the stack", async () => {
  const { ssm } = connectionTo(cluster);
  cluster.store.put(full(CI), BOB, { tags: { owner: "team-b", [OWNER_TAG]: "team-a" } });
  const owner = { stack: "team-a", isKnown: true };
  assert.deepEqual(await findOwner(ssm, full(CI), UNINTERRUPTED), owner);
  const stop = new AbortController();
  cluster.store.fail(() => {
    stop.abort();
    return { kind: "silent" };
  });
  await assert.rejects(findOwner(ssm, full(CI), stop.signal), { name: "AbortError" });
  cluster.store.fail(undefined);
  ssm.destroy();
});

test("the user accepts the marks, and then the writes; --yes accepts no marks", async () => {
  const mark = (text: string): Mark => ({ parameter: "p", kind: "wide", gives: [], text });
  const { review } = connectionTo(cluster);
  const { entries } = readValue(full(CI), stored(CI, ADMIN), review);
  const risky = { ...mark("a"), gives: entries };
  const asked = (changes: readonly Change[], marks: readonly Mark[] = []) =>
    ({ plan: { changes, unchanged: 0, extra: [] }, marks, destination: "D" }) satisfies Asked;
  const ask = async (
    plans: readonly Asked[],
    options: PlanOptions,
    answers = "",
    interactive = true,
  ) => {
    const { run, texts } = terminal(answers, { interactive });
    const result = await confirmPlans(plans, options, run).then(
      () => "accepted",
      ({ message }: Error) => message,
    );
    return [...texts, result];
  };
  const [safe, marked] = [asked([grant, removal]), asked([removal], [mark("b"), risky, mark("b")])];
  const refused = "Nothing was written. Cannot ask for confirmation without a terminal: give";
  const question = "Accept what is marked ! above (3 grants to more than one principal)? [y/N]";
  const consent = [
    "Refused, because it needs your consent: 3 grants to more than one principal.",
    ...["  a", "  b", "To accept this with --yes, add --allow-weakening."],
  ];
  const removes = "Remove 1 parameter in D? [y/N]";
  // biome-ignore format: a table
  const rows = [
    [await ask([safe], {}, "y\n"), "Write 2 parameters in D? [y/N]", "accepted"],
    [await ask([safe], {}, "n\n"), "Write 2 parameters in D? [y/N]", "Nothing was written."],
    [await ask([safe], { yes: true }), "accepted"],
    [await ask([safe], {}, "", false), `${refused} --yes (or --dry-run).`],
    [await ask([marked], {}, "y\ny\n"), question, removes, "accepted"],
    [await ask([marked], {}, "", false), `${refused} --yes and --allow-weakening (or --dry-run).`],
    [await ask([marked], { yes: true }), consent.join("\n")],
    [await ask([marked], { yes: true, allowWeakening: true }), "accepted"],
    [await ask([marked], { allowWeakening: true }, "y\n"), removes, "accepted"],
    [await ask([safe, marked], { allowWeakening: true }, "y\n"), "Write 3 parameters in 2 clusters: D; D? [y/N]", "accepted"],
  ];
  for (const [found, ...expected] of rows) {
    assert.deepEqual(found, expected);
  }
});
