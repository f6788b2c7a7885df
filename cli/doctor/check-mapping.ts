// Which mapping is the operator's own: looked up here, by the function's code, to compare with what the endpoint says.

import type { ClientConfig } from "../aws/client-config.ts";
import { connect } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { shortName } from "../aws/parameter-name.ts";
import { EXIT } from "../errors.ts";
import { adviceOn } from "../explain/advice.ts";
import { type Explanation, explainToken } from "../explain/steps.ts";
import type { ConnectionOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Check } from "./check.ts";

const check = "mapping";

/** A machine that runs kube-apiserver may lack permission to read mappings: that is not a failure. */
export async function checkMapping(
  token: string,
  options: ConnectionOptions,
  io: IOStreams,
  config: ClientConfig,
): Promise<Check[]> {
  try {
    const connection = await connect(options, io, config);
    return [judge(await explainToken(token, connection, io), connection.context.prefix)];
  } catch (error) {
    const failure = toFailure(error);
    if (failure === undefined || failure.exitCode === EXIT.usage) throw error;
    const isDenied = error instanceof Error && error.name === "AccessDeniedException";
    const advice = isDenied
      ? "allow ssm:GetParameters here, or run explain where that is allowed"
      : "run explain where STS and Parameter Store can be reached";
    return [{ check, state: "warning", seen: `not read from here: ${failure.message}`, advice }];
  }
}

function judge({ evaluations = [], parameter, refusal }: Explanation, prefix: string): Check {
  if (refusal === undefined && parameter !== undefined)
    return { check, state: "ok", seen: shortName(parameter, prefix) };
  const advice = adviceOn(refusal?.code ?? "") ?? "run explain with this token";
  if (parameter !== undefined) {
    return { check, state: "failed", seen: `${shortName(parameter, prefix)}: ${refusal?.code}`, advice };
  }
  if (evaluations.length === 0) return { check, state: "warning", seen: `not looked for: ${refusal?.code}`, advice };
  const looked = evaluations
    .filter(({ place }) => place !== "deny-account" && place !== "deny-any")
    .map((evaluation) => shortName(evaluation.parameter, prefix))
    .join(", ");
  return { check, state: "failed", seen: `none of ${looked}, below ${prefix}`, advice };
}
