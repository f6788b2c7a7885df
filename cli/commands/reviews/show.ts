// Formats reviews, and groups of equal ones: as rows, for a narrow terminal, and as CSV, with the
// command or the advice for each.

import { shortName } from "../../../functions/parameters/names.ts";
import type { LoggedReview } from "../../aws/review-log.ts";
import { adviceFor, commandToExplain, textOf } from "../../cmdline/advice.ts";
import { type ClusterOptions, spellerFor } from "../../cmdline/spelling.ts";
import { shownTime } from "../../cmdline/times.ts";
import { hangingIndent, oneLine, printable, type Text, table } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { supposeIdentity } from "../../model/evaluation.ts";
import type { ReviewGroup } from "./groups.ts";

export interface Shown {
  readonly review: LoggedReview;
  readonly why: Why;
  /** The count and the first time; not set for a single review. */
  readonly group?: ReviewGroup;
}

const COLUMNS = ["time", "outcome", "reason", "who", "as", "parameter", "why"];

/** Returns the columns of the table, and for a group its start, and the groups of the user. */
export function csvHeaders(isGrouped: boolean, isSeveral: boolean): string[] {
  const [time = "", ...rest] = COLUMNS;
  const ofGroup = isGrouped ? ["first", "count"] : [];
  return [...(isSeveral ? ["cluster"] : []), time, ...ofGroup, ...rest, "groups"];
}

export function csvCells(shown: Shown, prefix: string, cluster: string | undefined): string[] {
  const { review, group } = shown;
  const [time = "", ...rest] = cells(shown, prefix);
  const ofGroup = group === undefined ? [] : [shownTime(group.first), String(group.count)];
  const name = cluster === undefined ? [] : [cluster];
  return [...name, time, ...ofGroup, ...rest, (review.groups ?? []).join(",")].map(printable);
}

const INDENT = "    ";

export function showGroups(
  all: readonly Shown[],
  prefix: string,
  withHeaders: boolean,
  columns: Run["columns"],
) {
  if (columns !== undefined) return all.map((shown) => showNarrow(shown, prefix, columns)).join("");
  const rows = all.map((shown) => {
    const [time = "", ...rest] = cells(shown, prefix);
    return [time, String(shown.group?.count ?? 1), ...rest];
  });
  const [time = "", ...headers] = COLUMNS;
  return table(withHeaders ? [time, "count", ...headers] : [], rows);
}

export function cells({ review, why }: Shown, prefix: string): string[] {
  const { time, outcome, reason = "", arn = "", username = "", parameter = "" } = review;
  return [
    shownTime(time),
    outcome,
    reason,
    arn,
    username,
    shortName(parameter, prefix),
    why.explain ?? oneLine(why.advice ?? ""),
  ];
}

export function showNarrow({ review, why, group }: Shown, prefix: string, columns: number): string {
  const { time, outcome, reason, arn, username, parameter, message } = review;
  const { count = 1, first = time } = group ?? {};
  const head = [shownTime(time), outcome, ...(reason === undefined ? [] : [reason])].join("  ");
  const by = parameter === undefined ? "" : ` by ${shortName(parameter, prefix)}`;
  const lines: Text[] = [
    ...(count === 1 ? [] : [`${count} times since ${shownTime(first)}`]),
    ...(arn === undefined ? [] : [arn]),
    ...(username === undefined ? [] : [`as ${username}${by}`]),
    // With an ARN, the explain command shows more.
    ...(why.explain === undefined && message !== undefined ? [message] : []),
    ...(why.advice === undefined ? [] : [toDo(why.advice)]),
    ...(why.explain === undefined ? [] : [{ before: "", command: why.explain }]),
  ];
  const below = lines.map((line) => hangingIndent(INDENT, line, columns)).join("");
  return `${hangingIndent("", head, columns)}${below}`;
}

function toDo(advice: Text): Text {
  if (advice === OF_DOCTOR) return advice;
  const start = "to do:";
  return typeof advice === "string"
    ? `${start} ${advice}`
    : { ...advice, before: `${start} ${advice.before}` };
}

/** The text for a request that says that it is a check of `doctor`. */
const OF_DOCTOR = "calls itself a check by doctor";

interface Why {
  /** A shell command. */
  readonly explain?: string;
  readonly advice?: Text;
}

/**
 * Returns the command that explains a denial, or advice; empty for grants and for tokens of other
 * authenticators.
 */
export function whyOf(
  { outcome, reason = "", arn = "", principalId, unverifiedProbe }: LoggedReview,
  options: ClusterOptions,
  run: Run,
): Why {
  // A check with a wrong token is refused on purpose. The function cannot verify that it is one.
  if (unverifiedProbe) return { advice: OF_DOCTOR };
  if (outcome === "denied" && supposeIdentity(arn) !== undefined) {
    // Without the id, the current role of this name would match.
    const isOfId =
      reason === "mapping_mismatch" && principalId !== undefined && /^[A-Z0-9]+$/.test(principalId);
    return { explain: commandToExplain(options, run, arn, isOfId ? principalId : undefined) };
  }
  const advice = adviceFor(reason);
  if (advice === undefined) return {};
  return { advice: textOf(advice, spellerFor(options, run.environment)) };
}
