// `help` and `version`: about the program.

import type { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { describe } from "../cmdline/define.ts";
import type { Run } from "../io/run.ts";

/**
 * Defines `help`, for its own help: `program.ts` turns `help mappings set` into `mappings set
 * --help`.
 */
export function helpCommand(command: Command): Command {
  return describe(command, { examples: ["help mappings set"] }).argument(
    "[command...]",
    "name of the command",
  );
}

export function versionCommand(command: Command, run: Run): Command {
  return describe(command, { examples: ["version"] }).action(() =>
    run.print(`${packageJson.version}\n`),
  );
}
