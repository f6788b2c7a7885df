// Reviews as people read them: equal ones grouped, each with the reason of a denial.

import { supposeIdentity } from "../access/evaluation.ts";
import { adviceFor, explainCommand, type Place } from "../explain/advice.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { hang, printable, table } from "../terminal/print.ts";
import { type LoggedReview, shownTime } from "./logged-review.ts";

interface Shown {
  readonly review: LoggedReview;
  readonly why: Why;
  /** How often, and since when; one review has none. */
  readonly group?: ReviewGroup;
}

const HEADERS = ["time", "outcome", "reason", "who", "as", "parameter", "why"];
const INDENT = "    ";

export function showGroups(all: readonly Shown[], prefix: string, columns: IOStreams["columns"]): string {
  if (columns !== undefined) return all.map((shown) => showNarrow(shown, prefix, columns)).join("");
  const rows = all.map((shown) => {
    const [time = "", ...rest] = cells(shown, prefix);
    return [time, String(shown.group?.count ?? 1), ...rest];
  });
  const [time = "", ...headers] = HEADERS;
  return table([time, "count", ...headers], rows);
}

/** For reviews that are printed as they are read: no column can wait for the longest cell. */
export function showOne(shown: Shown, prefix: string, columns: IOStreams["columns"]): string {
  if (columns !== undefined) return showNarrow(shown, prefix, columns);
  return `${cells(shown, prefix).map(printable).join("\t")}\n`;
}

function cells({ review, why }: Shown, prefix: string): string[] {
  const { time, outcome, reason = "", arn = "", username = "", parameter = "" } = review;
  return [shownTime(time), outcome, reason, arn, username, shortName(parameter, prefix), textOf(why)];
}

function textOf({ explain, advice = "" }: Why): string {
  return explain === undefined ? advice : explain.join(" ");
}

function showNarrow({ review, why, group }: Shown, prefix: string, columns: number): string {
  const { time, outcome, reason, arn, username, parameter, message } = review;
  const { count = 1, first = time } = group ?? {};
  const head = [shownTime(time), outcome, ...(reason === undefined ? [] : [reason])].join("  ");
  const by = parameter === undefined ? "" : ` by ${shortName(parameter, prefix)}`;
  const lines = [
    ...(count === 1 ? [] : [`${count} times since ${shownTime(first)}`]),
    ...(arn === undefined ? [] : [arn]),
    ...(username === undefined ? [] : [`as ${username}${by}`]),
    // With an ARN, the command says more.
    ...(why.explain === undefined && message !== undefined ? [message] : []),
    ...(why.advice === undefined ? [] : [`to do: ${why.advice}`]),
  ];
  const below = lines.map((line) => hang(INDENT, line, columns)).join("");
  return `${hang("", head, columns)}${below}${why.explain === undefined ? "" : showCommand(why.explain, columns)}`;
}

/** On several lines where one is too short, so that it can still be copied as it is. */
function showCommand(words: readonly string[], columns: number): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const isTooLong = last !== undefined && last.length + 1 + word.length + " \\".length > columns;
    if (last === undefined) lines.push(`${INDENT}${word}`);
    else if (isTooLong) lines.push(`${INDENT}${INDENT}${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return `${lines.join(" \\\n")}\n`;
}

export interface ReviewGroup {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: LoggedReview;
}

interface Groups {
  add(review: LoggedReview): void;
  /** In the order of their last review. */
  all(): ReviewGroup[];
  /** Reviews that are in no group, since there are too many. */
  left(): number;
}

/** More than anybody reads; whoever has an AWS account can make sessions without end, and each would be a group. */
const MOST = 10_000;

export function groupReviews(most = MOST): Groups {
  const groups = new Map<string, ReviewGroup>();
  let left = 0;
  return {
    add(review) {
      const { outcome, reason, arn, username, parameter } = review;
      const key = JSON.stringify([outcome, reason, arn, username, parameter]);
      const group = groups.get(key);
      if (group === undefined && groups.size >= most) {
        left += 1;
        return;
      }
      const { count = 0, first = review.time, last = review } = group ?? {};
      groups.set(key, {
        count: count + 1,
        first: Math.min(first, review.time),
        last: review.time >= last.time ? review : last,
      });
    },
    all: () => [...groups.values()].sort((a, b) => a.last.time - b.last.time),
    left: () => left,
  };
}

interface Why {
  /** Words of a shell command, each in quotes where it needs them. */
  readonly explain?: readonly string[];
  readonly advice?: string;
}

/** Nothing for a grant, and for a token of another kind. */
export function whyOf({ outcome, reason = "", arn = "", principalId }: LoggedReview, place: Place): Why {
  if (outcome === "denied" && supposeIdentity(arn) !== undefined) {
    // Without it, another role of this name would match.
    const isOfId = reason === "mapping_mismatch" && principalId !== undefined && /^[A-Z0-9]+$/.test(principalId);
    return { explain: explainCommand(place, arn, isOfId ? principalId : undefined) };
  }
  const advice = adviceFor(reason);
  return advice === undefined ? {} : { advice };
}
