// Runs every command with a hostile server, for behaviours that take no time. `npm run test:hostile` runs the others.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Command } from "commander";
import { createProgram } from "../../cli/program.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import { BEHAVIOURS, resetAt } from "./behaviours.ts";
import { COMMANDS, type HostileCommand, OFFLINE } from "./commands.ts";
import { isPossible, openBench, problemsOf, runHere } from "./run.ts";

const bench = await openBench("");
after(() => bench.files.remove());

/** Every how many bytes a reset is tested. */
const STEP = 96;
const resets = Array.from({ length: Math.ceil(1024 / STEP) }, (_, at) => resetAt(at * STEP));
const behaviours = [...BEHAVIOURS.filter(({ slow }) => !slow), ...resets];

for (const command of COMMANDS.filter(({ slow }) => !slow)) {
  test(`${command.name} holds when ${command.target} misbehaves`, async () => {
    for (const behaviour of behaviours) {
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
const PATHS = pathsBelow(await createProgram(processStreams()));
const place = { files: bench.files, url: "https://127.0.0.1", aws: "" };
const pathOf = ({ words }: HostileCommand) => PATHS.find((path) => `${words(place).join(" ")} `.startsWith(`${path} `));

test("every command of the program is in the table, or calls no service", async () => {
  const paths = [...COMMANDS, ...OFFLINE].map(pathOf);
  assert.deepEqual([...new Set(paths)].filter((path) => path !== undefined).sort(), PATHS.toSorted());
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
