// `reviews stats`: counts of reviews by outcome, reason and identity.

import type { Command } from "commander";
import { OUTCOMES, type Outcome } from "../../functions/authenticator/review/record.ts";
import { inEachCluster, type OneOf, throwWorst, withCluster } from "../clusters.ts";
import { describe } from "../command.ts";
import { isSeveral, OUTPUT, type OutputOptions, withOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData, table } from "../terminal/print.ts";
import type { LoggedReview } from "./logged-review.ts";
import { REVIEWS, type ReviewsOptions, withLog } from "./options.ts";
import { readAll } from "./read-all.ts";

type StatsOptions = ReviewsOptions & OutputOptions;

export function statsCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Reads every review of the period: a day of a busy cluster takes a minute or more. For weeks, use CloudWatch " +
      "Logs Insights (docs/operate.md, Watch).",
    examples: [
      "iam-authenticator reviews stats -c prod --since 1d",
      "iam-authenticator reviews stats -c prod --outcome denied -o json",
    ],
  });
  return withOptions(command, REVIEWS, OUTPUT).action((options: StatsOptions) => stats(options, io));
}

async function stats(options: StatsOptions, io: IOStreams): Promise<void> {
  const isNamed = isSeveral(options);
  const counted: object[] = [];
  async function print(found: Stats, name: string, { print, columns }: IOStreams): Promise<void> {
    if (options.output === "table") print(`${isNamed ? `${name}\n` : ""}${showStats(found, columns)}`);
    else if (isNamed) counted.push(withCluster(options, name, found));
    else await printData(found, options.output, io);
  }
  const work = (one: OneOf<StatsOptions>, own: IOStreams) =>
    withLog(one, own, async (log) => {
      const counter = countReviews();
      await readAll(log, counter.add, () => print(counter.stats(), one.name, own), own);
    });
  const { failures } = await inEachCluster(options, io, work, { atOnce: 1 });
  if (options.output !== "table" && isNamed) await printData(counted, options.output, io);
  throwWorst(failures);
}

/** Rows that fit on a screen. */
const MOST_ROWS = 20;

function showStats(stats: Stats, columns: IOStreams["columns"]): string {
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

/** Number of reviews by outcome; outcomes without reviews are omitted. */
type Outcomes = Partial<Record<Outcome, number>>;

type Stats = ReturnType<ReturnType<typeof countReviews>["stats"]>;

const MOST_IDENTITIES = 10_000;

export function countReviews(most = MOST_IDENTITIES) {
  const outcomes: Outcomes = {};
  const reasons = new Map<string, number>();
  const identities = new Map<string, Outcomes>();
  const hours = new Map<string, Outcomes>();
  let others = 0;

  return {
    add({ time, outcome, reason, canonicalArn = "" }: LoggedReview) {
      count(outcomes, outcome);
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (identities.has(canonicalArn) || identities.size < most) countBy(identities, canonicalArn, outcome);
      else others += 1;
      countBy(hours, `${new Date(time).toISOString().slice(0, 13)}:00Z`, outcome);
    },
    stats: () => ({
      reviews: sum(outcomes),
      outcomes,
      /** Number of denials and faults by code. */
      reasons: Object.fromEntries([...reasons].sort(([, a], [, b]) => b - a)),
      /** Most reviews first. `arn` is missing if no identity was proven. */
      identities: [...identities]
        .map(([arn, of]) => ({ ...(arn !== "" && { arn }), reviews: sum(of), outcomes: of }))
        .sort((a, b) => b.reviews - a.reviews),
      /** Reviews of further identities. */
      others,
      /** Without hours that have no reviews. `hour` in UTC, such as `2026-11-24T16:00Z`. */
      hours: [...hours]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([hour, of]) => ({ hour, reviews: sum(of), outcomes: of })),
    }),
  };
}

function countBy(all: Map<string, Outcomes>, key: string, outcome: Outcome): void {
  const of = all.get(key) ?? {};
  count(of, outcome);
  all.set(key, of);
}

function count(outcomes: Outcomes, outcome: Outcome): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

function sum(outcomes: Outcomes): number {
  return Object.values(outcomes).reduce((all, one) => all + one, 0);
}
