// Reviews for a person: rows of a table in a pipe; in a terminal a line each, and below it who, as whom, and what explains it.

import { shortName } from "../aws/parameter-name.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { hang, printable, table } from "../terminal/table.ts";
import type { ReviewGroup } from "./group.ts";
import { shownTime } from "./log-time.ts";
import type { LoggedReview } from "./logged-review.ts";
import type { Why } from "./why.ts";

export interface Shown {
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
