// A review as the function's log tells it. A log line is text from outside: every field is taken only where it has its type.

import { OUTCOMES, type Outcome } from "../../functions/authenticator/review/record.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";

export interface LoggedReview extends LoggedTexts {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly outcome: Outcome;
  readonly groups?: readonly string[];
}

const TEXTS = [
  "reason",
  "message",
  "arn",
  "canonicalArn",
  "accountId",
  "principalId",
  "sessionName",
  "accessKeyId",
  "username",
  "parameter",
  "tokenHash",
  "requestId",
] as const;
type LoggedTexts = { readonly [name in (typeof TEXTS)[number]]?: string };

/** `undefined` for a line that is no review's: metrics, what Lambda itself writes, what does not parse. */
export function readReview(line: string, time: number): LoggedReview | undefined {
  const entry = parseJson(line);
  if (!isObject(entry)) return undefined;
  const outcome = OUTCOMES.find((known) => known === entry["outcome"]);
  if (outcome === undefined) return undefined;
  const texts = TEXTS.flatMap((name) => (typeof entry[name] === "string" ? [[name, entry[name]]] : []));
  const { groups } = entry;
  const isList = Array.isArray(groups) && groups.every((group) => typeof group === "string");
  return { time, outcome, ...Object.fromEntries(texts), ...(isList && { groups }) };
}
