// Says, where Ctrl-C does not end the command at once, what it waits for.

import type { IOStreams } from "./io-streams.ts";

/** So long nobody wonders. */
const PATIENCE_MS = 1_000;

/** Until what it returns is called. */
export function tellIfSlow({ interrupted, tell }: IOStreams): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(
      () => tell("\nWaiting for AWS to answer the write that runs. Ctrl-C again does not wait.\n"),
      PATIENCE_MS,
    );
  };
  interrupted.addEventListener("abort", start);
  return () => {
    interrupted.removeEventListener("abort", start);
    clearTimeout(timer);
  };
}
