// Limits the calls to Parameter Store per second: to given numbers, or to what the account's setting allows.

import { setTimeout } from "node:timers/promises";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { IOStreams } from "../terminal/io-streams.ts";

/** Calls a second. */
export interface Rates {
  readonly reads: number;
  readonly writes: number;
}

export type Rate = number | "auto";

export interface RateOptions {
  /** Writes. `auto` also sets reads, unless `readRate` is a number. */
  readonly rate?: Rate;
  /** Reads by commands that read all mappings. */
  readonly readRate?: Rate;
}

/**
 * Reads: half of an account's default quota of 40 a second, which the function's reviews share. Writes: AWS publishes no
 * quota; AWS Support states 3 a second, and 10 with higher throughput.
 * https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
 * https://github.com/github-aws-runners/terraform-aws-github-runner/issues/2944
 */
export const DEFAULT_RATES: Rates = { reads: 20, writes: 3 };

/**
 * Reads: half of the 100 GetParametersByPath a second; the function's reads then have a separate quota. Writes: one less
 * than the quota, at which some are throttled, and the SDK then slows down far below it.
 */
const HIGHER_RATES: Rates = { reads: 50, writes: 9 };

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html */
const SETTING = "/ssm/parameter-store/high-throughput-enabled";

export async function chooseRates({ rate, readRate }: RateOptions, ssm: SSMClient, io: IOStreams): Promise<Rates> {
  const wanted = { reads: readRate ?? (rate === "auto" ? rate : undefined), writes: rate };
  if (wanted.reads !== "auto" && wanted.writes !== "auto") {
    return { reads: wanted.reads ?? DEFAULT_RATES.reads, writes: wanted.writes ?? DEFAULT_RATES.writes };
  }
  const { rates, reason } = await readAccountRates(ssm, io.interrupted);
  const chosen = [
    ...(wanted.writes === "auto" ? [`${rates.writes} writes`] : []),
    ...(wanted.reads === "auto" ? [`${rates.reads} reads`] : []),
  ];
  io.tell(`${reason}: ${chosen.join(" and ")} a second.\n`);
  return {
    reads: wanted.reads === "auto" ? rates.reads : (wanted.reads ?? DEFAULT_RATES.reads),
    writes: wanted.writes === "auto" ? rates.writes : (wanted.writes ?? DEFAULT_RATES.writes),
  };
}

async function readAccountRates(ssm: SSMClient, abortSignal: AbortSignal): Promise<{ rates: Rates; reason: string }> {
  const { GetServiceSettingCommand } = await import("@aws-sdk/client-ssm");
  try {
    const { ServiceSetting } = await ssm.send(new GetServiceSettingCommand({ SettingId: SETTING }), { abortSignal });
    return ServiceSetting?.SettingValue === "true"
      ? { rates: HIGHER_RATES, reason: "Parameter Store's higher throughput is on" }
      : { rates: DEFAULT_RATES, reason: "Parameter Store's higher throughput is off" };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "AccessDeniedException") throw error;
    const reason = "No permission for ssm:GetServiceSetting, so the default throughput is assumed";
    return { rates: DEFAULT_RATES, reason };
  }
}

/** Resolves when the next call may start. Rejects with an AbortError when `signal` aborts. */
export type RateLimit = (signal: AbortSignal) => Promise<void>;

/** `burst`: how many calls may start at once after a pause, as the service allows. */
export function rateLimited(perSecond: number, burst = 1): RateLimit {
  const gap = 1000 / perSecond;
  let next = 0;
  return async (signal) => {
    const now = performance.now();
    const start = Math.max(now, next - (burst - 1) * gap);
    next = Math.max(next, now) + gap;
    if (start > now) await setTimeout(start - now, undefined, { signal });
    signal.throwIfAborted();
  };
}
