// Groups reviews and prints them, each denial with its reason.

import { supposeIdentity } from "../evaluation.ts";
import { adviceFor, explainWords } from "../explain/advice.ts";
import { shortName } from "../function-settings.ts";
import { type ClusterOptions, forCluster } from "../program-name.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { hangingIndent, printable, table } from "../terminal/print.ts";
import { shownTime } from "../times.ts";
import type { LoggedReview } from "./logged-review.ts";

interface Shown {
  readonly review: LoggedReview;
  readonly why: Why;
  /** Count and first time; not set for a single review. */
  readonly group?: ReviewGroup;
}

const HEADERS = ["time", "outcome", "reason", "who", "as", "parameter", "why"];
const INDENT = "    ";

export function showGroups(
  all: readonly Shown[],
  prefix: string,
  withHeaders: boolean,
  columns: IOStreams["columns"],
): string {
  if (columns !== undefined) return all.map((shown) => showNarrow(shown, prefix, columns)).join("");
  const rows = all.map((shown) => {
    const [time = "", ...rest] = cells(shown, prefix);
    return [time, String(shown.group?.count ?? 1), ...rest];
  });
  const [time = "", ...headers] = HEADERS;
  return table(withHeaders ? [time, "count", ...headers] : [], rows);
}

/** Prints one review at once, so columns cannot be aligned. */
export function showOne(shown: Shown, prefix: string, columns: IOStreams["columns"]): string {
  if (columns !== undefined) return showNarrow(shown, prefix, columns);
  return `${cells(shown, prefix).map(printable).join("\t")}\n`;
}

function cells({ review, why }: Shown, prefix: string): string[] {
  const { time, outcome, reason = "", arn = "", username = "", parameter = "" } = review;
  return [
    shownTime(time),
    outcome,
    reason,
    arn,
    username,
    shortName(parameter, prefix),
    why.explain?.join(" ") ?? why.advice ?? "",
  ];
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
    // With an ARN, the explain command shows more.
    ...(why.explain === undefined && message !== undefined ? [message] : []),
    ...(why.advice === undefined ? [] : [`to do: ${why.advice}`]),
    ...(why.explain === undefined ? [] : [why.explain.join(" ")]),
  ];
  const below = lines.map((line) => hangingIndent(INDENT, line, columns)).join("");
  return `${hangingIndent("", head, columns)}${below}`;
}

export interface ReviewGroup {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: LoggedReview;
}

/** Limits memory: any AWS account can create any number of sessions, each of which would be a group. */
const MOST = 10_000;

export function groupReviews(most = MOST) {
  const groups = new Map<string, ReviewGroup>();
  let left = 0;
  return {
    add(review: LoggedReview) {
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
    /** Sorted by the time of their last review. */
    all: () => [...groups.values()].sort((a, b) => a.last.time - b.last.time),
    /** Number of reviews left out because there are too many groups. */
    left: () => left,
  };
}

interface Why {
  /** Words of a shell command, quoted where necessary. */
  readonly explain?: readonly string[];
  readonly advice?: string;
}

/** Empty for grants and for tokens of other authenticators. */
export function whyOf(
  { outcome, reason = "", arn = "", principalId }: LoggedReview,
  options: ClusterOptions,
  io: IOStreams,
): Why {
  if (outcome === "denied" && supposeIdentity(arn) !== undefined) {
    // Without the id, the current role of this name would match.
    const isOfId = reason === "mapping_mismatch" && principalId !== undefined && /^[A-Z0-9]+$/.test(principalId);
    return { explain: explainWords(options, io, arn, isOfId ? principalId : undefined) };
  }
  const advice = adviceFor(reason);
  return advice === undefined ? {} : { advice: forCluster(advice, options, io.environment) };
}
