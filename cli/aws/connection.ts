// Connects a command to a cluster's store, with the settings of the functions that read it.

import { signedTokensIn } from "../../functions/authenticator/jwt-settings.ts";
import type { Settings } from "../../functions/authenticator/settings.ts";
import { settingsParameter, settingsPath } from "../../functions/parameters/names.ts";
import type { Run } from "../io/run.ts";
import type { MappingNames, ReviewSettings } from "../model/evaluation.ts";
import {
  type FunctionSettings,
  judgeSettings,
  reservedByAny,
  type SettingsReading,
  type Shell,
  shellOf,
} from "../model/function-settings.ts";
import type { VersionedParameter } from "../model/stored.ts";
import { withAwsClock } from "./calls.ts";
import type { AwsAccess } from "./client.ts";
import { isAccessDenied } from "./errors.ts";
import { AT_ONCE, readBranch, readSome } from "./parameter-store.ts";
import { limitsOf } from "./rates.ts";
import { type ClusterPlace, openStore, type Store, type StoreOptions } from "./store.ts";

/** The functions that read a store, as far as the command knows them. */
export interface Functions {
  /** The cluster's own. */
  readonly own: FunctionSettings;
  /** Its own, and those of the other clusters that the command was given. */
  readonly all: readonly FunctionSettings[];
}

/** A store, with the settings of the functions that read it. */
export interface Connection extends Store {
  /** `now` is AWS's time when the settings were read: this machine's clock may be wrong. */
  readonly review: ReviewSettings;
  readonly functions: Functions;
  readonly hasSettings: boolean;
}

/** Opens the store of a cluster, and reads the settings of the functions that read it. */
export async function connect(
  place: ClusterPlace,
  options: StoreOptions,
  run: Run,
  known?: AwsAccess,
): Promise<Connection> {
  const store = await openStore(place, options, run, known);
  return withFunctions(store, place.neighbours ?? [], run);
}

/**
 * Reads the settings of the cluster's function, and of other clusters that may use the same store.
 * Without permission for the settings, what the command assumes takes their place.
 *
 * @param neighbours the ids of the other clusters
 */
export async function withFunctions(
  store: Store,
  neighbours: readonly string[],
  run: Run,
): Promise<Connection> {
  const ids = [...new Set([store.clusterId, ...neighbours])];
  const names = ids.map((id) => settingsParameter(store.review.prefix, id));
  const readings = await readStoredSettings(names, store, run.interrupted);
  return connectionWith(store, readings, withAwsClock(run).clock(), run);
}

/** Reads the settings of the same functions again: another operator may have deployed one. */
export async function withFunctionsAgain(connection: Connection, run: Run): Promise<Connection> {
  const names = connection.functions.all.map(({ parameter }) => parameter);
  const readings = await readStoredSettings(names, connection, run.interrupted);
  return connectionWith(connection, readings, connection.review.now, run);
}

/**
 * Lists the settings below the prefix now. Returns them, and those of the connection's functions
 * that are not stored.
 */
export async function listFunctions(
  connection: Connection,
  run: Run,
): Promise<readonly FunctionSettings[]> {
  const { ssm, review, rates } = connection;
  const waitForTurn = limitsOf(rates, run).read;
  const listed: VersionedParameter[] = [];
  for await (const page of readBranch(
    ssm,
    settingsPath(review.prefix),
    waitForTurn,
    run.interrupted,
  ))
    listed.push(...page);
  return withListedFunctions(connection, listed, run).functions.all;
}

/**
 * Returns the connection with every function whose settings are in a listing of all that is below
 * the prefix. Settings that are not in it do not exist.
 */
export function withListedFunctions(
  connection: Connection,
  listed: readonly VersionedParameter[],
  run: Pick<Run, "environment">,
): Connection {
  const { functions, review } = connection;
  const path = settingsPath(review.prefix);
  const readings = new Map<string, SettingsReading>(
    functions.all.map(({ parameter }) => [parameter, undefined]),
  );
  for (const stored of listed)
    if (stored.name.startsWith(`${path}/`)) readings.set(stored.name, stored);
  return connectionWith(connection, readings, review.now, run);
}

/** Returns the connection for what was read of settings. `now` is in milliseconds since 1970. */
export function connectionWith(
  store: Store,
  readings: ReadonlyMap<string, SettingsReading>,
  now: number,
  run: Pick<Run, "environment">,
): Connection {
  const shell = shellFor(store, run);
  const name = settingsParameter(store.review.prefix, store.clusterId);
  const judge = (parameter: string) => judgeSettings(parameter, readings.get(parameter), shell);
  const own = judge(name);
  const others = [...readings.keys()].filter((parameter) => parameter !== name).map(judge);
  const functions = { own, all: [own, ...others] };
  const reading = readings.get(name);
  return {
    ...store,
    functions,
    hasSettings: reading !== undefined && reading !== "no permission",
    review: reviewSettings(store.review, functions, shell, now),
  };
}

/** Returns what decides about mappings. `now` is in milliseconds since 1970. */
export function reviewSettings(
  { prefix, partition }: MappingNames,
  { own: { settings }, all }: Functions,
  shell: Shell,
  now: number,
): ReviewSettings {
  const { reservedPrefixes, accounts } = settings;
  // The rule asks for each name, and each answer parses the shell's settings.
  let reserved: readonly string[] | undefined;
  return {
    prefix,
    partition,
    now,
    reservedPrefixes,
    mayBeReserved() {
      reserved ??= reservedByAny(all, shell);
      return reserved;
    },
    accounts,
    signedTokens: signedTokensIn(settings),
    signedAccounts: signedAccountsIn(settings),
  };
}

/** Returns the accounts whose AWS-signed tokens the function accepts. */
export function signedAccountsIn({ jwt }: Settings): readonly string[] {
  return [...(jwt?.accountByIssuer.values() ?? [])];
}

/** Reads settings by name. The cluster's own are the first. */
async function readStoredSettings(
  names: readonly string[],
  store: Pick<Store, "ssm">,
  signal: AbortSignal,
): Promise<Map<string, SettingsReading>> {
  const readings = new Map<string, SettingsReading>();
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = await readUpToTen(names.slice(at, at + AT_ONCE), store, signal);
    for (const [name, reading] of some) readings.set(name, reading);
  }
  return readings;
}

async function readUpToTen(
  names: readonly string[],
  store: Pick<Store, "ssm">,
  signal: AbortSignal,
): Promise<readonly (readonly [name: string, reading: SettingsReading])[]> {
  try {
    const parameters = await readSome(store.ssm, names, signal);
    return names.map((name) => [name, parameters.get(name)]);
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    const [first = "", ...others] = names;
    if (others.length === 0) return [[first, "no permission"]];
    // One name without permission denies the entire call. Many principals may read only the
    // settings of their own cluster, which are the first.
    const ofFirst = await readUpToTen([first], store, signal);
    return [...ofFirst, ...others.map((name) => [name, "no permission"] as const)];
  }
}

/** Returns this machine's variables, for the function of a cluster. */
export function shellFor(
  { clusterId, review, config }: Pick<Store, "clusterId" | "review" | "config">,
  { environment }: Pick<Run, "environment">,
): Shell {
  const { prefix } = review;
  return shellOf(
    { CLUSTER_ID: clusterId, AWS_REGION: config.region, MAPPING_PREFIX: prefix },
    environment,
  );
}

/** Logs what the command assumes of the cluster's function, each sentence once in a run. */
export function logAssumptions({ ssm, functions }: Connection, run: Run): void {
  const { parameter, notes } = functions.own;
  for (const note of notes)
    run.memo.once(ssm, `logged ${parameter} ${note}`, () => run.log(`${note}\n`));
}
