// What a command knows of a function's settings: from the stored value, with the function's own
// parser, or assumed.

import { isDeepStrictEqual } from "node:util";
import { readSettings, type Settings } from "../../functions/authenticator/settings.ts";
import { hasCode } from "../../functions/errors.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { Environment } from "../../functions/settings/environment.ts";
import { parseStoredSettings } from "../../functions/settings/stored-settings.ts";
import { IS_STORED } from "../../functions/settings/variables.ts";
import packageJson from "../../package.json" with { type: "json" };

export interface FunctionSettings {
  /** The name of the parameter that its stack writes. */
  readonly parameter: string;
  readonly settings: Settings;
  /** Whether the function may ask EC2 about nodes. True if it is not known. */
  readonly nodeLookup: boolean;
  /** The version of the function. Not set if the settings are assumed. */
  readonly version?: string;
  /** A phrase: what must be true for the function to decide as this command does. */
  readonly condition?: string;
  /**
   * A sentence about a stored value that this command cannot use: no change may then give access.
   */
  readonly problem?: string;
  /** Sentences for the operator. */
  readonly notes: readonly string[];
}

/** Completes a message about a mapping, or about an identity whose mapping needs a node's name. */
export const NO_NODES =
  'the function cannot look up nodes, so each review fails. Set "nodes": true for the cluster, and deploy';

/** The stored parameter; `undefined` if it does not exist. */
export type SettingsReading = StoredParameter | "no permission" | undefined;

/** The variables of this machine and its shell. */
export interface Shell {
  /** The cluster, its Region, and endpoints. */
  readonly machine: Environment;
  /** The settings that stacks store. They apply only where the stored ones are not known. */
  readonly variables: Environment;
}

const VARIABLES = Object.entries(IS_STORED).flatMap(([name, isStored]) => (isStored ? [name] : []));

export function shellOf(cluster: Environment, environment: Environment): Shell {
  const { AWS_ENDPOINT_URL_STS, JWT_KEYS_ENDPOINT } = environment;
  const machine = { CALLER_AUTH: "none", ...cluster, AWS_ENDPOINT_URL_STS, JWT_KEYS_ENDPOINT };
  return { machine, variables: storedVariables(environment) };
}

function storedVariables(environment: Environment): Environment {
  return Object.fromEntries(
    VARIABLES.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
}

/**
 * Returns the settings of a function that has these variables, on this machine. Throws
 * `setting_invalid`.
 */
export function settingsFrom(variables: Environment, { machine }: Shell): Settings {
  return readSettings({ ...machine, ...storedVariables(variables) });
}

/** Returns the prefixes that the shell or one of the functions reserves. */
export function reservedByAny(functions: readonly FunctionSettings[], shell: Shell): string[] {
  // Without the others: an invalid one must not stop a command that does not use it.
  const ofShell = { RESERVED_PREFIXES: shell.variables["RESERVED_PREFIXES"] };
  const all = [settingsFrom(ofShell, shell), ...functions.map(({ settings }) => settings)];
  return [...new Set(all.flatMap(({ reservedPrefixes }) => reservedPrefixes))];
}

/** The settings that two stacks of one cluster need not share. */
const OF_A_STACK = ["clusterId", "region", "partition", "mappingPrefix", "ssmEndpoint"];

/** The keys of the settings that have another name in `Settings`. */
const KEYS: Readonly<Record<string, string>> = {
  jwt: "awsSignedTokens",
  stsHosts: "stsRegions or stsExtraHosts",
};

/**
 * Returns the keys of the settings in which two functions of a cluster differ. The order of a list
 * has no meaning.
 */
export function differentSettings(first: Settings, second: Settings): string[] {
  const comparable = ({
    stsHosts: { regions, regionByHost },
    ...settings
  }: Settings): Readonly<Record<string, unknown>> => {
    const entries = Object.entries({ ...settings, stsHosts: { regions, regionByHost } });
    return Object.fromEntries(
      entries.map(([name, value]) => [name, Array.isArray(value) ? new Set(value) : value]),
    );
  };
  const ofFirst = comparable(first);
  const ofSecond = comparable(second);
  const shared = Object.keys(ofFirst).filter((name) => !OF_A_STACK.includes(name));
  const different = shared.filter((name) => !isDeepStrictEqual(ofFirst[name], ofSecond[name]));
  return different.map((name) => KEYS[name] ?? name);
}

/**
 * Returns what is known of a function's settings.
 *
 * @param name of the parameter
 */
export function judgeSettings(
  name: string,
  reading: SettingsReading,
  shell: Shell,
): FunctionSettings {
  if (reading === undefined)
    return assumed(name, `The function's settings are not in Parameter Store (${name}).`, shell);
  if (reading === "no permission") {
    return assumed(
      name,
      `No permission to read the function's settings: ssm:GetParameters on ${name}.`,
      shell,
    );
  }
  const invalid = (reason: string) => {
    const where = `The function's settings in Parameter Store (${name})`;
    const problem = `${where} are invalid: ${reason}. Deploy the stack, which writes them again, or use the command of its release.`;
    return { ...assumed(name, problem, shell), problem };
  };
  if (reading.secure) return invalid("the parameter is a SecureString");
  const stored = parseStoredSettings(reading.value);
  if (!stored.valid) return invalid(`the value ${stored.problem}`);
  const { version, nodeLookup, settings, unknown } = stored.value;
  const others = `${unknown.join(", ")} of the function`;
  try {
    return {
      parameter: name,
      settings: settingsFrom(settings, shell),
      nodeLookup,
      version,
      ...(unknown.length > 0 && {
        condition: `${others}, which this command does not know, changes nothing`,
      }),
      notes: [
        ...(version === packageJson.version ? [] : [differs(version)]),
        ...(unknown.length > 0 ? [`This command does not know ${others}.`] : []),
      ],
    };
  } catch (error) {
    if (hasCode(error, "setting_invalid")) return invalid(error.message);
    throw error;
  }
}

function differs(version: string): string {
  return `The function is version ${version}, and this command is version ${packageJson.version}: they may decide differently.`;
}

function assumed(parameter: string, reason: string, shell: Shell): FunctionSettings {
  const given = Object.entries(shell.variables)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
  const none = VARIABLES.filter((name) => !(name in shell.variables));
  const no = `no ${none.slice(0, -1).join(", ")} or ${none.at(-1)}`;
  const assumption =
    given === ""
      ? "the default of each setting"
      : `${given} from your environment, else the defaults`;
  return {
    parameter,
    settings: settingsFrom(shell.variables, shell),
    nodeLookup: true,
    condition: `the function has ${given === "" ? no : `${given} and ${no}`}`,
    notes: [`${reason} Assumed: ${assumption}.`],
  };
}
