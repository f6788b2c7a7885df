// GetParametersByPath and DescribeParameters.

import { checkPath, isUnder, readFilters } from "./filters.ts";
import { flag, type Input, refuseUnsupported, requiredText } from "./input.ts";
import { page } from "./paging.ts";
import type { Parameters, Site } from "./parameter.ts";
import { renderMetadata, renderParameter } from "./render.ts";
import type { Selected } from "./selector.ts";

const MAX_PATH_PAGE = 10;
const MAX_DESCRIBE_PAGE = 50;

export function getParametersByPath(parameters: Parameters, site: Site, input: Input): object {
  const path = checkPath(requiredText(input, "Path"));
  const recursive = flag(input, "Recursive");
  const wanted = readFilters(input, ["Type"]);
  const all = newest(parameters).filter(({ name, version }) => isUnder(name, path, recursive) && wanted(name, version));
  const { items, next } = page(all, ({ name }) => name, input, MAX_PATH_PAGE);
  const decrypt = flag(input, "WithDecryption");
  return { Parameters: items.map((selected) => renderParameter(site, selected, decrypt)), ...next };
}

export function describeParameters(parameters: Parameters, site: Site, input: Input): object {
  refuseUnsupported(input, ["Filters", "Shared"]);
  const wanted = readFilters(input, ["Name", "Path", "Type"]);
  const all = newest(parameters).filter(({ name, version }) => wanted(name, version));
  const { items, next } = page(all, ({ name }) => name, input, MAX_DESCRIBE_PAGE);
  return { Parameters: items.map(({ name, version }) => renderMetadata(site, name, version)), ...next };
}

function newest(parameters: Parameters): Selected[] {
  return parameters.names().flatMap((name) => {
    const version = parameters.versions(name)?.at(-1);
    return version === undefined ? [] : [{ name, version }];
  });
}
