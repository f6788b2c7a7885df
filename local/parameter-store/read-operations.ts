// GetParameter, GetParameters and GetParameterHistory.

import { flag, type Input, requiredText, texts } from "./input.ts";
import { checkNameGrammar } from "./limits.ts";
import { page } from "./paging.ts";
import type { Parameters, Site } from "./parameter.ts";
import { renderHistory, renderParameter } from "./render.ts";
import { type Selected, select } from "./selector.ts";
import { notFound, ServiceError, validationError } from "./service-error.ts";

const MAX_NAMES = 10;
const MAX_HISTORY_PAGE = 50;

export function getParameter(parameters: Parameters, site: Site, input: Input): object {
  const selected = select(parameters, site, requiredText(input, "Name"));
  return { Parameter: renderParameter(site, selected, flag(input, "WithDecryption")) };
}

/** What does not exist is no error here: it comes back in InvalidParameters. The rest is in alphabetical order. */
export function getParameters(parameters: Parameters, site: Site, input: Input): object {
  const names = texts(input, "Names", MAX_NAMES);
  // The service's wording is not documented; that it refuses is.
  if (new Set(names).size < names.length) throw validationError("Duplicate parameter names in the request.");
  const found: Selected[] = [];
  const invalid: string[] = [];
  for (const name of names) {
    const selected = selectOrAbsent(parameters, site, name);
    if (selected === undefined) invalid.push(name);
    else found.push(selected);
  }
  found.sort((a, b) => (a.name < b.name ? -1 : 1));
  const decrypt = flag(input, "WithDecryption");
  return {
    Parameters: found.map((selected) => renderParameter(site, selected, decrypt)),
    InvalidParameters: invalid,
  };
}

export function getParameterHistory(parameters: Parameters, site: Site, input: Input): object {
  const name = requiredText(input, "Name");
  checkNameGrammar(name);
  const versions = parameters.versions(name);
  if (versions === undefined) throw notFound(name);
  // Keys are compared as text, so all of them have one width.
  const { items, next } = page(versions, ({ version }) => String(version).padStart(9, "0"), input, MAX_HISTORY_PAGE);
  const decrypt = flag(input, "WithDecryption");
  return { Parameters: items.map((version) => renderHistory(site, name, version, decrypt)), ...next };
}

function selectOrAbsent(parameters: Parameters, site: Site, name: string): Selected | undefined {
  try {
    return select(parameters, site, name);
  } catch (error) {
    const absent = ["ParameterNotFound", "ParameterVersionNotFound"];
    if (error instanceof ServiceError && absent.includes(error.code)) return undefined;
    throw error;
  }
}
