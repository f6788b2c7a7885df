// Questions to a person at a terminal: before something is written, and for what only that person knows.

import { createInterface } from "node:readline";
import { EXIT, Failure, finding, usage } from "../errors.ts";
import type { IOStreams } from "./io-streams.ts";

/** Returns if the answer is yes, and throws otherwise. `answer`: the options that say yes beforehand. */
export async function confirm(question: string, io: IOStreams, answer = "--yes"): Promise<void> {
  if (!io.interactive) throw usage(`Nothing was written. There is nobody to ask here: give ${answer} (or --dry-run).`);
  const line = await ask(`${question} [y/N] `, io);
  if (line === undefined) throw new Failure(EXIT.interrupted, "Nothing was written: the question was not answered.");
  if (!/^y(es)?$/i.test(line.trim())) throw finding("Nothing was written.");
}

/** A line; `undefined` where the input ends without one (Ctrl-D). Rejects with an AbortError at a Ctrl-C. */
export async function ask(question: string, { input, tell, interrupted }: IOStreams): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  // Not its question(): that forgets an answer without a line end.
  const lines = createInterface({ input });
  lines.once("line", resolve);
  lines.once("close", () => resolve(undefined));
  const stop = () => reject(interrupted.reason);
  interrupted.addEventListener("abort", stop);
  tell(question);
  try {
    interrupted.throwIfAborted();
    const answer = await promise;
    if (answer === undefined) tell("\n");
    return answer;
  } catch (error) {
    // After ^C the cursor is still behind the question.
    tell("\n");
    throw error;
  } finally {
    interrupted.removeEventListener("abort", stop);
    lines.close();
  }
}
