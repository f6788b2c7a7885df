// Questions to a person at a terminal: before something is written, and for what only that person knows.

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { EXIT, Failure, finding, usage } from "../errors.ts";
import type { IOStreams } from "./io-streams.ts";

/** Returns where the answer is yes. */
export async function confirm(question: string, io: IOStreams): Promise<void> {
  if (!io.interactive) throw usage("Nothing was written. There is nobody to ask here: give --yes (or --dry-run).");
  const answer = await ask(`${question} [y/N] `, io);
  if (answer === undefined) throw new Failure(EXIT.interrupted, "Nothing was written: the question was not answered.");
  if (!/^y(es)?$/i.test(answer.trim())) throw finding("Nothing was written.");
}

/** A line; `undefined` where the input ends without one (Ctrl-D). Rejects with an AbortError at a Ctrl-C. */
export async function ask(question: string, { input, tell, interrupted }: IOStreams): Promise<string | undefined> {
  const output = new Writable({
    write(chunk, _encoding, done) {
      tell(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input, output });
  // After ^C or ^D the cursor is still behind the question.
  const newLine = () => tell("\n");
  interrupted.addEventListener("abort", newLine);
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  lines.once("close", () => resolve(undefined));
  try {
    const answer = await Promise.race([lines.question(question, { signal: interrupted }), ended]);
    if (answer === undefined) newLine();
    return answer;
  } finally {
    interrupted.removeEventListener("abort", newLine);
    lines.close();
  }
}
