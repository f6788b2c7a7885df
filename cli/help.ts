// `help mappings set`: the help of another command, as many people ask for it first.

import type { Command } from "commander";
import { describe, isCalled } from "./command.ts";

/** `program.ts` loads the command that is named, so that its help is complete. */
export function helpCommand(command: Command): Command {
  return describe(command, { examples: ["iam-authenticator help mappings set"] })
    .argument("[command...]", "its name")
    .action(async (names: readonly string[]) => {
      let named = command.parent ?? command;
      for (const name of names) {
        const child = named.commands.find((one) => isCalled(one, name));
        // Commander's own message for an unknown command.
        if (child === undefined) await named.parseAsync([name], { from: "user" });
        else named = child;
      }
      named.help();
    });
}
