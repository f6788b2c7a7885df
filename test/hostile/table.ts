// Formats the results as tables: totals per behaviour, secrets, and the result of each run.

import { SECRETS } from "./inputs.ts";
import { type Pair, prints, type Run } from "./run.ts";

export interface Result extends Pair {
  readonly run: Pick<Run, "code" | "ms" | "secrets">;
  readonly problems: readonly string[];
}

/** In the table of all runs, `!` marks a run that broke a rule, `-` one that was killed. */
export function report(results: readonly Result[]): string {
  const columns = [...new Set(results.map(columnOf))];
  const rows = [...Map.groupBy(results, ({ behaviour }) => behaviour.name)].map(([name, runs]) => {
    const cell = (column: string) =>
      runs
        .filter((result) => columnOf(result) === column)
        .map(ending)
        .join();
    return { sums: [name, sumOf(runs), secondsOf(runs)], cells: [name, ...columns.map(cell)] };
  });
  const broken = results.filter(({ problems }) => problems.length > 0).length;
  const counts = `${results.length} runs: ${columns.length} rows of commands, ${rows.length} behaviours. ${broken} broke a rule.`;
  const sums = markdown(
    ["behaviour", "exit codes", "longest, s"],
    rows.map(({ sums }) => sums),
  );
  const all = markdown(
    ["behaviour", ...columns],
    rows.map(({ cells }) => cells),
  );
  return `${[counts, sums, secretsOf(results), all].join("\n\n")}\n`;
}

function secretsOf(results: readonly Result[]): string {
  const rows = Object.keys(SECRETS).map((name) => {
    const exchanged = results.filter(({ run }) => run.secrets.includes(name));
    const printed = results.filter(({ problems }) => problems.includes(prints(name)));
    return [name, String(exchanged.length), String(printed.length)];
  });
  return markdown(["secret", "runs that sent or received it", "runs that printed it"], rows);
}

function columnOf({ command }: Result): string {
  return `${command.name} (${command.target})`;
}

function ending({ run, problems }: Result): string {
  return `${run.code ?? "-"}${problems.length > 0 ? "!" : ""} ${(run.ms / 1000).toFixed(1)} s`;
}

/** Such as `4 x 0, 24 x 3`. */
function sumOf(runs: readonly Result[]): string {
  const codes = [...Map.groupBy(runs, ({ run }) => run.code ?? "-")].sort(([a], [b]) => Number(a) - Number(b));
  return codes.map(([code, same]) => `${same.length} x ${code}`).join(", ");
}

function secondsOf(runs: readonly Result[]): string {
  return (Math.max(...runs.map(({ run }) => run.ms)) / 1000).toFixed(1);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
