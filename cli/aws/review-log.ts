// Reads reviews from the function's log: their lines, the filter, and pages.

import { isDeepStrictEqual } from "node:util";
import {
  type CloudWatchLogsClient,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { isPersonName } from "../../functions/authenticator/mapping/deny-list.ts";
import { OUTCOMES, type Outcome } from "../../functions/authenticator/review/record.ts";
import { PARTITIONS } from "../../functions/aws/partitions.ts";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import type { Clock } from "../../functions/lib/deadline.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { asciiLowerCase } from "../../functions/lib/text.ts";
import { awsFailure, usage } from "../io/errors.ts";
import { traceIn } from "../model/target.ts";
import { unusableAnswer } from "./errors.ts";
import type { RateLimit } from "./rates.ts";

export interface LoggedReview extends LoggedTexts {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly outcome: Outcome;
  readonly groups?: readonly string[];
  /** The request said that it was a check of `doctor`, as anyone can. */
  readonly unverifiedProbe?: true;
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

/** Parses a line of the log. Returns `undefined` for lines of another kind, and invalid JSON. */
function readReview(line: string, time: number): LoggedReview | undefined {
  const entry = parseJson(line);
  if (!isObject(entry)) return undefined;
  const outcome = OUTCOMES.find((known) => known === entry["outcome"]);
  if (outcome === undefined) return undefined;
  const texts = TEXTS.flatMap((name) =>
    typeof entry[name] === "string" ? [[name, entry[name]]] : [],
  );
  const { groups, unverifiedProbe } = entry;
  const isList = Array.isArray(groups) && groups.every((group) => typeof group === "string");
  return {
    ...{ time, outcome, ...Object.fromEntries(texts) },
    ...(isList && { groups }),
    ...(unverifiedProbe === true && { unverifiedProbe }),
  };
}

interface ReviewFilter {
  /** The outcomes to read; all if it is empty. */
  readonly outcomes: readonly Outcome[];
  /**
   * An ARN, a username, the id of an access key, a role or a user, or the name of a person: of an
   * IAM user, a federated user or a session.
   */
  readonly who?: string | undefined;
  /** A group of the user. The log's patterns cannot search in lists. */
  readonly group?: string | undefined;
}

/** A pattern has up to 1,024 characters, and contains the value up to three times. */
const LONGEST = 200;

/**
 * Returns the pattern with which CloudWatch Logs filters the lines.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * AWS does not document how to escape quotes, backslashes and asterisks in a pattern. So the
 * pattern contains the value only up to the first special character, and then `*`. It may match too
 * many reviews; `isWanted` drops the others.
 */
export function filterPattern({ outcomes, who }: ReviewFilter): string {
  // Always filters by outcome: Lambda's own lines, and lines below the log level, have none.
  const chosen = outcomes.length === 0 ? OUTCOMES : outcomes;
  const ofOutcome = anyOf(chosen.map((outcome) => comparison("outcome", outcome)));
  if (who === undefined) return `{ ${ofOutcome} }`;
  const ofWho = anyOf(soughtBy(who).conditions);
  return `{ ${ofOutcome} && ${ofWho} }`;
}

export function isWanted(review: LoggedReview, { outcomes, who, group }: ReviewFilter): boolean {
  if (outcomes.length > 0 && !outcomes.includes(review.outcome)) return false;
  if (group !== undefined && !review.groups?.includes(group)) return false;
  if (who === undefined) return true;
  return soughtBy(who).isIt(review);
}

/** Returns the name of the IAM user or federated user. */
export function userOf({ canonicalArn = "" }: LoggedReview): string | undefined {
  return /:(?:federated-)?user\/(?:.*\/)?([^/]+)$/.exec(canonicalArn)?.[1];
}

/** How reviews of an identity are found. The conditions match at least all of them. */
interface Sought {
  readonly conditions: readonly string[];
  readonly isIt: (review: LoggedReview) => boolean;
}

const SESSION_ARN = /^arn:[a-z-]+:sts::\d{12}:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+$/i;

/**
 * Returns how to find the reviews of an identity. Compares ARNs and names as the function compares
 * those of mappings and denials: the case differs only in usernames and federated users' ARNs.
 */
function soughtBy(who: string): Sought {
  if (isPersonName(who)) return soughtByName(who);
  const ofUsername = comparison("username", who);
  const trace = traceIn(who);
  if (trace === "access key" || trace === "unique id") {
    const field = trace === "access key" ? "accessKeyId" : "principalId";
    return {
      conditions: [comparison(field, who), ofUsername],
      isIt: (review) => review[field] === who || review.username === who,
    };
  }
  if (SESSION_ARN.test(who)) {
    const isSession = ({ arn = "" }: LoggedReview) => asciiLowerCase(arn) === asciiLowerCase(who);
    return {
      conditions: [...ofArn("arn", who), ofUsername],
      isIt: (review) => isSession(review) || review.username === who,
    };
  }
  const mapped = parseMappedArn(who);
  const isPrincipal = ({ canonicalArn = "" }: LoggedReview) =>
    mapped !== undefined && isDeepStrictEqual(parseMappedArn(canonicalArn), mapped);
  return {
    conditions: [...(mapped === undefined ? [] : ofArn("canonicalArn", who)), ofUsername],
    isIt: (review) => isPrincipal(review) || review.username === who,
  };
}

function soughtByName(who: string): Sought {
  const isName = (name = "") => asciiLowerCase(name) === asciiLowerCase(who);
  return {
    conditions: [
      ...inAnyCase("sessionName", "", who),
      comparison("username", who),
      // A pattern cannot search for the end of an ARN, so the service returns all IAM users, and by
      // their canonical ARNs all federated users.
      '($.principalId = "AIDA*")',
      ...PARTITIONS.map(({ id }) => `($.canonicalArn = "arn:${id}:sts::*")`),
    ],
    isIt: (review) =>
      isName(review.sessionName) || isName(userOf(review)) || review.username === who,
  };
}

/**
 * Returns conditions that match the ARN in any case, with or without the path, which STS does not
 * return for a role and which a user's ARN need not have.
 */
function ofArn(field: string, who: string): string[] {
  const [, start = "", rest = ""] = /^([^/]*\/?)(.*)$/.exec(who) ?? [];
  const kind = asciiLowerCase(start);
  if (kind.endsWith(":user/")) return [`($.${field} = "${kind}*")`];
  return inAnyCase(field, kind, kind.endsWith(":role/") ? rest.replace(/^.*\//, "") : rest);
}

/** The number of characters that a pattern has in either case: it can contain 1,024 characters. */
const IN_EITHER_CASE = 2;

/** Returns conditions that match all values that begin like this one, in any case. */
function inAnyCase(field: string, start: string, text: string): string[] {
  let starts = [start];
  for (const character of text.slice(0, IN_EITHER_CASE)) {
    const cases = new Set([character.toLowerCase(), character.toUpperCase()]);
    starts = starts.flatMap((known) => [...cases].map((one) => `${known}${one}`));
  }
  return starts.map((known) => `($.${field} = "${known}*")`);
}

function comparison(field: string, value: string): string {
  const [start = ""] = /^[A-Za-z0-9:/_+=,.@ -]*/.exec(value) ?? [];
  const sent = start === value && value.length <= LONGEST ? value : `${start.slice(0, LONGEST)}*`;
  return `($.${field} = "${sent}")`;
}

function anyOf(conditions: readonly string[]): string {
  return `(${conditions.join(" || ")})`;
}

export interface LogQuery extends ReviewFilter {
  /** Name or ARN, without the suffix `:*`. */
  readonly logGroup: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  /** Milliseconds since 1970; default: up to the newest line. */
  readonly until?: number | undefined;
}

export interface LogReader {
  readonly logs: CloudWatchLogsClient;
  readonly waitForTurn: RateLimit;
  readonly signal: AbortSignal;
}

/**
 * Twenty minutes at the default rate, or weeks of a busy log. For more, use CloudWatch Logs
 * Insights.
 */
const MOST_PAGES = 5_000;

/** A review and its unique event id, which identifies it when it is read again. */
interface ReadReview {
  readonly id: string;
  readonly review: LoggedReview;
}

const CALL = "CloudWatchLogs FilterLogEvents";

/** Yields pages of reviews, oldest first; a page may be empty. */
export async function* readPages(query: LogQuery, reader: LogReader): AsyncGenerator<ReadReview[]> {
  const { logs, waitForTurn, signal } = reader;
  const isArn = query.logGroup.startsWith("arn:");
  const input = {
    ...(isArn ? { logGroupIdentifier: query.logGroup } : { logGroupName: query.logGroup }),
    startTime: query.from,
    ...(query.until !== undefined && { endTime: query.until }),
    filterPattern: filterPattern(query),
  };
  const tokens = new Set<string>();
  let idsBefore = "";
  try {
    await waitForTurn(signal);
    const pages = paginateFilterLogEvents({ client: logs }, input, { abortSignal: signal });
    for await (const { events, nextToken } of pages) {
      if (events === undefined) throw unusableAnswer(CALL, "events is missing");
      const ids = events.map(({ eventId }) => eventId).join();
      if (ids !== "" && ids === idsBefore) throw unusableAnswer(CALL, "its pages repeat");
      idsBefore = ids;
      yield events.flatMap(({ eventId = "", message = "", timestamp = 0 }) => {
        const review = readReview(message, timestamp);
        return review !== undefined && isWanted(review, query) ? [{ id: eventId, review }] : [];
      });
      if (nextToken === undefined) return;
      if (tokens.has(nextToken)) throw unusableAnswer(CALL, "its pages repeat");
      if (tokens.add(nextToken).size > MOST_PAGES) {
        throw awsFailure(
          `The log has more than ${MOST_PAGES} pages. Narrow the search with --since and --until, or use CloudWatch Logs Insights (docs/access.md#count-reviews).`,
        );
      }
      await waitForTurn(signal);
    }
  } catch (error) {
    throw explained(error, query.logGroup, await logs.config.region());
  }
}

function explained(error: unknown, logGroup: string, region: string): unknown {
  if (isAwsError(error, "ResourceNotFoundException"))
    return usage(
      `No log group ${logGroup} in region ${region}. Check --log-group, --region and the account.`,
    );
  return isAwsError(error, "AccessDeniedException")
    ? awsFailure(
        `No permission to read the log: logs:FilterLogEvents on the log group ${logGroup}. The construct's grantReadReviews grants it.`,
        error,
      )
    : error;
}

/** Re-read window: lines of several environments arrive late and out of order. */
const OVERLAP_MS = 30_000;

/**
 * Yields new reviews until `pause` rejects. `clock` in milliseconds since 1970. `pause` waits
 * between two reads.
 */
export async function* followReviews(
  query: LogQuery,
  reader: LogReader,
  clock: Clock,
  pause: () => Promise<void>,
) {
  let from = query.from;
  let newest = query.from;
  let seen = new Map<string, number>();
  for (;;) {
    for await (const page of readPages({ ...query, from }, reader)) {
      const fresh = page.filter(({ id }) => !seen.has(id));
      for (const { id, review } of fresh) seen.set(id, review.time);
      // CloudWatch Logs accepts times up to two hours ahead: such a line must not hide later ones.
      const past = page.map(({ review }) => review.time).filter((time) => time <= clock());
      newest = Math.max(newest, ...past);
      if (fresh.length > 0) yield fresh;
    }
    from = Math.max(query.from, newest - OVERLAP_MS);
    seen = new Map([...seen].filter(([, time]) => time >= from));
    await pause();
  }
}
