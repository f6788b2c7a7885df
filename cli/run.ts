// Runs one command line and gives the exit code; whatever goes wrong, a user reads one sentence.

import { CommanderError } from "commander";
import { toFailure } from "./aws/errors.ts";
import { EXIT } from "./errors.ts";
import type { World } from "./io/io-streams.ts";
import { createProgram } from "./program.ts";

/** `words` without the interpreter and the script. */
export async function run(words: readonly string[], world: World): Promise<number> {
  try {
    await createProgram(world).parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has written its message already; --help and --version end here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    const failure = toFailure(error);
    if (failure === undefined) {
      world.tell(`iam-authenticator: a bug, please report it: ${String(error)}\n`);
      if (world.environment["IAM_AUTHENTICATOR_DEBUG"]) world.tell(`${error instanceof Error ? error.stack : ""}\n`);
      return EXIT.fault;
    }
    if (failure.message !== "") world.tell(`${failure.message}\n`);
    return failure.exitCode;
  }
}
