// Leaves work that only reads behind as soon as the user presses Ctrl-C.

import type { IOStreams } from "./io-streams.ts";

/** Rejects with an AbortError. Not for writes: of those it has to be known whether they were done. */
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
