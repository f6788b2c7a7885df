// Writes one parameter version after checking the service's rules.
// Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html

import { ServiceError } from "../service-error.ts";
import { validationError } from "./errors.ts";
import { checkName, checkValue } from "./limits.ts";
import {
  newest,
  type ParameterStorage,
  type ParameterType,
  type ParameterVersion,
  type StoreLocation,
  TIER,
} from "./parameter.ts";

export interface WriteRequest {
  readonly name: string;
  readonly value: string;
  /** Optional if the parameter exists. */
  readonly type?: ParameterType | undefined;
  readonly description?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly overwrite: boolean;
}

/** Adds a version, or throws the service's error. */
export function writeParameter(
  parameters: ParameterStorage,
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
  // Tags belong to the parameter, so a new version keeps them.
  const tags = request.tags ?? current?.tags;
  return parameters.add(name, {
    value,
    type,
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  });
}
