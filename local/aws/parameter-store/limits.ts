// The service's limits on names, values and counts, with its error messages.
// Sources: docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html,
// .../userguide/sysman-paramstore-su-create.html and .../userguide/parameter-store-advanced-parameters.html.

import { ServiceError } from "../service-error.ts";
import { constraintError, validationError } from "./errors.ts";
import { arnPrefix, type StoreLocation } from "./parameter.ts";

const MAX_VALUE_BYTES = 4096;
const MAX_LEVELS = 15;
/** Includes the ARN prefix. */
const MAX_NAME_LENGTH = 1011;
/** The limit of the request model, checked first. */
const MAX_NAME_MEMBER_LENGTH = 2048;
const NAME = /^[a-zA-Z0-9_.-]+$|^(\/[a-zA-Z0-9_.-]+)+$/;
const RESERVED = /^\/?(aws|ssm)/i;

const NAME_RULE =
  'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths ' +
  "divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_";

/** Checks for reads: only the grammar. A name that contains a slash must start with one. */
export function checkNameGrammar(name: string): void {
  if (name.length === 0) throw constraintError(name, "Name", "have length greater than or equal to 1");
  if (name.length > MAX_NAME_MEMBER_LENGTH) {
    throw constraintError(name, "Name", `have length less than or equal to ${MAX_NAME_MEMBER_LENGTH}`);
  }
  if (!NAME.test(name) || /^\/?ssm/i.test(name)) throw validationError(NAME_RULE);
}

/** Checks for writes: all rules. */
export function checkName(name: string, location: StoreLocation): void {
  checkNameGrammar(name);
  if (/^\/aws.*\//i.test(name)) {
    throw new ServiceError("AccessDeniedException", `No access to reserved parameter name: ${name}.`);
  }
  if (RESERVED.test(name)) {
    throw validationError('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  }
  const levels = name.split("/").length - (name.startsWith("/") ? 1 : 0);
  if (levels > MAX_LEVELS) {
    throw new ServiceError(
      "HierarchyLevelLimitExceededException",
      `A hierarchy can have a maximum of ${MAX_LEVELS} levels; ${name} has ${levels}.`,
    );
  }
  const length = arnPrefix(location).length + name.replace(/^\//, "").length;
  if (length > MAX_NAME_LENGTH) {
    throw validationError(
      `Parameter name: at most ${MAX_NAME_LENGTH} characters with its ARN; this one has ${length}.`,
    );
  }
}

/** Counts bytes, the stricter reading of the documented 4 KB. */
export function checkValue(value: string): void {
  if (value.length === 0) throw constraintError(value, "Value", "have length greater than or equal to 1");
  if (value.includes("{{")) {
    throw validationError('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.');
  }
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    throw validationError(
      "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter " +
        "value, upgrade the parameter to use the advanced-parameter tier.",
    );
  }
}
