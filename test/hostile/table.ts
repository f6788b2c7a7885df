// `npm run test:hostile`: every command against every behaviour. Prints a table of exit codes and seconds, and what broke.
// With words, only rows and columns that hold one of them.

import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { BEHAVIOURS } from "./behaviours.ts";
import { COMMANDS } from "./commands.ts";
import { openBench, problemsOf, type Run, runProcess } from "./run.ts";

const AT_ONCE = Number(process.env["HOSTILE_AT_ONCE"] ?? 12);
const file = process.env["HOSTILE_COMMAND"] ?? join(import.meta.dirname, "../../dist/cli/iam-authenticator.mjs");
const words = process.argv.slice(2);
const columns = BEHAVIOURS.filter(({ name }) => words.includes(name));
const named = words.filter((word) => !columns.some(({ name }) => name === word));
const rows = (columns.length === 0 ? BEHAVIOURS : columns).flatMap((behaviour) =>
  COMMANDS.filter(
    ({ name, target }) => named.length === 0 || named.some((word) => `${name} (${target})`.includes(word)),
  )
    .filter(({ target }) => behaviour.certificate === undefined || target !== "credentials")
    .map((command) => ({ command, behaviour })),
);
const bench = await openBench(file);
const results: { row: (typeof rows)[number]; run: Run; problems: string[] }[] = [];
const queue = [...rows];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      const run = await runProcess(bench, row.command, row.behaviour, 15_000);
      const problems = problemsOf(row.command, run);
      results.push({ row, run, problems });
      appendFileSync(
        process.env["HOSTILE_RESULTS"] ?? "/tmp/hostile/results.jsonl",
        `${JSON.stringify({ command: `${row.command.name} (${row.command.target})`, behaviour: row.behaviour.name, code: run.code, ms: Math.round(run.ms), problems, err: run.err.slice(0, 400), out: run.out.slice(0, 200) })}\n`,
      );
    }
  }),
);
bench.files.remove();
const broken = results.filter(({ problems }) => problems.length > 0);
console.log(`${results.length} runs, ${broken.length} broke a rule`);
process.exitCode = broken.length === 0 ? 0 : 1;
