// Formats the results as tables: totals per behaviour, and secrets.

import { markdown } from "../bench/measure.ts";
import { SECRETS } from "./inputs.ts";
import { type Pair, prints, type Run } from "./run.ts";

export interface Result extends Pair {
  readonly run: Pick<Run, "code" | "ms" | "secrets">;
  readonly problems: readonly string[];
}

export function report(results: readonly Result[]): string {
  const rows = [...Map.groupBy(results, ({ behaviour }) => behaviour.name)].map(([name, runs]) => [
    name,
    sumOf(runs),
    secondsOf(runs),
  ]);
  const broken = results.filter(({ problems }) => problems.length > 0).length;
  const counts = `${results.length} runs, ${rows.length} behaviours. ${broken} broke a rule.`;
  return [counts, markdown(["behaviour", "exit codes", "longest, s"], rows), secretsOf(results)].join("\n\n");
}

function secretsOf(results: readonly Result[]): string {
  const rows = Object.keys(SECRETS).map((name) => {
    const exchanged = results.filter(({ run }) => run.secrets.includes(name));
    const printed = results.filter(({ problems }) => problems.includes(prints(name)));
    return [name, String(exchanged.length), String(printed.length)];
  });
  return markdown(["secret", "runs that sent or received it", "runs that printed it"], rows);
}

/** Such as `4 x 0, 24 x 3`. */
function sumOf(runs: readonly Result[]): string {
  const codes = [...Map.groupBy(runs, ({ run }) => run.code ?? "-")].sort(([a], [b]) => Number(a) - Number(b));
  return codes.map(([code, same]) => `${same.length} x ${code}`).join(", ");
}

function secondsOf(runs: readonly Result[]): string {
  return (Math.max(...runs.map(({ run }) => run.ms)) / 1000).toFixed(1);
}
