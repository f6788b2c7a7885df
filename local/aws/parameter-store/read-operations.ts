// Implements GetParameter, GetParameters, GetParametersByPath, GetParameterHistory and ListTagsForResource.

import type { Input } from "../aws-json.ts";
import { ServiceError } from "../service-error.ts";
import { notFound, validationError } from "./errors.ts";
import { flag, refuseUnsupported, requiredText, texts } from "./input.ts";
import { checkNameGrammar } from "./limits.ts";
import { page } from "./paging.ts";
import { newest, type ParameterStorage, type StoreLocation } from "./parameter.ts";
import { renderHistory, renderParameter } from "./render.ts";

const MAX_NAMES = 10;
const MAX_HISTORY_PAGE = 50;
const MAX_PATH_PAGE = 10;

export function getParameter(parameters: ParameterStorage, location: StoreLocation, input: Input): object {
  const name = requiredText(input, "Name");
  checkReadName(name);
  const found = renderParameter(location, name, newest(parameters, name), flag(input, "WithDecryption"));
  if (found === undefined) throw notFound(name);
  return { Parameter: found };
}

/** Sorts parameters by name. Lists missing ones in InvalidParameters instead of failing. */
export function getParameters(parameters: ParameterStorage, location: StoreLocation, input: Input): object {
  const names = texts(input, "Names", MAX_NAMES);
  // The service documents this error, but not its message.
  if (new Set(names).size < names.length) throw validationError("Duplicate parameter names in the request.");
  for (const name of names) checkReadName(name);
  const decrypt = flag(input, "WithDecryption");
  return {
    Parameters: names
      .toSorted()
      .flatMap((name) => renderParameter(location, name, newest(parameters, name), decrypt) ?? []),
    InvalidParameters: names.filter((name) => newest(parameters, name) === undefined),
  };
}

export function getParameterHistory(parameters: ParameterStorage, location: StoreLocation, input: Input): object {
  const name = requiredText(input, "Name");
  checkNameGrammar(name);
  const versions = parameters.versions(name);
  if (versions === undefined) throw notFound(name);
  // Keys are compared as text, so they need equal length.
  const { items, next } = page(versions, ({ version }) => String(version).padStart(9, "0"), input, MAX_HISTORY_PAGE);
  const decrypt = flag(input, "WithDecryption");
  return { Parameters: items.map((version) => renderHistory(location, name, version, decrypt)), ...next };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListTagsForResource.html, for parameters only */
export function listTagsForResource(parameters: ParameterStorage, _location: StoreLocation, input: Input): object {
  if (requiredText(input, "ResourceType") !== "Parameter") refuseUnsupported(input, ["ResourceType"]);
  const found = newest(parameters, requiredText(input, "ResourceId"));
  if (found === undefined) throw new ServiceError("InvalidResourceId", "The resource ID is not valid.");
  return { TagList: Object.entries(found.tags ?? {}).map(([Key, Value]) => ({ Key, Value })) };
}

export function getParametersByPath(parameters: ParameterStorage, location: StoreLocation, input: Input): object {
  refuseUnsupported(input, ["ParameterFilters"]);
  const path = checkPath(requiredText(input, "Path"));
  const recursive = flag(input, "Recursive");
  const below = parameters.names().filter((name) => isUnder(name, path, recursive));
  const { items, next } = page(below, (name) => name, input, MAX_PATH_PAGE);
  const decrypt = flag(input, "WithDecryption");
  return {
    Parameters: items.flatMap((name) => renderParameter(location, name, newest(parameters, name), decrypt) ?? []),
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

/** False for `path` itself. */
function isUnder(name: string, path: string, recursive: boolean): boolean {
  if (!name.startsWith(`${path}/`)) return false;
  return recursive || !name.includes("/", path.length + 1);
}

/** Rejects a version, label or ARN instead of a name: not supported. */
function checkReadName(name: string): void {
  if (name.includes(":")) {
    throw new ServiceError("ValidationException", `This local Parameter Store finds parameters by name only: ${name}.`);
  }
  checkNameGrammar(name);
}
