// Chooses the calls to Parameter Store per second: given numbers, or what the account's setting allows.

import { GetServiceSettingCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { IOStreams } from "../terminal/io-streams.ts";
import { DEFAULT_RATES, type RateOptions, type Rates } from "./rates.ts";

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
  io.log(`${reason}: ${chosen.join(" and ")} a second.\n`);
  return {
    reads: wanted.reads === "auto" ? rates.reads : (wanted.reads ?? DEFAULT_RATES.reads),
    writes: wanted.writes === "auto" ? rates.writes : (wanted.writes ?? DEFAULT_RATES.writes),
  };
}

async function readAccountRates(ssm: SSMClient, abortSignal: AbortSignal): Promise<{ rates: Rates; reason: string }> {
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
