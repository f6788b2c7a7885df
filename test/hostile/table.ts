// The results as a table: for each command and behaviour, the exit code and the seconds that it took.

import type { HostileCommand } from "./commands.ts";
import type { Run } from "./run.ts";

export interface Result {
  readonly command: HostileCommand;
  readonly behaviour: string;
  readonly run: Pick<Run, "code" | "ms">;
  readonly problems: readonly string[];
}

/** A row for each behaviour, since there are more of them. `-` is a run that had to be ended, `!` one that broke a rule. */
export function markdown(results: readonly Result[]): string {
  const columns = [...new Set(results.map(({ command }) => `${command.name} (${command.target})`))];
  const rows = [...new Set(results.map(({ behaviour }) => behaviour))].map((behaviour) => {
    const cells = columns.map((column) => {
      const result = results.find(
        ({ command, behaviour: of }) => of === behaviour && `${command.name} (${command.target})` === column,
      );
      if (result === undefined) return "";
      const { run, problems } = result;
      return `${run.code ?? "-"}${problems.length > 0 ? "!" : ""} ${Math.round(run.ms / 1000)} s`;
    });
    return [behaviour, ...cells];
  });
  const lines = [["behaviour", ...columns], columns.concat("").map(() => "---"), ...rows];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}
