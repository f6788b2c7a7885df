// Ctrl-C: work that only reads is left behind at once; a write is waited for, and the user is told.

import type { IOStreams } from "./io-streams.ts";

/** Rejects with an AbortError. Not for writes: the user must learn whether they were done. */
export async function untilInterrupted<T>(work: Promise<T>, { interrupted }: IOStreams): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(interrupted.reason);
  interrupted.addEventListener("abort", stop);
  try {
    return await Promise.race([work, promise]);
  } finally {
    interrupted.removeEventListener("abort", stop);
  }
}

/** A shorter wait needs no explanation. */
const PATIENCE_MS = 1_000;

/** Says what a Ctrl-C waits for, until what it returns is called. */
export function tellIfSlow({ interrupted, tell }: IOStreams): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => {
      // After ^C, the cursor is in the middle of a line.
      tell("\n");
      tell("Waiting for AWS to answer a write. Press Ctrl-C again to stop at once.\n");
    }, PATIENCE_MS);
  };
  interrupted.addEventListener("abort", start);
  return () => {
    interrupted.removeEventListener("abort", start);
    clearTimeout(timer);
  };
}
