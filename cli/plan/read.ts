// Reads a cluster's mappings at a limited rate, and checks that the cluster exists.

import { callersParameter } from "../../functions/authenticator/caller/caller.ts";
import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { issuerPath } from "../../functions/issuer/key-parameter.ts";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { didYouMean } from "../../functions/lib/text.ts";
import { defaultMappingPrefix } from "../../functions/settings/common.ts";
import { settingsParameter } from "../../functions/settings/stored-settings.ts";
import { ownAccount } from "../aws/calls.ts";
import type { Connection } from "../aws/connection.ts";
import { isAccessDenied, toFailure } from "../aws/errors.ts";
import { AT_ONCE, readBeside } from "../aws/functions.ts";
import { readBranch, readParameters, readSome } from "../aws/parameter-store.ts";
import { limitsOf } from "../aws/rates.ts";
import { readConfig } from "../cmdline/contexts.ts";
import type { WriteOptions } from "../cmdline/options.ts";
import { EXIT, Failure, finding, usage } from "../io/errors.ts";
import { startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { listsForAny } from "../model/entry.ts";
import { shortName } from "../model/evaluation.ts";
import { entryKey, keyOfItem, normal, type VersionedParameter } from "../model/stored.ts";

/**
 * Returns a phrase with account, region, cluster and prefix.
 *
 * @param known parameters that were read: their ARNs contain the account, which saves a call
 */
export async function destinationOf(
  connection: Connection,
  known: ReadonlyMap<string, VersionedParameter>,
  run: Run,
) {
  const [first] = known.values();
  const { clusterId } = connection.settings;
  return `${await placeOf(connection, first?.account, run)}, cluster ${clusterId} (${connection.review.prefix})`;
}

/** Returns a phrase with account and region. */
async function placeOf({ config, settings }: Connection, known: string | undefined, run: Run) {
  const account = known ?? (await ownAccount(config, run)) ?? "unknown";
  return `account ${account}, region ${settings.region}`;
}

/** Reads all mappings, or with --account that account's. `callers` adds the callers' list. */
export async function readMappings(connection: Connection, run: Run, { callers = false } = {}) {
  const { ssm, review, account, rates } = connection;
  const progress = startProgress("reading", undefined, run);
  const limits = {
    waitForTurn: limitsOf(rates, run).read,
    signal: run.interrupted,
    onCount: progress.show,
  };
  try {
    const readByName = (names: readonly string[]) => readBeside(names, connection, run.interrupted);
    const found = await readParameters(ssm, {
      prefix: review.prefix,
      account,
      callers,
      readByName,
      ...limits,
    });
    return account === undefined ? withoutSettings(found, connection) : found;
  } catch (error) {
    const failure = isAccessDenied(error) && account === undefined ? toFailure(error) : undefined;
    if (failure === undefined) throw error;
    // A team may have permission only for the mappings of its account.
    const hint = "If you can read only one account's mappings, use --account <id>.";
    throw new Failure(EXIT.awsFailure, [...failure.lines, hint], { cause: error });
  } finally {
    progress.end();
  }
}

/**
 * Takes the settings out of what was found.
 *
 * @param found everything below the prefix, so settings that are not in it do not exist
 */
function withoutSettings(
  found: Map<string, VersionedParameter>,
  { functions, review }: Connection,
): Map<string, VersionedParameter> {
  const isSettings = (name: string) => name.startsWith(settingsParameter(review.prefix, ""));
  for (const name of [...found.keys(), ...functions.unread()].filter(isSettings)) {
    functions.take(name, found.get(name));
    found.delete(name);
  }
  return found;
}

/**
 * Returns whether a denial may name a person: the settings of every function below the prefix are
 * stored and completely known, so they are of a version that knows names, and none accepts
 * AWS-signed tokens, which a name would all deny. Takes one call.
 */
export async function mayDenyByName(connection: Connection, run: Run): Promise<boolean> {
  const { functions, review } = connection;
  try {
    const found: VersionedParameter[] = [];
    for await (const page of pagesBelow(
      settingsParameter(review.prefix, "").slice(0, -1),
      connection,
      run,
    )) {
      found.push(...page);
    }
    withoutSettings(new Map(found.map((stored) => [stored.name, stored])), connection);
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    return false;
  }
  return functions
    .all()
    .every(({ condition, settings }) => condition === undefined && settings.jwt === undefined);
}

/**
 * Reads the mappings to compare two clusters: names without the prefix, no empty lists, and a fixed
 * order where the order has no meaning.
 */
export async function readToCompare(
  connection: Connection,
  run: Run,
  more?: { readonly callers: boolean },
) {
  const { prefix } = connection.review;
  const stored = await readMappings(connection, run, more);
  const named = [...stored.values()].flatMap((parameter): [string, VersionedParameter][] => {
    const name = shortName(parameter.name, prefix);
    const items = normal(parameter.value);
    const key = entryKey(parameter.name);
    if (!Array.isArray(items) || key === undefined) return [[name, { ...parameter, name }]];
    const ordered = items.toSorted((a, b) => (keyOfItem(a, key) < keyOfItem(b, key) ? -1 : 1));
    const isOrdered = readName(prefix, parameter.name)?.kind === "pattern";
    const value = JSON.stringify(isOrdered ? items : ordered);
    return items.length === 0 ? [] : [[name, { ...parameter, name, value }]];
  });
  return new Map(named);
}

/**
 * Reads any number of parameters by name, and the function's settings beside them. The result omits
 * those that do not exist.
 */
export async function readByName(names: readonly string[], connection: Connection, run: Run) {
  const waitForTurn = limitsOf(connection.rates, run).read;
  const found = new Map<string, VersionedParameter>();
  for (let i = 0; i < names.length; i += AT_ONCE) {
    await waitForTurn(run.interrupted);
    const some = await readBeside(names.slice(i, i + AT_ONCE), connection, run.interrupted);
    for (const [name, stored] of some) found.set(name, stored);
  }
  return found;
}

export function pagesBelow(path: string, { ssm, rates }: Connection, run: Run) {
  return readBranch(ssm, path, limitsOf(rates, run).read, run.interrupted);
}

type Known = ReadonlyMap<string, VersionedParameter>;

/**
 * Requires --new to write to a cluster without parameters.
 *
 * @param known the cluster's parameters that were read: one is enough to prove that it exists
 */
export async function requireCluster(
  known: Known,
  connection: Connection,
  options: WriteOptions,
  run: Run,
) {
  if ((await exists(known, connection, run)) || options.new) return;
  throw finding(`${await absence(connection, run)} To write to a new cluster, use --new.`);
}

/**
 * Throws for a cluster without parameters: its empty output would look like that of a cluster
 * without mappings.
 */
export async function requireParameters(
  known: Known,
  connection: Connection,
  run: Run,
): Promise<void> {
  if (!(await exists(known, connection, run))) throw finding(await absence(connection, run));
}

/**
 * Returns whether the cluster has parameters, even if this principal may not read them. Throws if
 * other clusters are stored below its prefix.
 */
async function exists(known: Known, connection: Connection, run: Run): Promise<boolean> {
  const { functions, review, settings } = connection;
  const { prefix } = review;
  const isOwn = (name: string) =>
    name === settingsParameter(prefix, settings.clusterId) || isOfCluster(prefix, name);
  if (functions.isStored() || [...known.keys()].some(isOwn)) return true;
  const others: string[] = [];
  try {
    for await (const name of storedNames(connection, run)) {
      if (isOwn(name)) return true;
      others.push(name);
    }
  } catch (error) {
    // After any other error, such as no response, a write could create the cluster of a typo.
    if (!isAwsError(error, "AccessDenied", "AccessDeniedException")) throw error;
    const { clusterId } = connection.settings;
    run.log(
      `Cannot check whether the cluster ${clusterId} exists: no permission for ssm:GetParametersByPath.\n`,
    );
    return true;
  }
  const below = others.find((name) =>
    name.split("/").some((_, at, all) => isOfCluster(all.slice(0, at).join("/"), name)),
  );
  if (below === undefined) return false;
  throw usage(
    `${prefix} is not the prefix of a cluster: clusters are stored below it, with ${below}. Check --prefix.`,
  );
}

/** Returns whether a function with this prefix, or its issuer, reads the parameter. */
function isOfCluster(prefix: string, name: string): boolean {
  const isKey = name.startsWith(`${issuerPath(prefix)}/`) && /\/[\w-]{43}$/.test(name);
  return isKey || name === callersParameter(prefix) || readName(prefix, name) !== undefined;
}

/**
 * Yields the names of the parameters. With --account, it reads only what a team with permissions
 * for its account may read.
 */
async function* storedNames(connection: Connection, run: Run): AsyncGenerator<string> {
  const { account, review, ssm } = connection;
  if (account === undefined) {
    for await (const page of pagesBelow(review.prefix, connection, run))
      for (const { name } of page) yield name;
    return;
  }
  yield* (await readMappings(connection, run)).keys();
  yield* (await readSome(ssm, listsForAny(review.prefix), run.interrupted)).keys();
}

/** Returns sentences about a cluster without parameters. */
async function absence(connection: Connection, run: Run): Promise<string> {
  const { account, review, settings } = connection;
  const { clusterId } = settings;
  const of = account === undefined ? "" : ` of account ${account}`;
  const options = [
    ...(account === undefined ? [] : ["--account"]),
    ...(review.prefix === defaultMappingPrefix(clusterId) ? [] : ["--prefix"]),
    ...["--cluster", "--region"],
  ];
  const contexts = [...((await readConfig(run.environment))?.contexts ?? [])];
  const suggestion = didYouMean(
    clusterId,
    contexts.flatMap(([name, { cluster }]) => [name, cluster]),
  );
  const where = `below ${review.prefix} in ${await placeOf(connection, undefined, run)}`;
  return `The cluster ${clusterId} has no parameter${of} ${where}.${suggestion} Check ${options.join(", ")} and --profile.`;
}
