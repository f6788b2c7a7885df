// The functions that read a store: their settings are read beside other parameters.

import type { SSMClient } from "@aws-sdk/client-ssm";
import { settingsParameter } from "../../functions/settings/stored-settings.ts";
import type { Run } from "../io/run.ts";
import {
  type FunctionSettings,
  judgeSettings,
  type SettingsReading,
  type Shell,
  settingsFrom,
} from "../model/function-settings.ts";
import type { VersionedParameter } from "../model/stored.ts";
import { isAccessDenied } from "./errors.ts";
import { readSome } from "./parameter-store.ts";

/** What a command has read of the settings of a store's functions. */
export interface Functions {
  /** Returns a record of the same functions of which nothing is read. */
  readonly fresh: () => Functions;
  /** Returns the parameters that are still to be read. */
  readonly unread: () => string[];
  /** Takes what a call has returned. A later call does not replace it. */
  readonly take: (name: string, reading: SettingsReading) => void;
  /** Whether the cluster's own settings are stored, which proves that the cluster exists. */
  readonly isStored: () => boolean;
  /** The settings of the cluster's own function. Throws before they are read. */
  readonly own: FunctionSettings;
  /** Returns the prefixes that the shell or a function of this store reserves. */
  readonly mayBeReserved: () => readonly string[];
  /** Returns the settings that were read. */
  readonly all: () => readonly FunctionSettings[];
  /** Logs once what the command assumes. */
  readonly log: (run: Run) => void;
}

/**
 * Creates the record of what a command has read of the settings of a store's functions.
 *
 * @param clusters the id of the cluster, and those of others that the command was given and that
 * may use the same store
 */
export function functionsAt(
  prefix: string,
  [cluster, ...others]: readonly [string, ...string[]],
  shell: Shell,
): Functions {
  const own = settingsParameter(prefix, cluster);
  const names = [...new Set([own, ...others.map((id) => settingsParameter(prefix, id))])];
  const found = new Map<string, FunctionSettings>();
  let isLogged = false;
  return {
    fresh: () => functionsAt(prefix, [cluster, ...others], shell),
    unread: () => names.filter((name) => !found.has(name)),
    take(name: string, reading: SettingsReading): void {
      if (!found.has(name)) found.set(name, judgeSettings(name, reading, shell));
    },
    isStored(): boolean {
      const { version, problem } = found.get(own) ?? {};
      return version !== undefined || problem !== undefined;
    },
    get own(): FunctionSettings {
      const known = found.get(own);
      if (known === undefined)
        throw new Error("The function's settings are known only after they are read.");
      return known;
    },
    mayBeReserved(): readonly string[] {
      const all = [
        // Without the others: an invalid one must not stop a command that does not use it.
        settingsFrom({ RESERVED_PREFIXES: shell.variables["RESERVED_PREFIXES"] }, shell),
        ...[...found.values()].map(({ settings }) => settings),
      ];
      return [...new Set(all.flatMap(({ reservedPrefixes }) => reservedPrefixes))];
    },
    all: (): readonly FunctionSettings[] => [...found.values()],
    log(run: Run): void {
      if (!isLogged) for (const note of found.get(own)?.notes ?? []) run.log(`${note}\n`);
      isLogged = true;
    },
  };
}

export interface FunctionStore {
  readonly ssm: SSMClient;
  readonly functions: Functions;
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
export const AT_ONCE = 10;

/**
 * Reads up to ten parameters, and in the same call the settings that are unread, as far as they
 * fit. The result omits parameters that do not exist, and settings.
 */
export async function readBeside(
  names: readonly string[],
  store: FunctionStore,
  signal: AbortSignal,
): Promise<Map<string, VersionedParameter>> {
  const { ssm, functions } = store;
  const settings = functions.unread().slice(0, AT_ONCE - names.length);
  if (settings.length === 0) return readSome(ssm, names, signal);
  try {
    const found = await readSome(ssm, [...names, ...settings], signal);
    for (const name of settings) {
      functions.take(name, found.get(name));
      found.delete(name);
    }
    return found;
  } catch (error) {
    // One name without permission denies the entire call.
    if (!isAccessDenied(error)) throw error;
    const found =
      names.length === 0
        ? new Map<string, VersionedParameter>()
        : await readSome(ssm, names, signal);
    const [first = "", ...others] = settings;
    // Many principals may read only the settings of their own cluster, which are the first.
    for (const name of others.length === 0 ? [first] : others)
      functions.take(name, "no permission");
    if (others.length > 0) await readBeside([], store, signal);
    return found;
  }
}

/** Returns the settings of the cluster's function. Reads them if no call has. */
export async function readFunction(
  store: FunctionStore,
  signal: AbortSignal,
): Promise<FunctionSettings> {
  if (store.functions.unread().length > 0) await readBeside([], store, signal);
  return store.functions.own;
}

/** Does the same as `readFunction`, and logs once what the command assumes. */
export async function functionOf(store: FunctionStore, run: Run): Promise<FunctionSettings> {
  const known = await readFunction(store, run.interrupted);
  store.functions.log(run);
  return known;
}
