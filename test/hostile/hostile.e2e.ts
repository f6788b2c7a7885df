// `npm run test:hostile`: the built command as a process, each command against each behaviour, and a table of how it
// ended. Then, in this process, each of them with a reset at each byte position of the first kilobyte.
//
// HOSTILE_ONLY: names of commands or behaviours, with commas between, to run only those. HOSTILE_TABLE: a file for the table.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { BEHAVIOURS, resetAt } from "./behaviours.ts";
import { COMMANDS, type HostileCommand } from "./commands.ts";
import { openBench, problemsOf, type Run, runHere, runProcess } from "./run.ts";
import { markdown, type Result } from "./table.ts";

const AT_ONCE = 12;
/** So many processes at once keep two processors busy for some seconds. */
const SLACK_MS = 20_000;
const FIRST_BYTES = 1024;

const bench = await openBench(join(import.meta.dirname, "../../dist/cli/iam-authenticator.mjs"));
after(() => bench.files.remove());

const only = process.env["HOSTILE_ONLY"]?.split(",");
const named = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] => {
  const chosen = all.filter(({ name }) => only?.includes(name));
  return chosen.length === 0 ? all : chosen;
};
const [commands, behaviours] = [named(COMMANDS), named(BEHAVIOURS)];

test("each command against each behaviour", async () => {
  const queue = behaviours.flatMap((behaviour) =>
    commands
      // A container's service speaks plain HTTP.
      .filter(({ target }) => behaviour.certificate === undefined || target !== "credentials")
      .map((command) => ({ command, behaviour })),
  );
  const results: Result[] = [];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { command, behaviour } = next;
      const run: Run = await runProcess(bench, command, behaviour, SLACK_MS);
      results.push({ command, behaviour: behaviour.name, run, problems: problemsOf(command, run) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const table = markdown(results);
  const file = process.env["HOSTILE_TABLE"];
  if (file === undefined) console.log(table);
  else writeFileSync(file, table);
  const broken = results.filter(({ problems }) => problems.length > 0);
  assert.deepEqual(
    broken.map(({ command, behaviour, problems }) => [command.name, command.target, behaviour, problems]),
    [],
  );
});

/** IAM is behind an authority that only a process can trust; a container is asked four times, with pauses. */
const isHere = ({ target }: HostileCommand) => !["credentials", "iam"].includes(target);

for (const command of commands.filter(isHere)) {
  test(`${command.name}: a reset at each byte of the first kilobyte of ${command.target}'s answer`, async () => {
    for (let byte = 0; byte < FIRST_BYTES; byte += 1) {
      const run = await runHere(bench, command, resetAt(byte));
      assert.deepEqual(problemsOf(command, run), [], `byte ${byte}: ${JSON.stringify(run)}`);
    }
  });
}
