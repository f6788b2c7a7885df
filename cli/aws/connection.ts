// A cluster's parameters in one account and Region, opened from the options of a command.

import { SSMClient } from "@aws-sdk/client-ssm";
import type { Settings } from "../../functions/authenticator/settings.ts";
import { usage } from "../errors.ts";
import { type EvaluationContext, evaluationContext, functionSettings } from "../function-settings.ts";
import type { ConnectionOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { watched } from "./calls.ts";
import { type ClientConfig, clientConfig, patientRetries } from "./client-config.ts";
import { chooseRates, type Rates } from "./rates.ts";

export interface Connection {
  readonly ssm: SSMClient;
  readonly context: EvaluationContext;
  /** As the function would read them, for what is judged by its code. */
  readonly settings: Settings;
  /** Where set, nothing outside of this account's branches is read or written. */
  readonly account?: string;
  readonly rates: Rates;
}

/** `config`: where a command has other clients as well. */
export async function connect(options: ConnectionOptions, io: IOStreams, config?: ClientConfig): Promise<Connection> {
  const { account } = options;
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw usage(`--account ${account}: an account must be 12 digits.`);
  const common = config ?? (await clientConfig(options, io)).config;
  const ssm = watched(new SSMClient({ ...common, ...patientRetries(io) }), io);
  const settings = functionSettings(options, common.region, io);
  return {
    ssm,
    settings,
    context: evaluationContext(settings, io.clock()),
    rates: await chooseRates(options, ssm, io),
    ...(account !== undefined && { account }),
  };
}
