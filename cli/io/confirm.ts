// Asks before something is written.

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { finding, usage } from "../errors.ts";
import type { IOStreams } from "./io-streams.ts";

/** Returns where the answer is yes. */
export async function confirm(question: string, { interactive, input, tell, interrupted }: IOStreams): Promise<void> {
  if (!interactive) throw usage("Nothing was written: nobody can be asked here, so give --yes (or --dry-run).");
  const output = new Writable({
    write(chunk, _encoding, done) {
      tell(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input, output });
  // After ^C the cursor stands behind the question.
  const newLine = () => tell("\n");
  interrupted.addEventListener("abort", newLine);
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: interrupted });
    if (!/^y(es)?$/i.test(answer.trim())) throw finding("Nothing was written.");
  } finally {
    interrupted.removeEventListener("abort", newLine);
    lines.close();
  }
}
