// Load spikes of docs/performance.md: the bundle answers, in as many environments as Lambda would
// start, with AWS's limits. `npm run bench -- spikes` prints a table, and writes what the plot
// shows to figures.json. `npm run docs` draws it. `npm run bench -- spikes people` prints the table
// of 1,000 to 10,000 people instead, which takes half an hour.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { markdown } from "./measure.ts";
import { runSpike, type Spike, withReserved } from "./spikes/run-spike.ts";

/** For more than 200 identities: the burst limit of API Gateway per account. */
const throttle = { perSecond: 1_000, burst: 5_000 };
const SETTINGS = {
  "none reserved (default)": withReserved(false),
  "none reserved (default), a quota of 10": withReserved(false, 10),
  "8 reserved environments": withReserved(8),
  "20 reserved, throttle 1,000/5,000": { ...withReserved(20), throttle },
  "60 reserved, higher throughput": { ...withReserved(60), throttle, ssmReads: 10_000 },
  "60 reserved, higher throughput, AWS-signed tokens": {
    ...{ ...withReserved(60), throttle, ssmReads: 10_000 },
    isSigned: true,
  },
  "200 reserved, throttle 5,000/5,000, higher throughput, AWS-signed tokens": {
    ...{ ...withReserved(200), throttle: { perSecond: 5_000, burst: 5_000 }, ssmReads: 10_000 },
    isSigned: true,
  },
};

const SILENT_MS = 30_000;
const PLOTTED = { people: 200, roles: 20 };
const SPIKES: readonly (readonly [Spike["who"], keyof typeof SETTINGS, stsSilentMs?: number])[] = [
  [PLOTTED, "none reserved (default)"],
  [PLOTTED, "8 reserved environments"],
  [PLOTTED, "60 reserved, higher throughput"],
  [PLOTTED, "none reserved (default), a quota of 10"],
  [PLOTTED, "8 reserved environments", SILENT_MS],
  [{ people: 50, roles: 20 }, "none reserved (default)"],
  [{ people: 50, roles: 20 }, "none reserved (default), a quota of 10"],
  [{ people: 1_000, roles: 1 }, "20 reserved, throttle 1,000/5,000"],
  [{ people: 1_000, roles: 20 }, "60 reserved, higher throughput"],
];

/** `npm run bench -- spikes people`. */
const LARGE = [1_000, 3_000, 10_000].flatMap((people) =>
  [3, 6].flatMap((apiservers) =>
    (Object.keys(SETTINGS) as (keyof typeof SETTINGS)[])
      .filter((name) => /^8 reserved|higher/.test(name))
      .map((settings): (typeof SPIKES)[number] => [{ people, roles: 20, apiservers }, settings]),
  ),
);

/**
 * USD: the gateway's and Lambda's requests, the time of reviews, and reads with higher throughput.
 * List prices of docs/costs.md.
 */
function priceOf(
  { requests, calls }: Awaited<ReturnType<typeof runSpike>>,
  ssmReads: number,
): string {
  const time = requests * 0.05 * 0.5 * 0.000_013_333_4;
  return (requests * 1.2e-6 + time + (ssmReads > 40 ? calls.ssm.total * 5e-6 : 0)).toFixed(2);
}

const isLarge = process.argv[3] === "people";
const logins: object[] = [];
const rows: string[][] = [];
for (const [who, settings, stsSilentMs = 0] of isLarge ? LARGE : SPIKES) {
  const result = await runSpike({ ...SETTINGS[settings], who, stsSilentMs });
  const calls = Object.values(result.calls).map(
    ({ total, throttled }) => `${total}, ${throttled} throttled`,
  );
  rows.push([
    `${who.people}, ${who.roles}${stsSilentMs === 0 ? "" : "; STS does not respond for 30 s"}`,
    settings,
    ...[result.half, result.most, result.all].map((seconds) => seconds.toFixed(1)),
    ...[result.lookUps, result.failed, result.out, result.requests].map(String),
    ...[result.gatewayThrottled, result.lambdaThrottled, result.environments].map(String),
    ...calls,
    ...(isLarge ? [String(who.apiservers), priceOf(result, SETTINGS[settings].ssmReads)] : []),
  ]);
  if (isLarge) console.error(rows.at(-1)?.join(" | "));
  logins.push({
    settings,
    seconds: result.curve.map((seconds) => Math.round(seconds * 100) / 100),
  });
}
const head = [
  "people, roles",
  "settings",
  "half in, s",
  "99 %, s",
  "all, s",
  "look-ups",
  "failed",
  "never in",
];
const counts = [
  "requests",
  "429 of the gateway",
  "throttled by Lambda",
  "environments",
  "STS",
  "SSM",
];
console.log(markdown([...head, ...counts, ...(isLarge ? ["kube-apiservers", "USD"] : [])], rows));
const figures = { ...PLOTTED, logins: logins.slice(0, 3) };
if (!isLarge)
  writeFileSync(join(import.meta.dirname, "figures.json"), `${JSON.stringify(figures, null, 2)}\n`);
