// Runs every command with a hostile server, with a sample of the behaviours that take no time. `npm
// run test:hostile` runs all behaviours.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { processRun } from "../../cli/io/run.ts";
import { createProgram } from "../../cli/main/program.ts";
import { IS_ALL, ONLY_IN_ALL } from "../extent.ts";
import { BEHAVIOURS, resetAt } from "./behaviours.ts";
import { COMMANDS, OFFLINE } from "./commands.ts";
import { isPossible, openBench, problemsOf, runHere } from "./run.ts";
import type { Behaviour } from "./server.ts";

const bench = await openBench("");

const STEP = 96;
const resets = Array.from({ length: Math.ceil(1024 / STEP) }, (_, at) => resetAt(at * STEP));
const behaviours = [...BEHAVIOURS.filter(({ slow }) => !slow), ...resets];
/** Each command meets one of so many behaviours, and each behaviour one of so many commands. */
const SHARE = IS_ALL ? 8 : 32;
const isHonest = ({ name }: Behaviour) => name === "honest";

/**
 * The commands that make the most calls, or read all plans and roles, and those that call a service
 * as another one of the table does.
 */
const ONLY_IN_ALL_RUNS = [
  "irsa doctor",
  "report",
  "mappings history",
  "mappings set",
  "mappings allow",
  "token --role",
  "token, web identity",
  "mappings get",
  "mappings lint",
  "mappings edit",
  "mappings deny",
  "mappings rollback",
  "mappings diff",
  "callers add",
  "reviews list --follow",
];

for (const [row, command] of COMMANDS.filter(({ slow }) => !slow).entries()) {
  const options = ONLY_IN_ALL_RUNS.includes(command.name) ? ONLY_IN_ALL : {};
  test(`${command.name} holds when ${command.target} misbehaves`, options, async () => {
    for (const [column, behaviour] of behaviours.entries()) {
      if ((row + column) % SHARE !== 0 && !isHonest(behaviour)) continue;
      const pair = { command, behaviour };
      if (!isPossible(pair)) continue;
      const run = await runHere(bench, pair);
      assert.deepEqual(problemsOf(pair, run), [], `${behaviour.name}: ${JSON.stringify(run)}`);
    }
  });
}

const pathsBelow = ({ commands }: Command): string[] =>
  commands.flatMap((command) => {
    const below = pathsBelow(command);
    return below.length === 0 ? [command.name()] : below.map((path) => `${command.name()} ${path}`);
  });
const PATHS = pathsBelow(await createProgram(processRun()));

test("every command of the program is in the table, or calls no service", async () => {
  const paths = [...COMMANDS, ...OFFLINE].map(({ line }) =>
    PATHS.find((path) => `${line} `.startsWith(`${path} `)),
  );
  assert.deepEqual(
    [...new Set(paths)].filter((path) => path !== undefined).sort(),
    PATHS.toSorted(),
  );
  for (const command of OFFLINE) {
    let connections = 0;
    const behaviour = {
      name: "counts",
      connect: () => {
        connections += 1;
      },
    };
    const run = await runHere(bench, { command, behaviour });
    assert.deepEqual([run.code, connections], [0, 0], `${command.name}: ${run.err}`);
  }
});
