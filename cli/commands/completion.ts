// `completion`: a script for the shell.

import { Argument, type Command } from "commander";
import { newCommand } from "../command.ts";
import type { World } from "../io/io-streams.ts";
import { completionScript, SHELLS, type Shell } from "./completion-script.ts";

/** `program` is asked when the command runs: it has all its commands then. */
export function completionCommand(world: World, program: () => Command): Command {
  return newCommand(world, {
    name: "completion",
    summary: "print a completion script for the shell",
    examples: ['eval "$(iam-authenticator completion bash)"', "iam-authenticator completion fish | source"],
  })
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .action((shell: Shell) => world.print(completionScript(program(), shell)));
}
