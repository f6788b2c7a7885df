// The function's settings as its stack stores them in Parameter Store, so that the command judges
// with the settings of the function that it writes for. The function never reads them.

import { type Checked, invalid } from "../lib/checked.ts";
import { isObject, parseStored, repeatedKey } from "../lib/json.ts";
import type { Environment } from "./environment.ts";
import { IS_STORED, type StoredVariable } from "./variables.ts";

const FORMAT = 1;
/** Beside the variables. The function's role decides it, and no variable does. */
const NODE_LOOKUP = "NODE_LOOKUP";
/** A version of the package. Ends up in messages. */
const VERSION = /^\d[\w.+-]{0,63}$/;

interface Deployed {
  /** The version of the package that deploys the function. */
  readonly version: string;
  /** Whether the function's role may ask EC2 about nodes. */
  readonly nodeLookup: boolean;
}

/**
 * Returns the parameter's value. It contains the stored variables that `environment` has, as text,
 * for the function's own parser.
 */
export function storedSettingsText(
  environment: Environment,
  { version, nodeLookup }: Deployed,
): string {
  const stored = Object.entries(environment).filter(([name]) => isStored(name));
  const settings = { ...Object.fromEntries(stored), ...(nodeLookup && { [NODE_LOOKUP]: "true" }) };
  return JSON.stringify({ format: FORMAT, version, settings });
}

interface StoredSettings extends Deployed {
  /**
   * The variables that are set. `readSettings` judges their text, together with the command's own
   * variables.
   */
  readonly settings: Readonly<Partial<Record<StoredVariable, string>>>;
  /** Names of settings that only a newer version stores, such as `NEW_RULE`. */
  readonly unknown: readonly string[];
}

/**
 * Reads the parameter's value. Never throws. A `problem` completes "the value ...", and does not
 * repeat the value.
 */
export function parseStoredSettings(text: string): Checked<StoredSettings> {
  const value = parseStored(text);
  if (!isObject(value)) return invalid("is not a JSON object");
  const { format, version, settings, ...others } = value;
  if (typeof format === "number" && format > FORMAT)
    return invalid(`has format ${format}, which is newer than ${FORMAT}`);
  if (format !== FORMAT) return invalid(`must have format ${FORMAT}`);
  if (repeatedKey(value) !== undefined) return invalid("repeats a key");
  if (Object.keys(others).length > 0)
    return invalid('must have only "format", "version" and "settings"');
  if (typeof version !== "string" || !VERSION.test(version))
    return invalid("must have a version, such as 0.1.0");
  const entries = isObject(settings) ? Object.entries(settings) : undefined;
  if (!entries?.every(isSetting))
    return invalid("must have settings: an object of variables, each with a text");
  const { [NODE_LOOKUP]: nodeLookup, ...variables } = Object.fromEntries(entries);
  if (nodeLookup !== undefined && nodeLookup !== "true")
    return invalid(`must have ${NODE_LOOKUP} "true", or omit it`);
  const stored = {
    version,
    nodeLookup: nodeLookup === "true",
    settings: Object.fromEntries(Object.entries(variables).filter(([name]) => isStored(name))),
    unknown: Object.keys(variables).filter((name) => !isStored(name)),
  };
  return { valid: true, value: stored };
}

function isStored(name: string): name is StoredVariable {
  return Object.hasOwn(IS_STORED, name) && IS_STORED[name as keyof typeof IS_STORED];
}

function isSetting(entry: [string, unknown]): entry is [string, string] {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(entry[0]) && typeof entry[1] === "string";
}
