// PutParameter, DeleteParameter and DeleteParameters.

import { choice, flag, type Input, optionalText, refuseUnsupported, requiredText, texts } from "./input.ts";
import { checkNameGrammar } from "./limits.ts";
import { PARAMETER_TYPES, type Parameters, type Site } from "./parameter.ts";
import { notFound, validationError } from "./service-error.ts";
import { writeParameter } from "./write.ts";

const MAX_NAMES = 10;

export function putParameter(parameters: Parameters, site: Site, input: Input): object {
  refuseUnsupported(input, ["AllowedPattern", "KeyId", "Policies", "Tags"]);
  const dataType = optionalText(input, "DataType") ?? "text";
  if (dataType !== "text") {
    throw validationError(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`);
  }
  const written = writeParameter(parameters, site, {
    name: requiredText(input, "Name"),
    value: requiredText(input, "Value"),
    type: choice(input, "Type", PARAMETER_TYPES),
    tier: choice(input, "Tier", ["Advanced", "Intelligent-Tiering", "Standard"]),
    description: optionalText(input, "Description"),
    overwrite: flag(input, "Overwrite"),
  });
  return { Version: written.version, Tier: written.tier };
}

export function deleteParameter(parameters: Parameters, _site: Site, input: Input): object {
  const name = requiredText(input, "Name");
  checkNameGrammar(name);
  if (!parameters.remove(name)) throw notFound(name);
  return {};
}

/** Names that do not exist come back in InvalidParameters. */
export function deleteParameters(parameters: Parameters, _site: Site, input: Input): object {
  const names = texts(input, "Names", MAX_NAMES);
  for (const name of names) checkNameGrammar(name);
  const deleted = names.filter((name) => parameters.remove(name));
  return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
}
