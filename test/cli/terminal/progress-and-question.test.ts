// The progress line, the width of the terminal, and the question before a write.

import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, processStreams } from "../../../cli/terminal/io-streams.ts";
import { startProgress } from "../../../cli/terminal/progress.ts";
import { cli } from "../cli.ts";
import { exits, useCluster } from "../mappings/cluster.ts";

const io = processStreams();

function shown(all: number | undefined, watched: boolean, perSecond?: number): string[] {
  const told: string[] = [];
  const streams = { ...io, watched, interactive: false, showProgress: (line: string) => told.push(line) };
  const progress = startProgress("writing", all, streams, perSecond);
  for (let done = 1; done <= (all ?? 20); done += 1) progress.show(done);
  progress.end();
  return told;
}

test("a terminal shows a bar of less than 80 columns, which is removed at the end; short work and a pipe show none", () => {
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
  const streams = { ...io, watched: false, clock: () => now, log };
  const [counted, open] = [startProgress("writing", 300, streams), startProgress("reading", undefined, streams)];
  for (let done = 1; done <= 25; done += 1) {
    now += 1000;
    counted.show(done);
    open.show(done * 10);
  }
  for (const one of [counted, open]) one.end();
  assert.deepEqual(told, ["writing 10/300\n", "reading 100\n", "writing 20/300\n", "reading 200\n"]);
});

test("a terminal without a width is treated as a pipe, and the remaining time is based on the rate from the first step", () => {
  const columns = [
    { isTTY: true, columns: 0 },
    { isTTY: true, columns: 80 },
    { isTTY: false, columns: 80 },
  ].map(columnsOf);
  assert.deepEqual(columns, [undefined, 80, undefined]);
  const lines = shown(10_000, true, 3);
  assert.match(lines[0] ?? "", / 1\/10000, 56 min left$/);
  assert.match(lines[9_699] ?? "", / 9700\/10000, 100 s left$/);
  assert.match(shown(50_000, true, 3)[0] ?? "", /, 4 h 38 min left$/);
});

const callers = ["a", "b"].map((name) => ({ name, sha256: "0".repeat(64) }));
const cluster = useCluster({ callers });

for (const [what, options, code, message, written] of [
  ["no answer (Ctrl-D)", { input: "" }, 130, /\[y\/N\] \nNothing was written: the question was not answered\.\n$/, 0],
  ...["y\n", "y", "YES\n"].map((input) => [JSON.stringify(input), { input }, 0, /\[y\/N\] /, 1] as const),
  ...["n\n", "\n", "yo\n"].map((input) => [JSON.stringify(input), { input }, 1, /was written\.\n$/, 0] as const),
  ["no terminal", { interactive: false }, 2, /give --yes/, 0],
] as const) {
  test(`${what} ${written === 0 ? "writes nothing" : "writes"}`, async () => {
    await exits(cli("callers remove a -c prod", { interactive: true, ...options }), code, message);
    assert.equal(cluster.store.requests.filter(({ body }) => body.includes('"Value"')).length, written);
  });
}
