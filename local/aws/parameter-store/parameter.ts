// A stored parameter: its types, the interface between operations and storage, a storage in memory,
// and writes of a version under the service's rules, with its error messages.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html

import { ServiceError } from "../http-server.ts";

export function validationError(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

/**
 * Returns the service's error for invalid input. `field` is the member's name; the message shows it
 * in lower camel case.
 */
export function constraintError(value: unknown, field: string, constraint: string): ServiceError {
  const shown = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
  const member = field.charAt(0).toLowerCase() + field.slice(1);
  return validationError(
    `1 validation error detected: Value '${shown}' at '${member}' failed to satisfy constraint: Member must ${constraint}`,
  );
}

export function notFound(name: string): ServiceError {
  return new ServiceError("ParameterNotFound", `Parameter ${name} not found.`);
}

export type ParameterType = "String" | "StringList" | "SecureString";

/** The only supported tier: values up to 4 KB. */
export const TIER = "Standard";

/** The fields that a write sets. */
export interface ParameterContent {
  readonly value: string;
  readonly type: ParameterType;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ParameterVersion extends ParameterContent {
  /** 1 or more, unique while the parameter exists. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface ParameterStorage {
  /**
   * Returns the stored versions, oldest first, never an empty list; `undefined` without a
   * parameter.
   */
  versions(name: string): readonly ParameterVersion[] | undefined;
  /** Returns all names, sorted. */
  names(): readonly string[];
  count(): number;
  /** Maximum number of parameters. */
  readonly limit: number;
  /** Appends a version and returns it. */
  add(name: string, content: ParameterContent): ParameterVersion;
  /** Returns false if the parameter does not exist. */
  remove(name: string): boolean;
}

/** Used in the store's ARNs. */
export interface StoreLocation {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

export function newest(parameters: ParameterStorage, name: string): ParameterVersion | undefined {
  return parameters.versions(name)?.at(-1);
}

export const PARAMETER_TYPES: readonly ParameterType[] = ["SecureString", "StringList", "String"];

/** Returns the ARN. It has exactly one slash between `parameter` and the name. */
export function parameterArn(location: StoreLocation, name: string): string {
  return `${arnPrefix(location)}${name.startsWith("/") ? name.slice(1) : name}`;
}

function arnPrefix({ partition, region, account }: StoreLocation): string {
  return `arn:${partition}:ssm:${region}:${account}:parameter/`;
}

const MAX_VERSIONS = 100;

const MAX_PARAMETERS = 10_000;

/**
 * Keeps parameters in memory, at first none. `now` returns the modification time of new versions.
 */
export function memoryParameters(now: () => number, limit = MAX_PARAMETERS): ParameterStorage {
  const kept = new Map<string, ParameterVersion[]>();
  // Cached, since listing N parameters reads all names N/10 times.
  let sorted: string[] | undefined;

  return {
    versions: (name) => kept.get(name),
    names() {
      sorted ??= [...kept.keys()].sort();
      return sorted;
    },
    count: () => kept.size,
    limit,
    add(name, content) {
      const before = kept.get(name) ?? [];
      const added = { ...content, version: (before.at(-1)?.version ?? 0) + 1, modified: now() };
      if (before.length === 0) sorted = undefined;
      kept.set(name, [...before, added].slice(-MAX_VERSIONS));
      return added;
    },
    remove(name) {
      sorted = undefined;
      return kept.delete(name);
    },
  };
}

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
  if (name.length === 0)
    throw constraintError(name, "Name", "have length greater than or equal to 1");
  if (name.length > MAX_NAME_MEMBER_LENGTH) {
    throw constraintError(
      name,
      "Name",
      `have length less than or equal to ${MAX_NAME_MEMBER_LENGTH}`,
    );
  }
  if (!NAME.test(name) || /^\/?ssm/i.test(name)) throw validationError(NAME_RULE);
}

/** Checks for writes: all rules. */
function checkName(name: string, location: StoreLocation): void {
  checkNameGrammar(name);
  if (/^\/aws.*\//i.test(name)) {
    throw new ServiceError(
      "AccessDeniedException",
      `No access to reserved parameter name: ${name}.`,
    );
  }
  if (RESERVED.test(name)) {
    throw validationError(
      'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).',
    );
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

/** Checks a value. Counts bytes, the stricter reading of the documented 4 KB. */
function checkValue(value: string): void {
  if (value.length === 0)
    throw constraintError(value, "Value", "have length greater than or equal to 1");
  if (value.includes("{{")) {
    throw validationError(
      'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.',
    );
  }
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    throw validationError(
      "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter " +
        "value, upgrade the parameter to use the advanced-parameter tier.",
    );
  }
}

interface WriteRequest {
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
  if (type === undefined)
    throw validationError("A parameter type is required when you create a parameter.");
  if (current !== undefined && type !== current.type) {
    throw new ServiceError(
      "HierarchyTypeMismatchException",
      `Parameter Store does not support changing the type of a parameter: ${name} is a ${current.type}.`,
    );
  }
  if (current === undefined && parameters.count() >= parameters.limit) {
    throw new ServiceError(
      "ParameterLimitExceeded",
      `No more than ${parameters.limit} parameters of tier ${TIER}.`,
    );
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
