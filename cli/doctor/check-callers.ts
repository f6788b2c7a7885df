// Checks that a caller with a token remains beside callers that prove themselves by IAM.

import { isObject } from "../../functions/lib/json.ts";
import type { ClientConfig } from "../aws/client-config.ts";
import { connect } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { callerState, readCallers } from "../callers/list.ts";
import { EXIT } from "../errors.ts";
import type { ConnectionOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Check } from "./check.ts";

const check = "callers";

/** For a caller that proved itself by IAM. Missing permission is a warning, as for the operator's mapping. */
export async function checkCallers(options: ConnectionOptions, io: IOStreams, config: ClientConfig): Promise<Check[]> {
  try {
    const { entries } = await readCallers(await connect(options, io, config), io.interrupted);
    const accepted = entries.filter((entry) => callerState(entry, io.clock()) === "accepted");
    const withToken = accepted.filter((entry) => isObject(entry) && entry["sha256"] !== undefined).length;
    const seen = `${accepted.length - withToken} by IAM, ${withToken} with a token`;
    if (withToken > 0) return [{ check, state: "ok", seen }];
    const advice =
      "keep a second way in: callers add rescue --out rescue.kubeconfig. Without it, logins fail when the timer that " +
      "renews the tokens stops, and after a rollback to a version that does not know IAM callers";
    return [{ check, state: "warning", seen, advice }];
  } catch (error) {
    const failure = toFailure(error);
    if (failure === undefined || failure.exitCode === EXIT.usage) throw error;
    const advice = "run callers list where ssm:GetParameters is allowed: one caller should have a token";
    return [{ check, state: "warning", seen: `not read from here: ${failure.message}`, advice }];
  }
}
