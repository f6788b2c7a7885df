// Checks what AWS stores of the cluster: the stack's endpoint, the callers, and the operator's mapping.

import { isObject } from "../../functions/lib/json.ts";
import { defaultStackName } from "../../functions/settings/stack.ts";
import type { ClientConfig } from "../aws/client-config.ts";
import { connect } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { callerState, readCallers } from "../callers/callers.ts";
import { EXIT } from "../errors.ts";
import { adviceFor } from "../explain/advice.ts";
import { type Explanation, explainToken } from "../explain/steps.ts";
import { shortName } from "../function-settings.ts";
import type { ConnectionOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { type Check, failed, ok, warning } from "./check.ts";

/** `endpoint` of the stack: nothing if it cannot be read, or has another name. */
export function checkUrl(url: URL, endpoint: string | undefined, options: ConnectionOptions): Check[] {
  if (endpoint === undefined) return [];
  const stack = defaultStackName(options.cluster);
  const { host, href } = new URL(endpoint);
  if (host === url.host) return [ok("url", `${host} is the endpoint of the stack ${stack}`)];
  const advice =
    "check --cluster; if the endpoint has moved, write a new file for kube-apiserver: iam-authenticator kubeconfig webhook --from <old " +
    `kubeconfig> --endpoint ${href}`;
  return [warning("url", `${url.host} is not the endpoint of the stack ${stack}, ${host}`, advice)];
}

/** For a caller that proved itself by IAM: whether a caller with a token remains. */
export async function checkCallers(options: ConnectionOptions, io: IOStreams, config: ClientConfig): Promise<Check> {
  try {
    const connection = await connect(options, io, config);
    const { entries } = await readCallers(connection, io.interrupted);
    const accepted = entries.filter((entry) => callerState(entry, connection.context.now) === "accepted");
    const withToken = accepted.filter((entry) => isObject(entry) && entry["sha256"] !== undefined).length;
    const seen = `${accepted.length - withToken} by IAM, ${withToken} with a token`;
    if (withToken > 0) return ok("callers", seen);
    const advice =
      "keep a second way in: iam-authenticator callers add rescue --out rescue.kubeconfig. Without it, logins fail when the timer that " +
      "renews the tokens stops, and after a rollback to a version that does not know IAM callers";
    return warning("callers", seen, advice);
  } catch (error) {
    return unread(
      "callers",
      error,
      "one caller should have a token. Where ssm:GetParameters is allowed, run: iam-authenticator callers list",
    );
  }
}

/** Looks up the operator's mapping. */
export async function checkMapping(
  token: string,
  options: ConnectionOptions,
  io: IOStreams,
  config: ClientConfig,
): Promise<Check> {
  try {
    const connection = await connect(options, io, config);
    return mappingCheck(await explainToken(token, connection, io), connection.context.prefix);
  } catch (error) {
    const isDenied = error instanceof Error && error.name === "AccessDeniedException";
    const advice = isDenied
      ? "allow ssm:GetParameters here, or run explain where that is allowed"
      : "run explain where STS and Parameter Store can be reached";
    return unread("mapping", error, advice);
  }
}

/** A warning: the operator may not have the permission. */
export function unread(check: string, error: unknown, advice: string): Check {
  const failure = toFailure(error);
  if (failure === undefined || failure.exitCode === EXIT.usage) throw error;
  return warning(check, `not checked: ${failure.message}`, advice);
}

function mappingCheck({ evaluations = [], parameter, refusal }: Explanation, prefix: string): Check {
  const name = parameter && shortName(parameter, prefix);
  if (refusal === undefined && name !== undefined) return ok("mapping", name);
  const advice = adviceFor(refusal?.code ?? "") ?? "for the reason, run: iam-authenticator explain --token-file <file>";
  if (name !== undefined) return failed("mapping", `${name}: ${refusal?.code}`, advice);
  if (evaluations.length === 0) return warning("mapping", `not looked up: ${refusal?.code}`, advice);
  const looked = evaluations
    .filter(({ place }) => place !== "deny-account" && place !== "deny-any")
    .map((evaluation) => shortName(evaluation.parameter, prefix))
    .join(", ");
  return failed("mapping", `no match in ${looked}, below ${prefix}`, advice);
}
