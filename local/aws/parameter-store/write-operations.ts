// Implements PutParameter and DeleteParameter.

import type { Input } from "../aws-json.ts";
import { notFound, validationError } from "./errors.ts";
import { choice, flag, optionalText, refuseUnsupported, requiredText } from "./input.ts";
import { checkNameGrammar } from "./limits.ts";
import { PARAMETER_TYPES, type ParameterStorage, type StoreLocation, TIER } from "./parameter.ts";
import { writeParameter } from "./write.ts";

export function putParameter(parameters: ParameterStorage, location: StoreLocation, input: Input): object {
  refuseUnsupported(input, ["AllowedPattern", "KeyId", "Policies", "Tags"]);
  if ((optionalText(input, "Tier") ?? TIER) !== TIER) refuseUnsupported(input, ["Tier"]);
  const dataType = optionalText(input, "DataType") ?? "text";
  if (dataType !== "text") {
    throw validationError(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`);
  }
  const written = writeParameter(parameters, location, {
    name: requiredText(input, "Name"),
    value: requiredText(input, "Value"),
    type: choice(input, "Type", PARAMETER_TYPES),
    description: optionalText(input, "Description"),
    overwrite: flag(input, "Overwrite"),
  });
  return { Version: written.version, Tier: TIER };
}

export function deleteParameter(parameters: ParameterStorage, _location: StoreLocation, input: Input): object {
  const name = requiredText(input, "Name");
  checkNameGrammar(name);
  if (!parameters.remove(name)) throw notFound(name);
  return {};
}
