// Reads from the function's log when each mapping last granted a login.

import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
  StopQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { matchesArnLike } from "../../../functions/authenticator/mapping/arn.ts";
import { type OpenLog, startOfLog } from "../../cmdline/review-log.ts";
import { shownTime } from "../../cmdline/times.ts";
import { awsFailure } from "../../io/errors.ts";
import { startProgress } from "../../io/progress.ts";
import type { Run } from "../../io/run.ts";
import type { Entry } from "../../model/entry.ts";
import type { ListedEntry } from "../../model/listed-entries.ts";

/** The values of a row by field. A field without a value is missing. */
type Row = Readonly<Record<string, string>>;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
const MOST_ROWS = 100_000;

const POLL_MS = 1_000;

/** The limit for stopping a query: Ctrl-C must not wait long for a network that fails. */
const STOP_LIMIT_MS = 5_000;

/** Runs a query, and returns at most `MOST_ROWS` rows. */
async function runQuery({ query, reader }: OpenLog, queryString: string, run: Run): Promise<Row[]> {
  const { logs, signal } = reader;
  const isArn = query.logGroup.startsWith("arn:");
  const command = new StartQueryCommand({
    ...(isArn ? { logGroupIdentifiers: [query.logGroup] } : { logGroupName: query.logGroup }),
    startTime: Math.floor(query.from / 1000),
    endTime: Math.ceil(run.clock() / 1000),
    queryString,
    limit: MOST_ROWS,
  });
  const { queryId } = await logs.send(command, { abortSignal: signal });
  try {
    return await resultsOf(queryId, logs, signal, run);
  } catch (error) {
    // Without this, the query would run to its end. The service refuses to stop one that has ended.
    const stop = new StopQueryCommand({ queryId });
    await logs.send(stop, { abortSignal: AbortSignal.timeout(STOP_LIMIT_MS) }).catch(() => {});
    throw error;
  }
}

async function resultsOf(
  queryId: string | undefined,
  logs: CloudWatchLogsClient,
  signal: AbortSignal,
  run: Run,
) {
  const progress = startProgress("Searching the log: lines", undefined, run);
  const rows: Row[] = [];
  let nextToken: string | undefined;
  try {
    for (;;) {
      const page = await logs.send(new GetQueryResultsCommand({ queryId, nextToken }), {
        abortSignal: signal,
      });
      const { status, results, statistics } = page;
      // The service ends a query after an hour, with the status Timeout.
      if (status === "Scheduled" || status === "Running") {
        progress.show(statistics?.recordsScanned ?? 0);
        await run.sleep(POLL_MS, signal);
        continue;
      }
      if (status !== "Complete" || results === undefined) {
        const message = `CloudWatch Logs did not complete the query: its status is ${status ?? "missing"}. Use a later --since.`;
        throw awsFailure(message);
      }
      rows.push(
        ...results.map((fields) =>
          Object.fromEntries(fields.map(({ field, value }) => [field, value])),
        ),
      );
      nextToken = page.nextToken;
      if (nextToken === undefined || results.length === 0 || rows.length >= MOST_ROWS) return rows;
    }
  } finally {
    progress.end();
  }
}

interface Use {
  /** Milliseconds since 1970. */
  readonly last: number;
  readonly reviews: number;
  /**
   * The names of sessions, only if names of the user depend on the session, and if the log shows
   * all.
   */
  readonly sessionNames?: readonly string[];
}

export interface Logins {
  /** Start of the searched part of the log, in milliseconds since 1970. */
  readonly from: number;
  /** The use of each mapping; a mapping without a login is missing. */
  readonly uses: ReadonlyMap<Entry, Use>;
  /** Sentences that state why the log may not show every login since the requested time. */
  readonly limits: readonly string[];
  /** A sentence, if the log has no login. */
  readonly none?: string;
  /** Whether a mapping that is not in `uses` surely had no login since `from`. */
  readonly isComplete: boolean;
}

export function isUnused({ entry }: ListedEntry, { uses, isComplete }: Logins): boolean {
  return isComplete && entry !== undefined && !uses.has(entry);
}

export async function readLogins(
  log: OpenLog,
  items: readonly ListedEntry[],
  run: Run,
): Promise<Logins> {
  const { from, reason } = await startOfLog(log);
  const since = { ...log, query: { ...log.query, from } };
  const rows = await runQuery(since, `${GRANTED}${STATS} by parameter, canonicalArn`, run);
  const sessions = items.some(({ entry }) => entry?.mapping.session !== undefined)
    ? await runQuery(
        since,
        `${GRANTED} and parameter like "/sso-session/"${STATS} by parameter, sessionName`,
        run,
      )
    : [];
  const named = items.some(namesSession)
    ? await runQuery(since, `${GRANTED}${STATS} by parameter, sessionName`, run)
    : [];
  // Such as from an emulator that answers with the lines themselves.
  if ([...rows, ...sessions].some((row) => Number.isNaN(timeOf(row) + sum([row])))) {
    throw awsFailure(
      "The log cannot be read: the service does not count logins, as CloudWatch Logs Insights does.",
    );
  }
  const hidden = rows.filter(({ parameter }) => parameter === undefined);
  const gaps = [
    ...([rows, sessions].some(({ length }) => length >= MOST_ROWS) ? [TOO_MANY] : []),
    ...(hidden.length > 0
      ? [`The log does not name the mapping of ${sum(hidden)} granted logins. ${LEVEL}`]
      : []),
  ];
  const isEmpty = rows.length === 0;
  return {
    from,
    uses: usesOf(items, {
      byPrincipal: rowsByParameter(rows),
      bySession: rowsByParameter(sessions),
      named: rowsByParameter(named.length >= MOST_ROWS ? [] : named),
    }),
    limits: [...(reason === undefined ? [] : [reason]), ...gaps],
    ...(isEmpty && { none: `The log has no granted login since ${shownTime(from)}. ${LEVEL}` }),
    isComplete: gaps.length === 0 && !isEmpty,
  };
}

/**
 * The function writes the dimension `Outcome` at each log level, but `parameter` only at info and
 * below.
 */
const GRANTED = 'filter Outcome = "granted"';

const STATS = " | stats max(@timestamp) as last, count(*) as reviews";

const TOO_MANY = `The log has more than ${MOST_ROWS} pairs of mapping and identity. Use a later --since.`;

const LEVEL = "With a logLevel above info, the function does not log granted logins.";

/**
 * Returns whether names of the user depend on the session. The entries of a list share a parameter,
 * and so its sessions.
 */
function namesSession({ entry }: ListedEntry): boolean {
  const { username = "", groups = [], session } = entry?.mapping ?? {};
  return (
    entry?.kind !== "pattern" &&
    session === undefined &&
    [username, ...groups].join().includes("{SessionName")
  );
}

type RowsByParameter = ReadonlyMap<string | undefined, readonly Row[]>;

function rowsByParameter(rows: readonly Row[]): RowsByParameter {
  return Map.groupBy(rows, ({ parameter }) => parameter);
}

/** The rows of the log queries, grouped by the parameter that granted the logins. */
interface QueriedRows {
  /** One row for each principal. */
  readonly byPrincipal: RowsByParameter;
  /** One row for each session, of lists of sessions only. */
  readonly bySession: RowsByParameter;
  /** One row for each session, of all parameters; empty if the log does not show all sessions. */
  readonly named: RowsByParameter;
}

/** Returns the use of each mapping that granted a login. */
function usesOf(
  items: readonly ListedEntry[],
  { byPrincipal, bySession, named }: QueriedRows,
): Map<Entry, Use> {
  const lists = Map.groupBy(items, ({ stored }) => stored.name);
  const uses = new Map<Entry, Use>();
  for (const item of items) {
    const { stored, entry } = item;
    if (entry === undefined) continue;
    const { session } = entry.mapping;
    const logged = (session === undefined ? byPrincipal : bySession).get(stored.name) ?? [];
    const rows = logged.filter(({ canonicalArn = "", sessionName }) => {
      if (session !== undefined) return sessionName === session;
      return entry.kind !== "pattern" || mayBeOf(entry, lists.get(stored.name) ?? [], canonicalArn);
    });
    const last = rows.reduce((latest, row) => Math.max(latest, timeOf(row)), 0);
    const names = namesSession(item) ? (named.get(stored.name) ?? []) : [];
    const sessionNames = names.map(({ sessionName = "" }) => sessionName);
    if (rows.length > 0) uses.set(entry, { last, reviews: sum(rows), sessionNames });
  }
  return uses;
}

/**
 * Returns whether a login may be of this pattern. The first pattern of the list that matches
 * applies, but one with an end may not have applied at that time.
 */
function mayBeOf(pattern: Entry, list: readonly ListedEntry[], arn: string): boolean {
  const matching = list.filter(
    ({ entry }) => entry?.kind === "pattern" && matchesArnLike(entry.mapping.arnLike ?? "", arn),
  );
  const first = matching.findIndex(({ entry }) => entry?.mapping.notAfter === undefined);
  return matching
    .slice(0, first < 0 ? undefined : first + 1)
    .some(({ entry }) => entry === pattern);
}

function sum(rows: readonly Row[]): number {
  return rows.reduce((all, { reviews }) => all + Number(reviews), 0);
}

/**
 * Parses the time of a row. AWS documents neither form of `max(@timestamp)`: milliseconds since
 * 1970, or such as `2026-11-24 16:30:00.000` in UTC.
 */
function timeOf({ last = "" }: Row): number {
  return /^\d{4}-/.test(last) ? Date.parse(`${last.replace(" ", "T")}Z`) : Number(last);
}
