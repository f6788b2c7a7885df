// `version`: prints the version, as --version does.

import type { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { describe } from "./command.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

export function versionCommand(command: Command, io: IOStreams): Command {
  return describe(command, { examples: ["iam-authenticator version"] }).action(() =>
    io.print(`${packageJson.version}\n`),
  );
}
