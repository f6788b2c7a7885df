// Runs one command line, reports its error, and returns the exit code.

import packageJson from "../../package.json" with { type: "json" };
import { extended, type Run, withHarmlessOutput } from "../io/run.ts";
import { COMPLETE, complete } from "./complete.ts";

/** Runs a command. `allWords` are the arguments after the interpreter and the script. */
export async function runCommand(allWords: readonly string[], processRun: Run): Promise<number> {
  // --debug may be anywhere. Commander would accept it only before the first command.
  const end = allWords.includes("--") ? allWords.indexOf("--") : allWords.length;
  const words = allWords.filter((word, at) => word !== "--debug" || at > end);
  const isDebug =
    words.length < allWords.length || Boolean(processRun.environment["IAM_AUTHENTICATOR_DEBUG"]);
  const run = withHarmlessOutput(extended(processRun, { isDebug, words }));
  try {
    if (words[0] === COMPLETE) {
      // Called while the user types: an error completes nothing and prints nothing.
      await complete(words.slice(1), run).catch(() => {});
      return 0;
    }
    // As in many tools. Only without a command, which may have -v.
    if (words.length === 1 && ["-v", "-V", "--version"].includes(words[0] ?? "")) {
      run.print(`${packageJson.version}\n`);
      return 0;
    }
    await (await import("./program.ts")).parse(words, run);
    return 0;
  } catch (error) {
    const { exitCodeOf } = await import("./program.ts");
    return exitCodeOf(error) ?? report(error, isDebug, run);
  }
}

async function report(error: unknown, isDebug: boolean, run: Run): Promise<number> {
  const { toFailure, unexpected } = await import("../aws/errors.ts");
  const failure = toFailure(error) ?? unexpected(error, run);
  for (const line of failure.lines.filter((text) => text !== "")) run.log(`${line}\n`);
  if (isDebug) for (const line of await detailsOf(error)) run.log(`${line}\n`);
  return failure.exitCode;
}

/**
 * Returns the details of an error for --debug, without its other fields: they may contain a
 * server's response, and so a secret.
 */
async function detailsOf(error: unknown): Promise<string[]> {
  if (!(error instanceof Error)) return [];
  const { quotedAnswer } = await import("../io/http.ts");
  const { name, message, stack = "", cause } = error;
  const { code, $metadata } = error as {
    readonly code?: unknown;
    readonly $metadata?: { readonly requestId?: string };
  };
  const requestId = $metadata?.requestId;
  return [
    `${quotedAnswer(name)}${typeof code === "string" ? ` ${code}` : ""}: ${quotedAnswer(message)}`,
    ...stack.split("\n").filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line)),
    ...(requestId === undefined ? [] : [`request ${quotedAnswer(requestId)}`]),
    ...(cause === undefined ? [] : ["cause:", ...(await detailsOf(cause))]),
  ];
}
