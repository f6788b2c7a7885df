// Check 16: how long reviews take on AWS, in Lambda, at the gateway and for the caller, cold and
// warm.

import { type LocalIdentity, mintToken } from "../../../local/identities.ts";
import { withVersion } from "../failures.ts";
import { accessEntries, eventsOf, LOGS_MS, objectsIn } from "../logs.ts";
import { matching, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import type { Site } from "../site.ts";
import { until } from "../world.ts";

/** Each version starts one environment, whose first review is cold. */
const VERSIONS = 3;
/** Of each kind, in each version. */
const REVIEWS = 10;
const PER_VERSION = 1 + 2 * REVIEWS;

/** In the order in which they are sent. */
const KINDS = ["cold", "warm, a new token", "warm, the same token"] as const;
const kindOf = (index: number) => KINDS[index === 0 ? 0 : index <= REVIEWS ? 1 : 2];

export const check: Check = {
  number: 16,
  title: "Measurements",
  minutes: 6,
  short: "also",
  async run(site, rows) {
    await site.ensure();
    const since = site.world.now();
    const trips: number[][] = [];
    const all = VERSIONS * PER_VERSION;
    const sent = await rows.see("reviews of new versions", `${all} granted`, async () => {
      for (let version = 1; version <= VERSIONS; version += 1)
        trips.push(await sendAll(site, version));
      return `${trips.flat().length} granted`;
    });
    if (!sent) return;
    measureEach(rows, "round trip from this machine", "ms", trips);
    await lambda(site, rows, since);
    await gateway(site, rows, since);
  },
};

/** Milliseconds of each review of a new version, in the order of `KINDS`. */
function sendAll(site: Site, version: number): Promise<number[]> {
  const { world, clusterId } = site;
  const change = { variables: { ACCEPTANCE: String(version) }, systemLogLevel: "INFO" } as const;
  return withVersion(site, change, async () => {
    const { credentials } = await site.role();
    const identity: LocalIdentity = {
      ...{ name: "", arn: "", account: "", userId: "" },
      ...credentials,
    };
    const start = world.now();
    const tokens = await Promise.all(
      Array.from({ length: PER_VERSION }, (_, index) => {
        // A token's date has seconds, so that tokens of one second are equal.
        const age = Math.min(index, REVIEWS) * 1_000;
        return mintToken({ identity, clusterId, region: world.region, now: start - age });
      }),
    );
    const took: number[] = [];
    for (const token of tokens) {
      const at = world.now();
      const { authenticated, seen } = await site.review(token);
      if (!authenticated) throw new Error(`a review was not granted: ${seen}`);
      took.push(world.now() - at);
    }
    return took;
  });
}

function measureEach(
  rows: Rows,
  name: string,
  unit: string,
  byVersion: readonly (readonly number[])[],
): void {
  for (const kind of KINDS) {
    const values = byVersion.flatMap((all) => all.filter((_, index) => kindOf(index) === kind));
    rows.measure(`${name}, ${kind}`, unit, values);
  }
}

interface Report {
  readonly durationMs: number;
  readonly billedDurationMs: number;
  readonly maxMemoryUsedMB: number;
  readonly initDurationMs?: number;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html, platform.report */
async function lambda({ aws, world, ...site }: Site, rows: Rows, since: number): Promise<void> {
  const { outputs } = await site.ensure();
  let environments: Report[][] = [];
  const isComplete = await rows.see(
    "Lambda's reports",
    `${VERSIONS} environments with ${PER_VERSION} each`,
    async () => {
      const look = async () => {
        const events = await eventsOf(aws, outputs["LogGroup"] ?? "", since);
        const reports = events.filter(({ message }) => message.includes('"platform.report"'));
        return Object.values(Object.groupBy(reports, ({ logStreamName }) => logStreamName)).map(
          (all = []) => all,
        );
      };
      const count = VERSIONS * PER_VERSION;
      const found = await until(world, LOGS_MS, look, (streams) => streams.flat().length >= count);
      environments = found.map((all) =>
        objectsIn(all.toSorted((a, b) => a.timestamp - b.timestamp)).map(
          ({ record }) => (record as { metrics: Report }).metrics,
        ),
      );
      const sizes = [...new Set(environments.map((all) => all.length))];
      return `${environments.length} environments with ${sizes.join(" and ")} each`;
    },
  );
  if (!isComplete) return;
  rows.measure(
    "Lambda's init",
    "ms",
    environments.flatMap(([first]) => first?.initDurationMs ?? []),
  );
  const each = (key: "durationMs" | "billedDurationMs") =>
    environments.map((all) => all.map((report) => report[key]));
  measureEach(rows, "Lambda's duration", "ms", each("durationMs"));
  measureEach(rows, "Lambda's billed duration", "ms", each("billedDurationMs"));
  rows.measure(
    "memory used",
    "MB",
    environments.map((all) => Math.max(...all.map((report) => report.maxMemoryUsedMB))),
  );
}

/** Of the access log, so that each request counts. */
async function gateway(site: Site, rows: Rows, since: number): Promise<void> {
  const least = VERSIONS * PER_VERSION;
  let entries: Record<string, unknown>[] = [];
  const enough = matching(`${least} or more`, /^(6[3-9]|[7-9]\d|\d{3,})$/);
  const isComplete = await rows.see("entries of the access log", enough, async () => {
    entries = await accessEntries(site, site.stack, { since, statuses: /^200$/, least });
    return String(entries.length);
  });
  if (!isComplete) return;
  const numbers = (key: string) => entries.map((entry) => Number(entry[key]));
  rows.measure("the gateway's response", "ms", numbers("responseLatency"));
  const [responses, integrations] = [numbers("responseLatency"), numbers("integrationLatency")];
  rows.measure(
    "of it, the gateway's own time",
    "ms",
    responses.map((ms, at) => ms - (integrations[at] ?? 0)),
  );
}
