// The report of a run: a table for the terminal, and Markdown without account data to commit.

import { table } from "../../cli/io/print.ts";
import { type Row, spread, type Verdict } from "./rows.ts";

export interface Run {
  /** "AWS", or the emulator's name and version. */
  readonly place: string;
  readonly region: string;
  readonly clusterId: string;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** The repository's commit, with "and changes" for uncommitted changes. */
  readonly commit: string;
  readonly programs: readonly string[];
  readonly isInterrupted: boolean;
  /** Of --short. */
  readonly isShort: boolean;
  readonly titles: Readonly<Record<number, string>>;
}

export function textTable(rows: readonly Row[]): string {
  const cells = rows.map(({ check, name, expected, seen, verdict }) => [
    String(check),
    name,
    expected,
    seen,
    verdict,
  ]);
  return table(["check", "row", "expected", "seen", "verdict"], cells);
}

const VERDICTS: readonly Verdict[] = ["passed", "failed", "not served", "not run"];

/** For example "40 passed, 1 failed". */
export function summary(rows: readonly Row[]): string {
  const counts = VERDICTS.map(
    (verdict) => [rows.filter((row) => row.verdict === verdict).length, verdict] as const,
  );
  return counts
    .flatMap(([count, verdict]) => (count === 0 ? [] : [`${count} ${verdict}`]))
    .join(", ");
}

/** Whether no row failed or was not served. Rows without input are allowed. */
export function isGood(rows: readonly Row[]): boolean {
  return (
    rows.length > 0 && rows.every(({ verdict }) => verdict === "passed" || verdict === "not run")
  );
}

export function fileName({ start, region, place, isShort }: Run): string {
  const date = new Date(start).toISOString().slice(0, 10);
  const where = place === "AWS" ? region : place.toLowerCase().replace(/[^a-z0-9.]+/g, "-");
  return `${date}-${where}${isShort ? "-short" : ""}.md`;
}

export function markdown(run: Run, rows: readonly Row[]): string {
  const minutes = Math.round((run.end - run.start) / 60_000);
  const facts = [
    `Place: ${run.place}, ${run.region}`,
    `Time: ${new Date(run.start).toISOString().slice(0, 16)}Z, ${minutes} min${run.isShort ? ", short" : ""}`,
    `Cluster id: ${run.clusterId}`,
    `Commit: ${run.commit}`,
    `Programs: ${run.programs.join(", ")}`,
    `Result: ${summary(rows)}${run.isInterrupted ? "; interrupted" : ""}`,
  ];
  const lines = rows.map(({ check, name, expected, seen, verdict }) => {
    const cells = [`${check} ${run.titles[check] ?? ""}`, name, expected, seen, verdict];
    return `| ${cells.map((text) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;")).join(" | ")} |`;
  });
  return masked(`# Acceptance, ${new Date(run.start).toISOString().slice(0, 10)}

${facts.map((fact) => `- ${fact}`).join("\n")}

| check | row | expected | seen | verdict |
| --- | --- | --- | --- | --- |
${lines.join("\n")}
${measurements(rows)}`);
}

/** The table that `npm run docs` copies into docs/performance.md from a report of AWS. */
function measurements(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ name, measured }) => {
    if (measured === undefined) return [];
    const { unit, values } = measured;
    const { median, least, most } = spread(values);
    return [`| ${name} | ${unit} | ${[median, least, most, values.length].join(" | ")} |\n`];
  });
  if (lines.length === 0) return "";
  const head =
    "| measurement | unit | median | least | most | values |\n| --- | --- | --: | --: | --: | --: |\n";
  return `\n## Measurements\n\n${head}${lines.join("")}`;
}

/** Names of resources that a run creates contain its id. */
const OWN = /acceptance-[0-9a-f]{8}/;

/**
 * Replaces account ids with account-1, account-2, ...; removes keys, tokens, the account's issuer,
 * mail addresses, unique ids with session names, and the names of resources in ARNs.
 */
export function masked(text: string): string {
  const accounts = new Map<string, string>();
  return text
    .replace(/k8s-aws-v1\.[\w-]+/g, "k8s-aws-v1.(token)")
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "(token)")
    .replace(/[\w-]+(?=\.tokens\.sts\.)/g, "(issuer)")
    .replace(/\bBearer \S+/g, "Bearer (token)")
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, "(access key)")
    .replace(/\bA[A-Z]{2}A[A-Z0-9]{12,}\b(?::[\w+=,.@-]+)?/g, "(unique id)")
    .replace(/\b(arn:[\w-]+:[\w-]*:[\w-]*:(?:\d*|aws):)([\w+=,.@:/*-]+)/g, (arn, start, name) =>
      OWN.test(name) ? arn : `${start}(name)`,
    )
    .replace(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "(mail address)")
    .replace(/(?<!\d)\d{12}(?!\d)/g, (account) => {
      const name = accounts.get(account) ?? `account-${accounts.size + 1}`;
      accounts.set(account, name);
      return name;
    });
}
