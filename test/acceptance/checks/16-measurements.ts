// Check 16: how long reviews take on AWS, in Lambda, at the gateway and for the caller, cold and
// warm.

import { type LocalIdentity, mintToken } from "../../../local/identities.ts";
import { withVersion } from "../failures.ts";
import { accessEntries, eventsOf, LOGS_MS, objectsIn } from "../logs.ts";
import { matching, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import type { Site } from "../site.ts";
import { until } from "../world.ts";

const NUMBER = 16;
/** Each version starts at least one environment, whose first review is cold. */
const VERSIONS = 3;
/** Of each kind, in each version, after its warm-up. */
const REVIEWS = 10;
const KINDS = ["warm, a new token", "warm, the same token"] as const;

const LAMBDA_REPORTS = "Lambda's reports";

export const check: Check = {
  number: NUMBER,
  title: "Measurements",
  minutes: 6,
  short: "also",
  async run(site, rows) {
    await site.ensure();
    const since = site.world.now();
    const versions: Sent[] = [];
    const expected = `${VERSIONS * KINDS.length * REVIEWS} granted`;
    const sent = await rows.see("reviews of new versions", expected, async () => {
      for (let version = 1; version <= VERSIONS; version += 1)
        versions.push(await sendAll(site, version));
      return `${versions.flatMap(({ trips }) => trips).length} granted`;
    });
    if (!sent) return;
    const name = "round trip from this machine";
    measure(
      rows,
      `${name}, in the warm-up`,
      "ms",
      versions.flatMap(({ warmUp }) => warmUp),
    );
    measureEach(
      rows,
      name,
      versions.map(({ trips }) => trips),
    );
    await lambda(site, rows, versions, since);
    await gateway(site, rows, since);
  },
};

/** Milliseconds of each review of a new version. */
interface Sent {
  readonly version: string;
  readonly warmUp: readonly number[];
  /** How many reports the version had at the end of its warm-up. */
  readonly reported: number;
  /** In the order of `KINDS`, `REVIEWS` of each. */
  readonly trips: readonly number[];
}

function sendAll(site: Site, count: number): Promise<Sent> {
  const { world, clusterId } = site;
  const change = { variables: { ACCEPTANCE: String(count) }, systemLogLevel: "INFO" } as const;
  return withVersion(site, change, async (version) => {
    const since = world.now();
    const { credentials } = await site.role();
    const identity: LocalIdentity = {
      ...{ name: "", arn: "", account: "", userId: "" },
      ...credentials,
    };
    // A token's date has seconds, so that tokens of one second are equal.
    const tokenOf = (age: number) =>
      mintToken({ identity, clusterId, region: world.region, now: since - age * 1_000 });
    const take = async (token: string) => {
      const at = world.now();
      const { authenticated, seen } = await site.review(token);
      return { took: world.now() - at, isGranted: authenticated, seen };
    };
    const granted = async (token: string): Promise<number> => {
      const { took, isGranted, seen } = await take(token);
      if (!isGranted) throw new Error(`a review was not granted: ${seen}`);
      return took;
    };
    const warmUp: number[] = [];
    const first = await tokenOf(0);
    // Without reports, nothing shows which version answers.
    const hasReports = world.unserved[`${NUMBER} ${LAMBDA_REPORTS}`] === undefined;
    const { reports } = await until(
      world,
      LOGS_MS,
      async () => {
        const { took, isGranted } = await take(first);
        if (isGranted) warmUp.push(took);
        return { isGranted, reports: hasReports ? await reportsOf(site, version, since) : [] };
      },
      (seen) => seen.isGranted && (seen.reports.length > 0 || !hasReports),
    );
    const trips: number[] = [];
    for (let age = 1; age <= REVIEWS; age += 1) trips.push(await granted(await tokenOf(age)));
    const last = await tokenOf(REVIEWS);
    for (let again = 0; again < REVIEWS; again += 1) trips.push(await granted(last));
    return { version, warmUp, reported: reports.length, trips };
  });
}

/** `byVersion`: values in the order of `KINDS`. `undefined`: not of this kind. */
function measureEach(
  rows: Rows,
  name: string,
  byVersion: readonly (readonly (number | undefined)[])[],
): void {
  for (const [at, kind] of KINDS.entries()) {
    const [start, end] = [at * REVIEWS, (at + 1) * REVIEWS];
    const values = byVersion.flatMap((all) => all.slice(start, end));
    measure(
      rows,
      `${name}, ${kind}`,
      "ms",
      values.filter((value) => value !== undefined),
    );
  }
}

function measure(rows: Rows, name: string, unit: string, values: readonly number[]): void {
  if (values.length > 0) rows.measure(name, unit, values);
  else rows.leaveOut(name, "a measurement", "nothing was measured");
}

interface Report {
  readonly durationMs: number;
  readonly billedDurationMs: number;
  readonly maxMemoryUsedMB: number;
  /** Only of an environment's first invocation, which is cold. */
  readonly initDurationMs?: number;
}

interface StreamReport extends Report {
  /** One for each environment. */
  readonly stream: string;
}

/**
 * Returns the reports of a version in their order. Names of log streams contain the version:
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (platform.report)
 */
async function reportsOf(site: Site, version: string, since: number): Promise<StreamReport[]> {
  const { outputs } = await site.ensure();
  const events = await eventsOf(site.aws, outputs["LogGroup"] ?? "", since);
  return events
    .filter(
      ({ logStreamName, message }) =>
        logStreamName.includes(`[${version}]`) && message.includes('"platform.report"'),
    )
    .toSorted((a, b) => a.timestamp - b.timestamp)
    .flatMap((event) =>
      objectsIn([event]).map(({ record }) => ({
        ...(record as { metrics: Report }).metrics,
        stream: event.logStreamName,
      })),
    );
}

/**
 * Lambda may start and replace environments at any time, and the first reviews may reach the former
 * version, so numbers of reports are recorded, not expected.
 */
async function lambda(
  site: Site,
  rows: Rows,
  versions: readonly Sent[],
  since: number,
): Promise<void> {
  let byVersion: readonly (readonly StreamReport[])[] = [];
  const all = matching(
    "reports of each version",
    /^(\d+ reports, \d+ cold, log streams: \d+(; |$))+$/,
  );
  const isComplete = await rows.see(LAMBDA_REPORTS, all, async () => {
    const look = () => Promise.all(versions.map(({ version }) => reportsOf(site, version, since)));
    byVersion = await until(site.world, LOGS_MS, look, (found) =>
      versions.every(
        ({ reported, trips }, at) => (found[at]?.length ?? 0) >= reported + trips.length,
      ),
    );
    return byVersion.map(inWords).join("; ");
  });
  if (!isComplete) return;
  const reports = byVersion.flat();
  const cold = reports.filter(({ initDurationMs }) => initDurationMs !== undefined);
  measure(
    rows,
    "Lambda's init",
    "ms",
    cold.flatMap(({ initDurationMs }) => initDurationMs ?? []),
  );
  for (const [name, key] of [
    ["Lambda's duration", "durationMs"],
    ["Lambda's billed duration", "billedDurationMs"],
  ] as const) {
    measure(
      rows,
      `${name}, cold`,
      "ms",
      cold.map((report) => report[key]),
    );
    const warm = byVersion.map((found, at) =>
      afterWarmUp(found, versions[at]).map((report) =>
        report.initDurationMs === undefined ? report[key] : undefined,
      ),
    );
    measureEach(rows, name, warm);
  }
  const streams = Map.groupBy(reports, ({ stream }) => stream).values();
  const memory = [...streams].map((of) => Math.max(...of.map((one) => one.maxMemoryUsedMB)));
  measure(rows, "memory used", "MB", memory);
}

function inWords(reports: readonly StreamReport[]): string {
  if (reports.length === 0) return "no report";
  // One for each environment.
  const environments = new Set(reports.map(({ stream }) => stream)).size;
  const cold = reports.filter(({ initDurationMs }) => initDurationMs !== undefined).length;
  return `${reports.length} reports, ${cold} cold, log streams: ${environments}`;
}

/**
 * The reports of the reviews that followed the warm-up, which were sent one after the other. Empty
 * if reports are missing: the order would not tell which is which.
 */
function afterWarmUp(
  reports: readonly StreamReport[],
  sent: Sent | undefined,
): readonly StreamReport[] {
  if (sent === undefined || reports.length < sent.reported + sent.trips.length) return [];
  return reports.slice(-sent.trips.length);
}

/** Of the access log. */
async function gateway(site: Site, rows: Rows, since: number): Promise<void> {
  const least = VERSIONS * (1 + KINDS.length * REVIEWS);
  let entries: Record<string, unknown>[] = [];
  const some = matching("1 or more", /^[1-9]\d*$/);
  const isComplete = await rows.see("entries of the access log", some, async () => {
    entries = await accessEntries(site, site.stack, { since, statuses: /^200$/, least });
    return String(entries.length);
  });
  if (!isComplete) return;
  const numbers = (key: string) => entries.map((entry) => Number(entry[key]));
  const [responses, integrations] = [numbers("responseLatency"), numbers("integrationLatency")];
  rows.measure("the gateway's response", "ms", responses);
  rows.measure(
    "of it, the gateway's own time",
    "ms",
    responses.map((ms, at) => ms - (integrations[at] ?? 0)),
  );
}
