// Runs one command line and gives the exit code; whatever goes wrong, a user reads one sentence.

import { CommanderError } from "commander";
import { toFailure } from "./aws/errors.ts";
import { EXIT } from "./errors.ts";
import type { IOStreams } from "./io/io-streams.ts";
import { createProgram } from "./program.ts";

/** `words` without the interpreter and the script. */
export async function run(words: readonly string[], io: IOStreams): Promise<number> {
  try {
    await createProgram(io).parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has written its message already; --help and --version end here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    const failure = toFailure(error);
    if (failure === undefined) {
      io.tell(`iam-authenticator: a bug, please report it: ${String(error)}\n`);
      if (io.environment["IAM_AUTHENTICATOR_DEBUG"]) io.tell(`${error instanceof Error ? error.stack : ""}\n`);
      return EXIT.fault;
    }
    if (failure.message !== "") io.tell(`${failure.message}\n`);
    return failure.exitCode;
  }
}
