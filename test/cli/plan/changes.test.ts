// Plans: which changes they have, and how they are shown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readValue } from "../../../cli/model/entry-arns.ts";
import type { Mark } from "../../../cli/model/judgement.ts";
import type { VersionedParameter } from "../../../cli/model/stored.ts";
import { type Change, isRemoval, outcome, planChanges } from "../../../cli/plan/changes.ts";
import { planData, printKeptDenials, printPlans } from "../../../cli/plan/show.ts";
import { PREFIX } from "../commands/mappings/cluster.ts";
import { CONTEXT } from "../model/access/any-plan.ts";

const OLD = { name: "", secure: false, version: 1, modified: 0 };
const stored = (value: unknown): VersionedParameter => ({ ...OLD, value: JSON.stringify(value) });
const change = (name: string, before: unknown, after: unknown): Change => ({
  action: before === undefined ? "add" : after === undefined ? "remove" : "change",
  name: `${PREFIX}/${name}`,
  before: before === undefined ? undefined : stored(before),
  value: after === undefined ? undefined : JSON.stringify(after),
});
const UNMARKED = {
  marks: [],
  warnings: new Map(),
  connection: { review: { prefix: PREFIX } },
};
interface Shown {
  readonly extra?: readonly string[];
  readonly keptDenials?: readonly string[];
  readonly marks?: readonly Mark[];
  readonly warnings?: ReadonlyMap<string, readonly string[]>;
}
function show(
  changes: readonly Change[],
  { columns, extra = [], keptDenials = [], ...more }: Shown & { readonly columns?: number } = {},
): string {
  const plan = { changes, unchanged: 2, extra, keptDenials };
  const judged = { plan, ...UNMARKED, ...more };
  const texts: string[] = [];
  const print = (text: string, tone?: string) =>
    texts.push(tone === undefined ? text : `<${tone}> ${text}`);
  printPlans([{ name: "one", ...judged, destination: "account 1" }], {
    columns,
    print,
  });
  return texts.join("");
}
test("equal plans of several clusters are printed once, with at most ten places", () => {
  const add = (value: unknown) => [change("role/111122223333/a", undefined, value)];
  const of = (name: string, changes: readonly Change[]) => {
    const plan = { changes, unchanged: 0, extra: [] };
    return { name, plan, ...UNMARKED, destination: `place of ${name}` };
  };
  const texts: string[] = [];
  const output = { columns: undefined, print: (text: string) => texts.push(text) };
  printPlans([of("a", add("x")), of("b", add("y")), of("c", add("x"))], output);
  const lines = (value: string) => ["+ role/111122223333/a\n", `    ${value}\n`, SUMMARY];
  assert.deepEqual(texts.splice(0), [
    ...["Plan for place of a; place of c:\n", ...lines("x")],
    ...["Plan for place of b:\n", ...lines("y")],
  ]);
  const many = [..."abcdefghijk"].map((name) => of(name, add("x")));
  printPlans(many, output);
  assert.deepEqual(texts, [
    "Plan for 11 clusters: a, b, c, d, e, f, g, h, i, j, k:\n",
    ...lines("x"),
  ]);
});
const SUMMARY = "1 to add, 0 to change, 0 to remove, 0 unchanged.\n";
const MARKED_ROLE = "role/111122223333/a";
/** A mark; `mapping` is what it gives. */
const mark = (kind: Mark["kind"], text: string, mapping: object = { username: "u" }): Mark => {
  const parameter = `${PREFIX}/${MARKED_ROLE}`;
  const value = stored({ arn: "arn:aws:iam::111122223333:role/a", ...mapping });
  return {
    parameter,
    kind,
    gives: readValue(parameter, value, { ...CONTEXT, prefix: PREFIX }).entries,
    text,
  };
};

test("a terminal wraps and indents long values", () => {
  const groups = Array.from({ length: 12 }, (_, i) => `team-number-${i}`);
  const plan = [change("role/111122223333/a", { username: "a" }, { username: "a", groups })];
  const lines = show(plan, { columns: 60 }).trimEnd().split("\n");
  assert.equal(lines[2], "    groups: none -> team-number-0, team-number-1,");
  for (const line of lines) assert.ok(line.replace(/^<\w+> /, "").length <= 60, line);
  assert.equal(show(plan).trimEnd().split("\n").length, 4);
});

const [x, y] = ["x", "y"].map((name) => ({
  arnLike: `arn:aws:iam::*:role/${name}`,
  username: name,
}));
// biome-ignore format: a table
const DETAILS: readonly (readonly [change: Change, lines: string])[] = [
  [change("role/1/a", undefined, { arn: "arn:a", username: "a", groups: ["g", "h"], notAfter: "2026" }), "<added> + role/1/a|<added>     a (g, h) notAfter: 2026"],
  [change("role/1/a", { arn: "arn:a", username: "a" }, undefined), "<removed> - role/1/a|<removed>     a"],
  [change("account/1", {}, undefined), "<removed> - account/1|<removed>     every identity, with its ARN as the username"],
  [change("role/1/a", { arn: "arn:a" }, undefined), "<removed> - role/1/a|<removed>     no username"],
  [change("role/1/a", { username: "a", groups: ["g"], description: "d" }, { username: "b", groups: [] }), "<changed> ~ role/1/a|    username: a -> b|    groups: g -> none|    description: d -> none"],
  [change("pattern/any", [x], [x, y]), "<changed> ~ pattern/any|<added>     + arn:aws:iam::*:role/y y"],
  [
    change("pattern/any", [x, y], [y, x]),
    "<changed> ~ pattern/any|<removed>     - arn:aws:iam::*:role/x x|<removed>     - arn:aws:iam::*:role/y y|<added>     + arn:aws:iam::*:role/y y|<added>     + arn:aws:iam::*:role/x x",
  ],
  [change("pattern/any", [x], []), "<changed> ~ pattern/any|<removed>     - arn:aws:iam::*:role/x x"],
  [change("callers", undefined, [{ name: "c", arn: "arn:c", notAfter: "2026" }]), "<added> + callers|<added>     name: c notAfter: 2026 arn: arn:c"],
  [change("callers", [{ name: "c", sha256: "0" }], undefined), "<removed> - callers|<removed>     name: c sha256: 0"],
  [{ ...change("issuer/k", undefined, { kid: "k" }), shown: "key k" }, "<added> + issuer/k|<added>     key k"],
  [{ ...change("role/1/a", {}, { username: "a", groups: [1] }), before: { ...OLD, value: "no JSON" } }, "<changed> ~ role/1/a|<removed>     - no JSON|<added>     + a ([1])"],
];
test("each change is its parameter and what is added, removed or changed", () => {
  for (const [one, lines] of DETAILS)
    assert.equal(show([one]).split("\n").slice(1, -2).join("|"), lines);
});

test("marks and warnings follow their parameter, and the plan ends with what needs consent", () => {
  const many = Array.from({ length: 11 }, (_, i) => mark("wide", `wide ${i}`));
  const admins = { username: "u", groups: ["access:cluster-admin"] };
  const marks = [
    ...many,
    mark("denied", "denied"),
    mark("name", "reserved", { username: "system:x" }),
    mark("administrator", "administrator", admins),
    mark("end", "without its end", admins),
  ];
  const warnings = new Map([[`${PREFIX}/${MARKED_ROLE}`, ["unusual"]]]);
  const text = show(
    [
      change(MARKED_ROLE, undefined, {}),
      change("role/2/b", {}, { username: "b" }),
      change("role/3/c", {}, undefined),
    ],
    { marks, warnings, extra: ["x"] },
  );
  assert.deepEqual(text.split("\n"), [
    "Plan for account 1:",
    "<added> + role/111122223333/a",
    "<added>     every identity, with its ARN as the username",
    "<weakened>     ! reserved",
    "<weakened>     ! administrator",
    ...Array.from({ length: 10 }, (_, i) => `<weakened>     ! wide ${i}`),
    "<weakened>     ! denied",
    "<weakened>     ! without its end",
    "    warning: unusual",
    "<changed> ~ role/2/b",
    "    username: none -> b",
    "<removed> - role/3/c",
    "<removed>     every identity, with its ARN as the username",
    "1 to add, 1 to change, 1 to remove, 2 unchanged (1 more is not in the files and is kept; --prune removes it).",
    "<weakened> ! Needs your consent: 1 new administrator, 1 name that needs care, 11 grants to more than one principal, 1 grant to a denied principal, 1 end dropped (1 more than shown).",
    "",
  ]);
  const consent = "<weakened> ! Needs your consent: 1 grant to a denied principal.";
  assert.equal(
    show([], { keptDenials: ["arn:d", "arn:e"], marks: [mark("denied", "denied")] }),
    `Plan for account 1:\n0 to add, 0 to change, 0 to remove, 2 unchanged.\n${consent}\n`,
  );
});

test("kept denials are printed apart from the plan, for each of several clusters", () => {
  const of = (name: string, keptDenials: readonly string[]) => ({
    name,
    plan: { changes: [], unchanged: 0, extra: [], keptDenials },
  });
  const printed = (clusters: readonly ReturnType<typeof of>[]) => {
    const texts: string[] = [];
    printKeptDenials(clusters, { columns: undefined, print: (text) => texts.push(text) });
    return texts.join("");
  };
  assert.equal(
    printed([of("one", ["arn:d"])]),
    "1 denial is not in the files and is kept; --prune-denials removes it: arn:d.\n",
  );
  assert.equal(
    printed([of("one", ["arn:d", "arn:e"]), of("two", [])]),
    "one: 2 denials are not in the files and are kept; --prune-denials removes them: arn:d, arn:e.\n",
  );
});

test("the plan as data has short names and parsed values", () => {
  const changes = [
    change(MARKED_ROLE, { username: "a" }, { username: "b" }),
    change("role/2/b", undefined, {}),
    change("role/3/c", {}, undefined),
  ];
  const warnings = new Map([[`${PREFIX}/${MARKED_ROLE}`, ["unusual"]]]);
  const plan = { changes, unchanged: 2, extra: [`${PREFIX}/user/1/x`] };
  const judged = { ...UNMARKED, marks: [mark("wide", "w")], warnings, destination: "account 1" };
  assert.deepEqual(planData({ ...judged, plan }), {
    destination: "account 1",
    changes: [
      {
        action: "change",
        name: MARKED_ROLE,
        before: { username: "a" },
        after: { username: "b" },
        marks: ["w"],
        warnings: ["unusual"],
      },
      { action: "add", name: "role/2/b", after: {}, marks: [], warnings: [] },
      { action: "remove", name: "role/3/c", before: {}, marks: [], warnings: [] },
    ],
    unchanged: 2,
    notInFiles: ["user/1/x"],
  });
  assert.deepEqual(
    planData({ ...judged, plan: { ...plan, changes: [], keptDenials: ["arn:d"] } }),
    {
      destination: "account 1",
      changes: [],
      unchanged: 2,
      notInFiles: ["user/1/x"],
      keptDenials: ["arn:d"],
    },
  );
});

test("a plan adds, changes and removes by name; a list is emptied, not removed", () => {
  const kept = {
    [`${PREFIX}/role/1/b`]: "{}",
    [`${PREFIX}/role/1/c`]: '{"a":1}',
    [`${PREFIX}/user/1/z`]: "{}",
  };
  const lists = {
    [`${PREFIX}/deny/any`]: '[{"arnLike":"arn:x"}]',
    [`${PREFIX}/pattern/any`]: "[]",
  };
  const current = new Map(
    Object.entries({ ...kept, ...lists }).map(
      ([name, value]) => [name, { ...OLD, name, value }] as const,
    ),
  );
  const desired = new Map(
    Object.entries({ "role/1/c": "{}", "role/1/b": "{ }", "role/1/a": "{}" }).map(
      ([name, value]) => [`${PREFIX}/${name}`, value] as const,
    ),
  );
  const planned = (prune: boolean) => {
    const { changes, unchanged, extra } = planChanges(current, desired, prune);
    const short = (name: string) => name.slice(PREFIX.length + 1);
    return [
      changes.map(({ action, name, value }) => `${action} ${short(name)} ${value}`),
      unchanged,
      extra.map(short),
    ];
  };
  const written = ["add role/1/a {}", "change role/1/c {}"];
  assert.deepEqual(planned(false), [written, 1, ["user/1/z", "deny/any"]]);
  assert.deepEqual(planned(true), [
    ["change deny/any []", ...written, "remove user/1/z undefined"],
    1,
    [],
  ]);
  const secure = new Map([["p", { ...OLD, name: "p", value: "", secure: true }]]);
  assert.throws(
    () => planChanges(secure, new Map([["p", "{}"]]), false),
    /^\w+: p is a SecureString, which the function does not read\. A write does not change the type\. Remove it first: mappings remove\.$/,
  );
});

test("an empty list and no value are removals", () => {
  const [one, two] = ["x", "y"].map((name) => ({ arnLike: `arn:${name}` }));
  for (const [name, before, after, removes] of [
    ["deny/any", undefined, [one], false],
    ["deny/111122223333", [one], [one, two], false],
    ["deny/any", [one, two], [one], false],
    ["deny/any", [one], [{ ...one, notAfter: "2026" }], false],
    ["deny/any", [one], [], true],
    ["deny/any", [one], undefined, true],
    ["deny/any/x", [], [one], false],
    ["pattern/any", [], [one], false],
  ] as const) {
    const planned = change(name, before, after);
    assert.equal(isRemoval(planned), removes, JSON.stringify([name, before, after]));
  }
});

test("the outcome counts what was written and what was removed", () => {
  const [added, changed, removed] = [
    change("a", undefined, {}),
    change("b", {}, []),
    change("c", {}, undefined),
  ];
  for (const [changes, text] of [
    [[added], "Wrote 1 parameter."],
    [[added, changed], "Wrote 2 parameters."],
    [[removed, removed], "Removed 2 parameters."],
    [[added, removed, removed], "Wrote 1 parameter and removed 2."],
  ] as const) {
    assert.equal(outcome(changes), text);
  }
});
