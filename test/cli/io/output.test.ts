// Output for a terminal, a pipe and a file: tables, CSV (RFC 4180), colour, the progress line, and
// the question before a write.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import fc from "fast-check";
import { csv, printList, table } from "../../../cli/io/print.ts";
import { startProgress } from "../../../cli/io/progress.ts";
import { columnsOf, processRun } from "../../../cli/io/run.ts";
import { cli } from "../cli.ts";
import { ADMIN, exits, useCluster } from "../commands/mappings/cluster.ts";

const run = processRun();

const cell = fc.string({ maxLength: 60 });
const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 });

test("no line is wider than the terminal, and none has a control character", () => {
  const fits = fc.property(rows, fc.integer({ min: 40, max: 120 }), (cells, columns) => {
    for (const line of table(["a", "b", "c"], cells, columns).split("\n")) {
      assert.ok(line.length <= columns);
      assert.doesNotMatch(line, /\p{C}/u);
    }
  });
  fc.assert(fits);
});

test("an ARN that does not fit is cut at the start, and a pipe gets complete cells", () => {
  const arns = ["Developers", "Contractor"].map((name) => [
    `arn:aws:iam::111122223333:role/${name}`,
    "1",
  ]);
  const [, ...lines] = table(["who", "reviews"], arns, 30).trimEnd().split("\n");
  assert.deepEqual(lines, ["…3333:role/Developers  1", "…3333:role/Contractor  1"]);
  assert.equal(
    table(["a", "b"], [["x".repeat(200), "y"]]),
    `${"A".padEnd(202)}B\n${"x".repeat(200)}  y\n`,
  );
  assert.equal(table(["a", "b"], []), "A  B\n");
});

test("a sentence that does not fit is printed in full below its row", async () => {
  const text = "one two three four five six seven eight nine ten";
  const listing = { items: [["1", text]], headers: ["id", "text"], row: (item: string[]) => item };
  const printed = async (columns: number) => {
    let all = "";
    const streams = { ...run, columns, print: (part: string) => (all += part) };
    await printList({ ...listing, endsInText: true }, { output: "table", headers: true }, streams);
    return all;
  };
  assert.equal(await printed(80), `ID  TEXT\n1   ${text}\n`);
  assert.equal(await printed(30), "1\n    one two three four five\n    six seven eight nine ten\n");
});

test("CSV quotes cells, and marks what looks like a formula", () => {
  const role = ["role", "a,b", 'say "no"'];
  assert.equal(csv([["kind", "groups", ""], role]), 'kind,groups,\nrole,"a,b","say ""no"""\n');
  for (const text of ["=1+1", "+cmd", "-2", "@SUM(A1)", "＝1", "＋1", "－1", "＠x"])
    assert.equal(csv([[text]]), `'${text}\n`);
  assert.equal(csv([['=HYPERLINK("x","y")']]), `"'=HYPERLINK(""x"",""y"")"\n`);
  for (const text of ["a=1", "dev-ops", "jane@example.com"])
    assert.equal(csv([[text]]), `${text}\n`);
});

function shown(all: number | undefined, watched: boolean, perSecond?: number): string[] {
  const told: string[] = [];
  const streams = {
    ...run,
    watched,
    interactive: false,
    showProgress: (line: string) => told.push(line),
  };
  const progress = startProgress("writing", all, streams, perSecond);
  for (let done = 1; done <= (all ?? 20); done += 1) progress.show(done);
  progress.end();
  return told;
}

test("a terminal shows a bar that is removed at the end, and a pipe none", () => {
  assert.deepEqual([...shown(10_000, false), ...shown(10, true)], []);
  const lines = shown(10_000, true);
  assert.match(lines.at(-2) ?? "", /^writing \[#{30}\] 10000\/10000$/);
  assert.equal(lines.at(-1), "");
  for (const line of lines) assert.ok(line.length < 80, line);
  assert.equal(shown(undefined, true).at(-2), "writing 20");
});

test("a pipe gets a line every 10 s of long work", () => {
  const told: string[] = [];
  let now = 0;
  const log = (text: string) => told.push(text.replace(/, .* left/, ""));
  const streams = { ...run, watched: false, clock: () => now, log };
  const [counted, open] = [
    startProgress("writing", 300, streams),
    startProgress("reading", undefined, streams),
  ];
  for (let done = 1; done <= 25; done += 1) {
    now += 1000;
    counted.show(done);
    open.show(done * 10);
  }
  for (const progress of [counted, open]) progress.end();
  assert.deepEqual(told, [
    "writing 10/300\n",
    "reading 100\n",
    "writing 20/300\n",
    "reading 200\n",
  ]);
});

test("a terminal without a width is treated as a pipe", () => {
  const [bare, terminal] = [0, 80].map((columns) => columnsOf({ isTTY: true, columns }));
  assert.deepEqual(
    [bare, terminal, columnsOf({ isTTY: false, columns: 80 })],
    [undefined, 80, undefined],
  );
  const lines = shown(10_000, true, 3);
  assert.match(lines[0] ?? "", / 1\/10000, 56 min left$/);
  assert.match(lines[9_699] ?? "", / 9700\/10000, 100 s left$/);
  assert.match(shown(50_000, true, 3)[0] ?? "", /, 4 h 38 min left$/);
});

for (const [what, options, code, message, written] of [
  [
    "no answer (Ctrl-D)",
    { input: "" },
    130,
    /\[y\/N\] \nNothing was written: the question was not answered\.\n$/,
    0,
  ],
  ...["y\n", "y", "YES\n"].map(
    (input) => [JSON.stringify(input), { input }, 0, /\[y\/N\] /, 1] as const,
  ),
  ...["n\n", "\n", "yo\n"].map(
    (input) => [JSON.stringify(input), { input }, 1, /was written\.\n$/, 0] as const,
  ),
  ["no terminal", { interactive: false }, 2, /give --yes/, 0],
] as const) {
  test(`${what} ${written === 0 ? "writes nothing" : "writes"}`, async () => {
    await exits(cli("callers remove a -c prod", { interactive: true, ...options }), code, message);
    assert.equal(
      cluster.store.requests.filter(({ body }) => body.includes('"Value"')).length,
      written,
    );
  });
}

test("Ctrl-C at a question prints what Ctrl-D prints", async () => {
  const ctrlC = new AbortController();
  const onLog = (text: string) => text.includes("[y/N]") && ctrlC.abort();
  const input = new PassThrough();
  const run = cli("callers remove a -c prod", {
    interactive: true,
    input,
    interrupted: ctrlC.signal,
    onLog,
  });
  await exits(run, 130, /\[y\/N\] \nNothing was written: the question was not answered\.\n$/);
});

test("a narrow table cuts the account of a mapping's name, not the name", async () => {
  cluster.put("role/111122223333/developers", { arn: OLD.arn, username: "x", groups: "g" });
  await exits(
    cli("mappings lint -c prod", { columns: 40 }),
    1,
    undefined,
    /^error +invalid +role\/…\/developers$/m,
  );
});

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));
const ESCAPE = "\u001b";
const OLD = { arn: "arn:aws:iam::111122223333:user/old", username: "old" };
const callers = ["a", "b"].map((name) => ({ name, sha256: "0".repeat(64) }));
const cluster = useCluster({ ...ADMIN, "user/111122223333/old": OLD, callers });

function diff(environment: Readonly<Record<string, string>>): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  const words = [SCRIPT, "mappings", "diff", "-c", "prod", "--prune", "-f", "-"];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      words,
      { env: { ...rest, ...environment } },
      (_, out) => resolve(out),
    );
    child.stdin?.end(`mappings:
  - {permissionSet: ClusterAdmin, account: "111122223333", username: "boss:{SessionName}", groups: [system:masters]}
  - {arnLike: "arn:aws:iam::*:role/b*", username: x, description: "x\\e[2J"}
`);
  });
}

test("forced colour does not change the text, and a pipe has none", async () => {
  const plain = await diff({});
  assert.equal(plain.includes(ESCAPE), false);
  const coloured = await diff({ FORCE_COLOR: "1" });
  const [first, ...parts] = coloured.split(ESCAPE);
  assert.equal([first, ...parts.map((part) => part.replace(/^\[[\d;]+m/, ""))].join(""), plain);
  for (const [style, text] of [
    [["green"], "+ pattern/any"],
    [["yellow"], "~ sso/111122223333/clusteradmin"],
    [["red"], "- user/111122223333/old"],
    [
      ["bold", "red"],
      "    ! pattern/any arn:aws:iam::*:role/b* gives x to every identity that it matches",
    ],
  ] as const) {
    assert.ok(coloured.includes(styleText([...style], text, { validateStream: false })), coloured);
  }
  assert.equal(coloured.includes(`${ESCAPE}[2J`), false);
});

test("explain colours its verdict, and nothing else", async () => {
  const verdicts = { old: ["granted", "granted"], new: ["denied", "denied, identity_unmapped"] };
  for (const [user, [tone, verdict]] of Object.entries(verdicts)) {
    const coloured: string[] = [];
    await cli(["explain", "-c", "prod", `arn:aws:iam::111122223333:user/${user}`], {
      onPrint: (text, seen) =>
        void (seen !== undefined && coloured.push(`${seen}: ${text.trim()}`)),
    });
    assert.deepEqual(coloured, [`${tone}: verdict   ${verdict}`]);
  }
});
