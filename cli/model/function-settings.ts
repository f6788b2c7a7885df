// What a command knows of a function's settings: from the stored value, with the function's own parser, or assumed.

import { isDeepStrictEqual } from "node:util";
import { readSettings, type Settings } from "../../functions/authenticator/settings.ts";
import { hasCode } from "../../functions/errors.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { Environment } from "../../functions/settings/environment.ts";
import { parseStoredSettings } from "../../functions/settings/stored-settings.ts";
import { IS_STORED } from "../../functions/settings/variables.ts";
import packageJson from "../../package.json" with { type: "json" };

export interface FunctionSettings {
  readonly settings: Settings;
  /** Whether the function may ask EC2 about nodes. True if it is not known. */
  readonly nodeLookup: boolean;
  /** Of the function. Not set if the settings are assumed. */
  readonly version?: string;
  /** A phrase: what must be true for the function to decide as this command does. */
  readonly condition?: string;
  /** A sentence about a stored value that this command cannot use: no change may then give access. */
  readonly problem?: string;
  /** Sentences for the operator. */
  readonly notes: readonly string[];
}

/** Of a mapping, or of an identity whose mapping needs it. */
export const NO_NODES =
  'the function cannot look up nodes, so each review fails. Set "nodes": true for the cluster, and deploy';

/** `undefined`: the parameter does not exist. */
export type SettingsReading = StoredParameter | "no permission" | undefined;

/** What belongs to this machine, and the variables that its shell has. */
export interface Shell {
  /** The cluster, its Region, and endpoints. */
  readonly machine: Environment;
  /** Of the settings that stacks store. They count only where the stored ones are not known. */
  readonly variables: Environment;
}

const VARIABLES = Object.entries(IS_STORED).flatMap(([name, isStored]) => (isStored ? [name] : []));

export function shellOf(cluster: Environment, environment: Environment): Shell {
  const { AWS_ENDPOINT_URL_STS, JWT_KEYS_ENDPOINT } = environment;
  const machine = { CALLER_AUTH: "none", ...cluster, AWS_ENDPOINT_URL_STS, JWT_KEYS_ENDPOINT };
  return { machine, variables: storedVariables(environment) };
}

/** Those that stacks store. */
function storedVariables(environment: Environment): Environment {
  const given = VARIABLES.filter((name) => environment[name]);
  return Object.fromEntries(given.map((name) => [name, environment[name]]));
}

/** Of a function with these variables. Throws `setting_invalid`. */
export function deployedSettings(environment: Environment, { machine }: Shell): Settings {
  return readSettings({ ...machine, ...storedVariables(environment) });
}

/**
 * Names of the settings that two functions of a cluster have differently, whatever their Regions and prefixes are. The order of
 * a list has no meaning.
 */
export function differentSettings(...both: readonly [Settings, Settings]): string[] {
  const [one = {}, other = {}] = both.map(
    ({ clusterId: _, region: _r, partition: _p, mappingPrefix: _m, ssmEndpoint: _s, ...shared }) => {
      const { regions, regionByHost } = shared.stsHosts;
      return { ...shared, stsHosts: { regions, regionByHost } } as Readonly<Record<string, unknown>>;
    },
  );
  const unordered = (value: unknown): unknown => (Array.isArray(value) ? new Set(value) : value);
  return Object.keys(one).filter((name) => !isDeepStrictEqual(unordered(one[name]), unordered(other[name])));
}

/** Throws `setting_invalid`. */
export function shellSettings({ machine, variables }: Shell): Settings {
  return readSettings({ ...machine, ...variables });
}

/** @param name of the parameter */
export function judgeSettings(name: string, reading: SettingsReading, shell: Shell): FunctionSettings {
  if (reading === undefined) return assumed(`The function's settings are not in Parameter Store (${name}).`, shell);
  if (reading === "no permission") {
    return assumed(`No permission to read the function's settings: ssm:GetParameters on ${name}.`, shell);
  }
  const where = `The function's settings in Parameter Store (${name})`;
  const unusable = (problem: string) => ({ ...assumed(`${where} ${problem}`, shell), problem: `${where} ${problem}` });
  const invalid = (problem: string) => unusable(`are invalid: ${problem}. Deploy the stack, which writes them again.`);
  const stored = parseStoredSettings(reading.value);
  if (reading.secure) return invalid("the parameter is a SecureString");
  if (stored.kind === "invalid") return invalid(`the value ${stored.problem}`);
  if (stored.kind === "newer") {
    return unusable(
      `have format ${stored.format}, which this command does not know. Use the function's release of it.`,
    );
  }
  const { version, nodeLookup, unknown } = stored;
  const others = `${unknown.join(", ")} of the function`;
  try {
    return {
      ...{ settings: readSettings({ ...shell.machine, ...stored.settings }), nodeLookup, version },
      ...(unknown.length > 0 && { condition: `${others}, which this command does not know, changes nothing` }),
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

function assumed(reason: string, shell: Shell): FunctionSettings {
  const given = Object.entries(shell.variables)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
  const none = VARIABLES.filter((name) => !(name in shell.variables));
  const no = `no ${none.slice(0, -1).join(", ")} or ${none.at(-1)}`;
  const assumption = given === "" ? "the default of each setting" : `${given} from your environment, else the defaults`;
  return {
    ...{ settings: shellSettings(shell), nodeLookup: true },
    condition: `the function has ${given === "" ? no : `${given} and ${no}`}`,
    notes: [`${reason} Assumed: ${assumption}.`],
  };
}
