// Statistics of reviews for a person: three tables below each other.

import { OUTCOMES } from "../../functions/authenticator/review/record.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { table } from "../terminal/table.ts";
import { type Outcomes, type Stats, sum } from "./stats.ts";

/** What fits on a screen. */
const MOST_ROWS = 20;

export function showStats(stats: Stats, columns: IOStreams["columns"]): string {
  const { reviews, outcomes, reasons, identities, others, hours } = stats;
  const used = OUTCOMES.filter((outcome) => outcomes[outcome] !== undefined);
  const counts = (of: Outcomes) => [String(sum(of)), ...used.map((outcome) => String(of[outcome] ?? 0))];
  const head = (first: string) => [first, "reviews", ...used];
  const rows = (items: readonly (readonly [string, Outcomes])[]) => items.map(([name, of]) => [name, ...counts(of)]);

  const shown = identities.slice(0, MOST_ROWS);
  const hidden = identities.length - shown.length;
  const more = [
    ...(hidden > 0 ? [`and ${hidden} more identities: -o json\n`] : []),
    ...(others > 0 ? [`and ${others} reviews of further identities: narrow the time with --since and --until\n`] : []),
  ];
  const reasonRows = Object.entries(reasons).map(([reason, number]) => [reason, String(number)]);
  return [
    table(head("all"), rows([["", outcomes]]), columns),
    ...(reasonRows.length === 0 ? [] : [table(["reason", "reviews"], reasonRows, columns)]),
    table(head("who"), rows(shown.map(({ arn = "not proven", outcomes: of }) => [arn, of])), columns) + more.join(""),
    table(head("hour (UTC)"), rows(hours.map(({ hour, outcomes: of }) => [hour, of])), columns),
  ]
    .slice(0, reviews === 0 ? 1 : undefined)
    .join("\n");
}
