// Checks the parameter DurationSeconds, whose limits depend on the action.

import { validationError } from "./errors.ts";

/** Throws `ValidationError` outside of the limits, and for text that is not a number. */
export function durationOf(text: string, least: number, most: number): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds < least) throw validationError("durationSeconds", text, `have value greater than or equal to ${least}`);
  if (seconds > most) throw validationError("durationSeconds", text, `have value less than or equal to ${most}`);
  return seconds;
}
