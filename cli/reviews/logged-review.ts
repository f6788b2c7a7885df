// Parses reviews in the log, and creates the filter for the log.

import { OUTCOMES, type Outcome } from "../../functions/authenticator/review/record.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { supposeIdentity } from "../evaluation.ts";
import { isPersonName } from "../mappings/target.ts";

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

/** Parses a line of the log. `undefined` for lines of another kind, and invalid JSON. */
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

export interface ReviewFilter {
  /** Empty for all. */
  readonly outcomes: readonly Outcome[];
  /** An ARN, a username, or the name of a person: of an IAM user or a session. */
  readonly who?: string | undefined;
  /** A group of the user. The log's patterns cannot search in lists. */
  readonly group?: string | undefined;
}

/** A pattern has up to 1,024 characters, and contains the value up to three times. */
const LONGEST = 200;

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * AWS does not document how to escape quotes, backslashes and asterisks in a pattern. So the pattern contains the value
 * only up to the first special character, and then `*`. It may match too many reviews; `isWanted` drops the others.
 */
export function filterPattern({ outcomes, who }: ReviewFilter): string {
  // Always filters by outcome: Lambda's own lines, and lines below the log level, have none.
  const chosen = outcomes.length === 0 ? OUTCOMES : outcomes;
  const ofOutcome = anyOf(chosen.map((outcome) => comparison("outcome", outcome)));
  if (who === undefined) return `{ ${ofOutcome} }`;
  const ofWho = anyOf(Object.entries(fieldsOf(who)).map(([field, value]) => comparison(field, value)));
  return `{ ${ofOutcome} && ${ofWho} }`;
}

export function isWanted(review: LoggedReview, { outcomes, who, group }: ReviewFilter): boolean {
  if (outcomes.length > 0 && !outcomes.includes(review.outcome)) return false;
  if (group !== undefined && !review.groups?.includes(group)) return false;
  if (who === undefined) return true;
  const [, user] = /:(?:federated-)?user\/(?:.*\/)?([^/]+)$/.exec(review.canonicalArn ?? "") ?? [];
  return (
    user === who || Object.entries(fieldsOf(who)).some(([field, value]) => review[field as keyof LoggedTexts] === value)
  );
}

function fieldsOf(who: string): Partial<LoggedTexts> {
  // A pattern cannot search for the end of an ARN, so the service returns all IAM users.
  if (isPersonName(who)) return { sessionName: who, username: who, principalId: "AIDA*" };
  const isSession = /^arn:[^:]*:sts:[^:]*:[^:]*:assumed-role\//.test(who);
  // STS does not return a role's path, so the log does not contain it.
  const canonicalArn = isSession ? who : (supposeIdentity(who)?.canonicalArn ?? who);
  return { arn: who, canonicalArn, username: who };
}

function comparison(field: string, value: string): string {
  const [start = ""] = /^[A-Za-z0-9:/_+=,.@ -]*/.exec(value) ?? [];
  const sent = start === value && value.length <= LONGEST ? value : `${start.slice(0, LONGEST)}*`;
  return `($.${field} = "${sent}")`;
}

function anyOf(conditions: readonly string[]): string {
  return `(${conditions.join(" || ")})`;
}
