// `help`: prints the help of another command, such as `help mappings set`. `version`: prints the version, as --version does.

import type { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { describe, isCalled } from "./command.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

/** `program.ts` loads the named command first, so that its help is complete. */
export function helpCommand(command: Command): Command {
  return describe(command, { examples: ["iam-authenticator help mappings set"] })
    .argument("[command...]", "name of the command")
    .action(async (names: readonly string[]) => {
      let named = command.parent ?? command;
      for (const name of names) {
        const child = named.commands.find((one) => isCalled(one, name));
        // Commander reports the unknown command.
        if (child === undefined) await named.parseAsync([name], { from: "user" });
        else named = child;
      }
      named.help();
    });
}

export function versionCommand(command: Command, io: IOStreams): Command {
  return describe(command, { examples: ["iam-authenticator version"] }).action(() =>
    io.print(`${packageJson.version}\n`),
  );
}
