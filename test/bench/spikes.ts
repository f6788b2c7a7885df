// Load spikes of docs/performance.md: the bundle answers, in as many environments as Lambda would start, with AWS's limits.
// `npm run bench -- spikes` prints a table, and writes what the plot shows to figures.json. `npm run docs` draws it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULTS, defaultThrottle } from "../../infra/defaults.ts";
import type { Throttle } from "../../infra/endpoint/endpoint.ts";
import { markdown } from "./measure.ts";
import type { Limit } from "./spikes/limit.ts";
import type { Spike } from "./spikes/run-spike.ts";
import { runSpikes } from "./spikes/run-spikes.ts";

/** The operator's settings. Accounts allow 1,000 environments, except new ones. */
const withReserved = (reservedConcurrency: number | false) => ({
  throttle: limit(defaultThrottle(reservedConcurrency)),
  maxEnvironments: reservedConcurrency || 1_000,
  ssmReads: 40,
});
/** For more than 200 identities: the burst limit of API Gateway per account. */
const WIDE = limit({ rateLimit: 1_000, burstLimit: 5_000 });
const SETTINGS = {
  "none reserved": withReserved(false),
  "8 reserved environments (default)": withReserved(DEFAULTS.reservedConcurrency),
  "20 reserved, throttle 1,000/5,000": { ...withReserved(20), throttle: WIDE },
  "60 reserved, higher throughput": { ...withReserved(60), throttle: WIDE, ssmReads: 10_000 },
} satisfies Record<string, Pick<Spike, "throttle" | "maxEnvironments" | "ssmReads">>;

function limit({ rateLimit, burstLimit }: Throttle): Limit {
  return { perSecond: rateLimit, burst: burstLimit };
}

const SILENT_MS = 30_000;
const PLOTTED = { people: 200, roles: 20 };
const SPIKES: readonly (readonly [Spike["who"], keyof typeof SETTINGS, stsSilentMs?: number])[] = [
  [PLOTTED, "none reserved"],
  [PLOTTED, "8 reserved environments (default)"],
  [PLOTTED, "60 reserved, higher throughput"],
  [PLOTTED, "8 reserved environments (default)", SILENT_MS],
  [{ people: 50, roles: 20 }, "none reserved"],
  [{ people: 1_000, roles: 1 }, "20 reserved, throttle 1,000/5,000"],
  [{ people: 1_000, roles: 20 }, "60 reserved, higher throughput"],
];

const results = await runSpikes(
  SPIKES.map(([who, settings, stsSilentMs = 0]) => {
    return { ...SETTINGS[settings], who, stsSilentMs, apiservers: 3, withinMs: 1_000, seed: 1 };
  }),
);

const head = ["people, roles", "settings", "half in, s", "99 %, s", "all, s", "look-ups", "failed", "never in"];
const counts = ["requests", "429 of the gateway", "throttled by Lambda", "environments", "STS", "SSM"];
const rows = results.map((result, index) => {
  const [{ people, roles } = PLOTTED, settings = "", stsSilentMs] = SPIKES[index] ?? [];
  const calls = Object.values(result.calls).map(({ total, throttled }) => `${total}, ${throttled} throttled`);
  return [
    `${people}, ${roles}${stsSilentMs === undefined ? "" : "; STS does not respond for 30 s"}`,
    settings,
    ...[result.half, result.most, result.all].map((seconds) => seconds.toFixed(1)),
    ...[result.lookUps, result.failed, result.out, result.requests].map(String),
    ...[result.gatewayThrottled, result.lambdaThrottled, result.environments].map(String),
    ...calls,
  ];
});
console.log(markdown([...head, ...counts], rows));

const logins = results.slice(0, 3).map(({ curve }, index) => ({
  settings: SPIKES[index]?.[1],
  seconds: curve.map((seconds) => Math.round(seconds * 100) / 100),
}));
writeFileSync(join(import.meta.dirname, "figures.json"), `${JSON.stringify({ ...PLOTTED, logins }, null, 2)}\n`);
