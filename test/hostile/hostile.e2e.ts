// `npm run test:hostile` runs each command with each behaviour. Runs that wait are
// parallel processes of the built command. The others, and the resets at each byte position, run
// here in sequence.
//
// HOSTILE_ONLY: comma-separated names of commands or behaviours to run.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { BEHAVIOURS, resetAt } from "./behaviours.ts";
import { COMMANDS } from "./commands.ts";
import { isPossible, openBench, type Pair, problemsOf, runHere, runProcess } from "./run.ts";

const WAITING_AT_ONCE = 48;
const WORKING_AT_ONCE = 4;
/**
 * Extra time, because many processes that start at once keep two processors busy for some seconds.
 */
const SLACK_MS = 30_000;
const FIRST_BYTES = 1024;
/**
 * Commands that are tested at every byte position: one each for JSON, XML and TLS. Others use
 * `STEP`.
 */
const BYTE_BY_BYTE = ["mappings list", "token --role", "irsa keys publish"];
const STEP = 16;

const bench = await openBench(join(import.meta.dirname, "../../dist/cli/iam-authenticator.mjs"));

const only = process.env["HOSTILE_ONLY"]?.split(",") ?? [];
const names = [...COMMANDS, ...BEHAVIOURS].map(({ name }) => name);
const unknown = only.filter((name) => !names.includes(name));
assert.deepEqual(unknown, [], "HOSTILE_ONLY has names of no command and no behaviour");
const named = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] => {
  const chosen = all.filter(({ name }) => only.includes(name));
  return chosen.length === 0 ? all : chosen;
};
const [commands, behaviours] = [named(COMMANDS), named(BEHAVIOURS)];
const pairs = commands
  .flatMap((command) => behaviours.map((behaviour): Pair => ({ command, behaviour })))
  .filter(isPossible);
const isHonest = ({ behaviour }: Pair) => behaviour.name === "honest";
const isWorking = (pair: Pair) => isHonest(pair) || pair.behaviour.slow === "works";
const isWaiting = (pair: Pair) =>
  !isWorking(pair) && (pair.command.slow === true || pair.behaviour.slow === "waits");

test("each command holds with each behaviour", async () => {
  const broken: unknown[] = [];
  const run = async (pair: Pair, runOne: typeof runHere) => {
    const problems = problemsOf(pair, await runOne(bench, pair));
    const { command, behaviour } = pair;
    if (problems.length > 0) broken.push([command.name, command.target, behaviour.name, problems]);
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
  for (const pair of pairs.filter((pair) => !isWorking(pair) && !isWaiting(pair)))
    await run(pair, runHere);
  assert.deepEqual(broken, []);
});

for (const command of commands.filter(({ slow }) => !slow)) {
  const step = BYTE_BY_BYTE.includes(command.name) ? 1 : STEP;
  const which = step === 1 ? "each byte" : `each ${STEP}th byte`;
  test(`${command.name} holds with a reset at ${which} of the first kilobyte`, async () => {
    for (let byte = 0; byte < FIRST_BYTES; byte += step) {
      const pair = { command, behaviour: resetAt(byte) };
      const run = await runHere(bench, pair);
      assert.deepEqual(problemsOf(pair, run), [], `byte ${byte}: ${JSON.stringify(run)}`);
    }
  });
}
