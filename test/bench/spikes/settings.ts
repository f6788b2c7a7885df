// The settings of an operator that the load spikes compare.

import { DEFAULTS, defaultThrottle } from "../../../infra/defaults.ts";
import type { Throttle } from "../../../infra/endpoint/endpoint.ts";
import type { Limit } from "./limit.ts";
import type { Spike } from "./run-spike.ts";

/** The operator's settings. Accounts allow 1,000 environments, except new ones. */
export type Settings = Pick<Spike, "throttle" | "maxEnvironments" | "ssmReads">;

const withReserved = (reservedConcurrency: number | false): Settings => ({
  throttle: limit(defaultThrottle(reservedConcurrency)),
  maxEnvironments: reservedConcurrency || 1_000,
  ssmReads: 40,
});
/** For more than 200 identities: the burst limit of API Gateway per account. */
const WIDE = limit({ rateLimit: 1_000, burstLimit: 5_000 });
export const SETTINGS = {
  "none reserved": withReserved(false),
  "8 reserved (default)": withReserved(DEFAULTS.reservedConcurrency),
  "20 reserved, throttle 1,000/5,000": { ...withReserved(20), throttle: WIDE },
  "20 reserved, throttle 1,000/5,000, higher throughput": { ...withReserved(20), throttle: WIDE, ssmReads: 10_000 },
  "60 reserved, throttle 1,000/5,000, higher throughput": { ...withReserved(60), throttle: WIDE, ssmReads: 10_000 },
} satisfies Record<string, Settings>;
export type SettingsName = keyof typeof SETTINGS;

function limit({ rateLimit, burstLimit }: Throttle): Limit {
  return { perSecond: rateLimit, burst: burstLimit };
}
