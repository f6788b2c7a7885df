// Which reviews are asked for: a filter pattern for CloudWatch Logs, and the same question asked of each line that comes back.

import { OUTCOMES, type Outcome } from "../../functions/authenticator/review/record.ts";
import { supposeIdentity } from "../access/principal.ts";
import type { LoggedReview } from "./logged-review.ts";

export interface ReviewFilter {
  /** Empty for all. */
  readonly outcomes: readonly Outcome[];
  /** An ARN or a username. */
  readonly who?: string | undefined;
}

/** The service takes 1,024 characters, and up to three of these are in a pattern. */
const LONGEST = 200;

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * How a quote, a backslash or an asterisk is written inside a pattern is not documented. So only the
 * beginning of what a user typed is sent, up to the first character that could mean anything, and `*` for the rest: that
 * finds too much, never too little, and `isWanted` decides.
 */
export function filterPattern({ outcomes, who }: ReviewFilter): string {
  // Also without a choice: lines of metrics, which are half of the log, have no `outcome`.
  const chosen = outcomes.length === 0 ? OUTCOMES : outcomes;
  const ofOutcome = anyOf(chosen.map((outcome) => comparison("outcome", outcome)));
  if (who === undefined) return `{ ${ofOutcome} }`;
  const ofWho = anyOf(Object.entries(fieldsOf(who)).map(([field, value]) => comparison(field, value)));
  return `{ ${ofOutcome} && ${ofWho} }`;
}

export function isWanted(review: LoggedReview, { outcomes, who }: ReviewFilter): boolean {
  if (outcomes.length > 0 && !outcomes.includes(review.outcome)) return false;
  if (who === undefined) return true;
  return Object.entries(fieldsOf(who)).some(([field, value]) => review[field as keyof WhoFields] === value);
}

interface WhoFields {
  readonly arn: string;
  readonly canonicalArn: string;
  readonly username: string;
}

function fieldsOf(who: string): WhoFields {
  const isSession = /^arn:[^:]*:sts:[^:]*:[^:]*:assumed-role\//.test(who);
  // STS never tells a role's path, so that the log has none.
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
