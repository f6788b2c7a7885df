// `npm run test:hostile`: each command against each behaviour, and a table of how each run ended. What waits runs as a
// process of the built command, many at once; the rest, and the resets at each byte position, run here one after the other.
//
// HOSTILE_ONLY: names of commands or behaviours, with commas between, to run only those. HOSTILE_TABLE: a file for the table.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { BEHAVIOURS, resetAt } from "./behaviours.ts";
import { COMMANDS } from "./commands.ts";
import { isPossible, openBench, type Pair, problemsOf, runHere, runProcess } from "./run.ts";
import { type Result, report } from "./table.ts";

/** They wait, most of the time. */
const WAITING_AT_ONCE = 48;
/** They keep a processor busy. */
const WORKING_AT_ONCE = 4;
/** So many processes that start at once keep two processors busy for some seconds. */
const SLACK_MS = 30_000;
const FIRST_BYTES = 1024;
/** JSON, XML and TLS: for these, each position; for the others, one of these many. */
const BYTE_BY_BYTE = ["mappings list", "token --role", "irsa keys publish"];
const STEP = 16;

const bench = await openBench(join(import.meta.dirname, "../../dist/cli/iam-authenticator.mjs"));
after(() => bench.files.remove());

const only = process.env["HOSTILE_ONLY"]?.split(",");
const named = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] => {
  const chosen = all.filter(({ name }) => only?.includes(name));
  return chosen.length === 0 ? all : chosen;
};
const [commands, behaviours] = [named(COMMANDS), named(BEHAVIOURS)];
const pairs = commands
  .flatMap((command) => behaviours.map((behaviour): Pair => ({ command, behaviour })))
  .filter(isPossible);
const isHonest = ({ behaviour }: Pair) => behaviour.name === "honest";
const isWorking = (pair: Pair) => isHonest(pair) || pair.behaviour.slow === "works";
const isWaiting = (pair: Pair) => !isWorking(pair) && (pair.command.slow === true || pair.behaviour.slow === "waits");

test("each command against each behaviour", async () => {
  const results: Result[] = [];
  const run = async (pair: Pair, runOne: typeof runHere) => {
    const ended = await runOne(bench, pair);
    results.push({ ...pair, run: ended, problems: problemsOf(pair, ended) });
  };
  const runProcesses = async (queue: Pair[], atOnce: number) => {
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await run(next, (...words) => runProcess(...words, SLACK_MS));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  };
  await runProcesses(pairs.filter(isWorking), WORKING_AT_ONCE);
  await runProcesses(pairs.filter(isWaiting), WAITING_AT_ONCE);
  for (const pair of pairs.filter((one) => !isWorking(one) && !isWaiting(one))) await run(pair, runHere);
  const file = process.env["HOSTILE_TABLE"];
  if (file === undefined) console.log(report(results));
  else writeFileSync(file, report(results));
  const broken = results.filter(({ problems }) => problems.length > 0);
  assert.deepEqual(
    broken.map(({ command, behaviour, problems }) => [command.name, command.target, behaviour.name, problems]),
    [],
  );
});

for (const command of commands.filter(({ slow }) => !slow)) {
  const step = BYTE_BY_BYTE.includes(command.name) ? 1 : STEP;
  const which = step === 1 ? "each byte" : `each ${STEP}th byte`;
  test(`${command.name}: a reset at ${which} of the first kilobyte of ${command.target}'s answer`, async () => {
    for (let byte = 0; byte < FIRST_BYTES; byte += step) {
      const pair = { command, behaviour: resetAt(byte) };
      const run = await runHere(bench, pair);
      assert.deepEqual(problemsOf(pair, run), [], `byte ${byte}: ${JSON.stringify(run)}`);
    }
  });
}
