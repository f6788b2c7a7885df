// Writing one parameter: the rules that decide whether it may be, and as which version.
// Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html

import { checkName, checkValue, MAX_PARAMETERS, MAX_VALUE_BYTES } from "./limits.ts";
import type { Parameters, ParameterTier, ParameterType, ParameterVersion, Site } from "./parameter.ts";
import { ServiceError, validationError } from "./service-error.ts";

export interface WriteRequest {
  readonly name: string;
  readonly value: string;
  /** May be left out when the parameter exists. */
  readonly type?: ParameterType | undefined;
  readonly tier?: ParameterTier | "Intelligent-Tiering" | undefined;
  readonly description?: string | undefined;
  readonly overwrite: boolean;
}

/** Adds a version, or throws what the service answers instead. */
export function writeParameter(parameters: Parameters, site: Site, request: WriteRequest): ParameterVersion {
  const { name, value } = request;
  checkName(name, site);
  const current = parameters.versions(name)?.at(-1);
  const tier = tierOf(request, current, parameters);
  checkValue(value, tier);
  if (current !== undefined && !request.overwrite) {
    throw new ServiceError(
      "ParameterAlreadyExists",
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    );
  }
  const type = request.type ?? current?.type;
  if (type === undefined) throw validationError("A parameter type is required when you create a parameter.");
  if (current !== undefined && type !== current.type) {
    throw new ServiceError(
      "HierarchyTypeMismatchException",
      `Parameter Store does not support changing the type of a parameter: ${name} is a ${current.type}.`,
    );
  }
  if (current?.tier !== tier && isFull(parameters, tier)) {
    throw new ServiceError(
      "ParameterLimitExceeded",
      `No more than ${MAX_PARAMETERS[tier]} parameters of tier ${tier}.`,
    );
  }
  const description = request.description ?? current?.description;
  return parameters.add(name, { value, type, tier, ...(description === undefined ? {} : { description }) });
}

/** A tier is never lowered; Intelligent-Tiering picks Advanced only when Standard cannot hold the parameter. */
function tierOf(
  { tier, value }: WriteRequest,
  current: ParameterVersion | undefined,
  parameters: Parameters,
): ParameterTier {
  if (tier === "Standard" && current?.tier === "Advanced") {
    throw validationError(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter " +
        "tier to the standard-parameter tier.",
    );
  }
  if (tier !== "Intelligent-Tiering") return tier ?? current?.tier ?? "Standard";
  if (current?.tier === "Advanced" || Buffer.byteLength(value) > MAX_VALUE_BYTES.Standard) return "Advanced";
  return current === undefined && isFull(parameters, "Standard") ? "Advanced" : "Standard";
}

function isFull(parameters: Parameters, tier: ParameterTier): boolean {
  if (parameters.count() < MAX_PARAMETERS[tier]) return false;
  const ofTier = parameters.names().filter((name) => parameters.versions(name)?.at(-1)?.tier === tier);
  return ofTier.length >= MAX_PARAMETERS[tier];
}
