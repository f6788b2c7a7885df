// ParameterFilters of the two listings: which keys and options each takes, and what they select.
// Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html

import { type Input, optionalText, requiredText, structures, texts } from "./input.ts";
import { checkNameGrammar } from "./limits.ts";
import type { ParameterVersion } from "./parameter.ts";
import { ServiceError, validationError } from "./service-error.ts";

const MAX_VALUES = 50;

type Test = (name: string, version: ParameterVersion) => boolean;
type FilterKey = "Name" | "Path" | "Type";

const OPTIONS: Readonly<Record<FilterKey, readonly string[]>> = {
  Name: ["Equals", "BeginsWith", "Contains"],
  Path: ["OneLevel", "Recursive"],
  Type: ["Equals", "BeginsWith"],
};

/** The conjunction of all filters of a request. */
export function readFilters(input: Input, keys: readonly FilterKey[]): Test {
  const tests = structures(input, "ParameterFilters").map((filter) => readFilter(filter, keys));
  return (name, version) => tests.every((test) => test(name, version));
}

function readFilter(filter: Input, keys: readonly FilterKey[]): Test {
  const asked = requiredText(filter, "Key");
  const key = keys.find((known) => known === asked);
  if (key === undefined) {
    throw new ServiceError(
      "InvalidFilterKey",
      `The following filter key is not valid: ${asked}. Valid filter keys include: [${keys.join(", ")}].`,
    );
  }
  const options = OPTIONS[key];
  const option = optionalText(filter, "Option") ?? options[0];
  if (option === undefined || !options.includes(option)) {
    throw new ServiceError(
      "InvalidFilterOption",
      `The following filter option is not valid: ${option}. Valid options include: [${options.join(", ")}].`,
    );
  }
  if ((filter["Values"] ?? undefined) === undefined) {
    throw new ServiceError(
      "InvalidFilterValue",
      `The following filter values are missing : null for filter key ${key}.`,
    );
  }
  const values = texts(filter, "Values", MAX_VALUES);
  if (key === "Path") {
    const paths = values.map(checkPath);
    return (name) => paths.some((path) => isUnder(name, path, option === "Recursive"));
  }
  return (name, version) => {
    const text = key === "Name" ? name : version.type;
    return values.some((value) => matches(text, option, value));
  };
}

function matches(text: string, option: string, value: string): boolean {
  if (option === "BeginsWith") return text.startsWith(value);
  return option === "Contains" ? text.includes(value) : text === value;
}

/** A path that names may stand under, without the slash it may end with; `/` becomes the empty string. */
export function checkPath(path: string): string {
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

/** The path itself is never under itself. */
export function isUnder(name: string, path: string, recursive: boolean): boolean {
  if (!name.startsWith(`${path}/`)) return false;
  return recursive || !name.includes("/", path.length + 1);
}
