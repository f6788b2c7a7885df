// Writing one parameter: the rules that decide whether it may be, and as which version.
// Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html

import { ServiceError } from "../service-error.ts";
import { validationError } from "./errors.ts";
import { checkName, checkValue } from "./limits.ts";
import {
  newest,
  type Parameters,
  type ParameterType,
  type ParameterVersion,
  type StoreLocation,
  TIER,
} from "./parameter.ts";

export interface WriteRequest {
  readonly name: string;
  readonly value: string;
  /** May be left out when the parameter exists. */
  readonly type?: ParameterType | undefined;
  readonly description?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly overwrite: boolean;
}

/** Adds a version, or throws what the service answers instead. */
export function writeParameter(
  parameters: Parameters,
  location: StoreLocation,
  request: WriteRequest,
): ParameterVersion {
  const { name, value } = request;
  checkName(name, location);
  const current = newest(parameters, name);
  checkValue(value);
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
  if (current === undefined && parameters.count() >= parameters.limit) {
    throw new ServiceError("ParameterLimitExceeded", `No more than ${parameters.limit} parameters of tier ${TIER}.`);
  }
  const description = request.description ?? current?.description;
  // They are the parameter's, not the version's: writing it anew leaves them.
  const tags = request.tags ?? current?.tags;
  return parameters.add(name, {
    value,
    type,
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  });
}
