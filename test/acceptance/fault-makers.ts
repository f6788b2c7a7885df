// Makers of wrong responses for tests of the acceptance checks.

import type { Wrong } from "./fake/world.ts";

/** Replaces text in the responses to these calls. */
export function changed(calls: RegExp, from: string | RegExp, to: string): () => Wrong {
  return () => (call, answer) => (calls.test(call) ? answer.replaceAll(globally(from), to) : undefined);
}

function globally(pattern: string | RegExp): string | RegExp {
  return typeof pattern === "string" ? pattern : new RegExp(pattern.source, `${pattern.flags}g`);
}

/** Makes the program fail. */
export function failing(calls: RegExp, stderr: string): () => Wrong {
  return () => (call) => (calls.test(call) ? { stderr } : undefined);
}

export const always = (calls: RegExp, answer: string) => changed(calls, /^.*$/s, answer);

export const REVIEW = /^POST /;
