// Makers of wrong responses for tests of the acceptance checks.

import type { Fails, Wrong } from "./fake/world.ts";

/** Replaces text in the responses to these calls. */
export function changed(calls: RegExp, from: string | RegExp, to: string): () => Wrong {
  return () => (call, answer) => (calls.test(call) ? answer.replaceAll(globally(from), to) : undefined);
}

function globally(pattern: string | RegExp): string | RegExp {
  return typeof pattern === "string" ? pattern : new RegExp(pattern.source, `${pattern.flags}g`);
}

/** Makes the program fail from the given call onward. */
export function failing(
  calls: RegExp,
  stderr = "An error occurred (Wrong) when calling it: wrong",
  from = 1,
): () => Wrong {
  return () => {
    let count = 0;
    return (call): Fails | undefined => {
      if (!calls.test(call)) return undefined;
      count += 1;
      return count < from ? undefined : { stderr };
    };
  };
}

export const always = (calls: RegExp, answer: string) => changed(calls, /^.*$/s, answer);

export const REVIEW = /^POST /;
export const DEPLOY = /^cdk deploy /;
