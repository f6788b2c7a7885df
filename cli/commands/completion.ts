// `completion`: a script for the shell.

import { Argument, type Command } from "commander";
import { newCommand } from "../command.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { completionScript, SHELLS, type Shell } from "./completion-script.ts";

/** `program` is asked when the command runs: it has all its commands then. */
export function completionCommand(io: IOStreams, program: () => Command): Command {
  return newCommand(io, {
    name: "completion",
    summary: "print a completion script for the shell",
    examples: ['eval "$(iam-authenticator completion bash)"', "iam-authenticator completion fish | source"],
  })
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .action((shell: Shell) => io.print(completionScript(program(), shell)));
}
