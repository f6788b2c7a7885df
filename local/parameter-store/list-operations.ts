// Implements GetParametersByPath.

import type { Input } from "../aws-json.ts";
import { validationError } from "./errors.ts";
import { flag, refuseUnsupported, requiredText } from "./input.ts";
import { checkNameGrammar } from "./limits.ts";
import { page } from "./paging.ts";
import { newest, type ParameterStorage, type StoreLocation } from "./parameter.ts";
import { renderParameter } from "./render.ts";

const MAX_PATH_PAGE = 10;

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
