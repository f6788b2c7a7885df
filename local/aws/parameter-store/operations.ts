// The operations: GetParameter, GetParameters, GetParametersByPath, GetParameterHistory,
// ListTagsForResource, PutParameter, DeleteParameter and DeleteParameters, with the checks of their
// input, their pages and their responses.

import { createHash } from "node:crypto";
import { ServiceError } from "../http-server.ts";
import { type Input, illTyped } from "../protocols.ts";
import {
  checkNameGrammar,
  constraintError,
  newest,
  notFound,
  PARAMETER_TYPES,
  type ParameterStorage,
  type ParameterVersion,
  parameterArn,
  type StoreLocation,
  TIER,
  validationError,
  writeParameter,
} from "./parameter.ts";

function optionalText(input: Input, field: string): string | undefined {
  const value = input[field] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw illTyped(`${field} is not a string`);
}

function requiredText(input: Input, field: string): string {
  const value = optionalText(input, field);
  if (value === undefined) throw constraintError(null, field, "not be null");
  return value;
}

/** Returns an optional member; default false. */
function flag(input: Input, field: string): boolean {
  const value = input[field] ?? false;
  if (typeof value !== "boolean") throw illTyped(`${field} is not a boolean`);
  return value;
}

/** Returns an optional member. Throws if its value is not one of `choices`. */
function choice<T extends string>(
  input: Input,
  field: string,
  choices: readonly T[],
): T | undefined {
  const value = optionalText(input, field);
  if (value === undefined) return undefined;
  const chosen = choices.find((known) => known === value);
  if (chosen === undefined)
    throw constraintError(value, field, `satisfy enum value set: [${choices.join(", ")}]`);
  return chosen;
}

/** Returns a page size of 1 to `most`; default `most`. */
function pageSize(input: Input, most: number): number {
  const value = input["MaxResults"] ?? most;
  if (typeof value !== "number" || !Number.isInteger(value))
    throw illTyped("MaxResults is not an integer");
  if (value < 1)
    throw constraintError(value, "MaxResults", "have value greater than or equal to 1");
  if (value > most)
    throw constraintError(value, "MaxResults", `have value less than or equal to ${most}`);
  return value;
}

/** Returns a required list of strings with 1 to `most` members. */
function texts(input: Input, field: string, most: number): string[] {
  const value = input[field] ?? undefined;
  if (value === undefined) throw constraintError(null, field, "not be null");
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw illTyped(`${field} is not a list of strings`);
  }
  if (value.length < 1)
    throw constraintError(value, field, "have length greater than or equal to 1");
  if (value.length > most)
    throw constraintError(value, field, `have length less than or equal to ${most}`);
  return value;
}

/** Rejects unsupported members that would change the result. */
function refuseUnsupported(input: Input, fields: readonly string[]): void {
  for (const field of fields) {
    if (input[field] === undefined || input[field] === null) continue;
    throw new ServiceError(
      "ValidationException",
      `This local Parameter Store does not support ${field}.`,
    );
  }
}

/**
 * Returns the requested page of `all`, which must be sorted by `keyOf`, and the NextToken member if
 * there may be more. A full page always has a token, even if it is the last: the service may return
 * empty pages too, and clients must accept them.
 */
function page<T>(all: readonly T[], keyOf: (item: T) => string, input: Input, most: number) {
  const size = pageSize(input, most);
  const after = decodeToken(optionalText(input, "NextToken"));
  const start = after === undefined ? 0 : all.findIndex((item) => keyOf(item) > after);
  const items = start < 0 ? [] : all.slice(start, start + size);
  const last = items.at(-1);
  return {
    items,
    next: items.length < size || last === undefined ? {} : { NextToken: encodeToken(keyOf(last)) },
  };
}

/**
 * A token contains the last returned item, so concurrent writes never repeat or hide other items.
 */
const TOKEN_MARK = "page:";

function encodeToken(key: string): string {
  return Buffer.from(TOKEN_MARK + key).toString("base64url");
}

function decodeToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(TOKEN_MARK))
    throw new ServiceError("InvalidNextToken", "The specified token isn't valid.");
  return text.slice(TOKEN_MARK.length);
}

/**
 * Returns `Parameter` of GetParameter, GetParameters and GetParametersByPath; `undefined` if there
 * is none.
 */
function renderParameter(
  parameters: ParameterStorage,
  location: StoreLocation,
  name: string,
  decrypt: boolean,
) {
  const version = newest(parameters, name);
  return version && { ...common(name, version, decrypt), ARN: parameterArn(location, name) };
}

/** Returns an item of `ParameterHistory`. */
function renderHistory(
  location: StoreLocation,
  name: string,
  version: ParameterVersion,
  decrypt: boolean,
): object {
  return {
    ...common(name, version, decrypt),
    ...(version.type === "SecureString" ? { KeyId: "alias/aws/ssm" } : {}),
    LastModifiedUser: `arn:${location.partition}:iam::${location.account}:user/local`,
    ...(version.description === undefined ? {} : { Description: version.description }),
    Labels: [],
    Tier: TIER,
    Policies: [],
  };
}

function common(name: string, version: ParameterVersion, decrypt: boolean): object {
  return {
    Name: name,
    Type: version.type,
    Value: renderValue(version, decrypt),
    Version: version.version,
    // AWS JSON 1.1 uses fractional seconds.
    LastModifiedDate: version.modified / 1000,
    DataType: "text",
  };
}

/**
 * Returns the value. Without decryption, a SecureString is a hash that looks like KMS ciphertext
 * (base64, `AQICAH...`).
 */
function renderValue({ type, value }: ParameterVersion, decrypt: boolean): string {
  if (type !== "SecureString" || decrypt) return value;
  return `AQICAHh${createHash("sha512").update(value).digest("base64")}`;
}

const MAX_NAMES = 10;

const MAX_HISTORY_PAGE = 50;

const MAX_PATH_PAGE = 10;

export function getParameter(
  parameters: ParameterStorage,
  location: StoreLocation,
  input: Input,
): object {
  const name = requiredText(input, "Name");
  checkReadName(name);
  const found = renderParameter(parameters, location, name, flag(input, "WithDecryption"));
  if (found === undefined) throw notFound(name);
  return { Parameter: found };
}

/**
 * Returns the parameters, sorted by name. Lists missing ones in InvalidParameters instead of
 * failing.
 */
export function getParameters(
  parameters: ParameterStorage,
  location: StoreLocation,
  input: Input,
): object {
  const names = texts(input, "Names", MAX_NAMES);
  // The service documents this error, but not its message.
  if (new Set(names).size < names.length)
    throw validationError("Duplicate parameter names in the request.");
  for (const name of names) checkReadName(name);
  const decrypt = flag(input, "WithDecryption");
  return {
    Parameters: names
      .toSorted()
      .flatMap((name) => renderParameter(parameters, location, name, decrypt) ?? []),
    InvalidParameters: names.filter((name) => newest(parameters, name) === undefined),
  };
}

export function getParameterHistory(
  parameters: ParameterStorage,
  location: StoreLocation,
  input: Input,
): object {
  const name = requiredText(input, "Name");
  checkNameGrammar(name);
  const versions = parameters.versions(name);
  if (versions === undefined) throw notFound(name);
  // Keys are compared as text, so they need equal length.
  const { items, next } = page(
    versions,
    ({ version }) => String(version).padStart(9, "0"),
    input,
    MAX_HISTORY_PAGE,
  );
  const decrypt = flag(input, "WithDecryption");
  return {
    Parameters: items.map((version) => renderHistory(location, name, version, decrypt)),
    ...next,
  };
}

/**
 * Returns the tags of a resource, which must be a parameter:
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListTagsForResource.html
 */
export function listTagsForResource(
  parameters: ParameterStorage,
  _location: StoreLocation,
  input: Input,
): object {
  if (requiredText(input, "ResourceType") !== "Parameter")
    refuseUnsupported(input, ["ResourceType"]);
  const found = newest(parameters, requiredText(input, "ResourceId"));
  if (found === undefined)
    throw new ServiceError("InvalidResourceId", "The resource ID is not valid.");
  return { TagList: Object.entries(found.tags ?? {}).map(([Key, Value]) => ({ Key, Value })) };
}

export function getParametersByPath(
  parameters: ParameterStorage,
  location: StoreLocation,
  input: Input,
): object {
  refuseUnsupported(input, ["ParameterFilters"]);
  const path = checkPath(requiredText(input, "Path"));
  const recursive = flag(input, "Recursive");
  const below = parameters.names().filter((name) => isUnder(name, path, recursive));
  const { items, next } = page(below, (name) => name, input, MAX_PATH_PAGE);
  const decrypt = flag(input, "WithDecryption");
  return {
    Parameters: items.flatMap((name) => renderParameter(parameters, location, name, decrypt) ?? []),
    ...next,
  };
}

/** Checks a path and removes its trailing slash; `/` becomes the empty string. */
function checkPath(path: string): string {
  if (!path.startsWith("/")) {
    throw validationError(
      "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash " +
        '"/". Valid example: /get/parameters2-/by1./path0_.',
    );
  }
  const bare = path.replace(/\/$/, "");
  if (bare !== "") checkNameGrammar(bare);
  return bare;
}

/** Returns false for `path` itself. */
function isUnder(name: string, path: string, recursive: boolean): boolean {
  if (!name.startsWith(`${path}/`)) return false;
  return recursive || !name.includes("/", path.length + 1);
}

/** Rejects a version, label or ARN instead of a name: not supported. */
function checkReadName(name: string): void {
  if (name.includes(":")) {
    throw new ServiceError(
      "ValidationException",
      `This local Parameter Store finds parameters by name only: ${name}.`,
    );
  }
  checkNameGrammar(name);
}

export function putParameter(
  parameters: ParameterStorage,
  location: StoreLocation,
  input: Input,
): object {
  refuseUnsupported(input, ["AllowedPattern", "KeyId", "Policies", "Tags"]);
  if ((optionalText(input, "Tier") ?? TIER) !== TIER) refuseUnsupported(input, ["Tier"]);
  const dataType = optionalText(input, "DataType") ?? "text";
  if (dataType !== "text") {
    throw validationError(
      `The following data type is not supported: ${dataType} (Data type names are all lowercase.)`,
    );
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

export function deleteParameter(
  parameters: ParameterStorage,
  _location: StoreLocation,
  input: Input,
): object {
  const name = requiredText(input, "Name");
  checkNameGrammar(name);
  if (!parameters.remove(name)) throw notFound(name);
  return {};
}

/** Deletes parameters. Lists missing names in InvalidParameters instead of failing. */
export function deleteParameters(
  parameters: ParameterStorage,
  _location: StoreLocation,
  input: Input,
): object {
  const names = texts(input, "Names", MAX_NAMES);
  for (const name of names) checkNameGrammar(name);
  const deleted = names.filter((name) => parameters.remove(name));
  return {
    DeletedParameters: deleted,
    InvalidParameters: names.filter((name) => !deleted.includes(name)),
  };
}
