// Reads a cluster's mappings at a limited rate, and checks that the cluster exists.

import {
  KINDS,
  kindsWhere,
  type ParameterKind,
} from "../../functions/authenticator/mapping/kinds.ts";
import {
  mappingParameter,
  readName,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { didYouMean } from "../../functions/lib/text.ts";
import {
  callersParameter,
  defaultMappingPrefix,
  isBesideMappings,
  issuerPath,
  settingsParameter,
} from "../../functions/parameters/names.ts";
import { ownAccount } from "../aws/calls.ts";
import { type Connection, withListedFunctions } from "../aws/connection.ts";
import { isAccessDenied, toFailure } from "../aws/errors.ts";
import { AT_ONCE, readBranch, readSome } from "../aws/parameter-store.ts";
import { limitsOf } from "../aws/rates.ts";
import type { Store } from "../aws/store.ts";
import { readConfig } from "../cmdline/contexts.ts";
import type { WriteOptions } from "../cmdline/options.ts";
import { EXIT, Failure, finding, usage } from "../io/errors.ts";
import { startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { listsForAny } from "../model/entry.ts";
import type { VersionedParameter, VersionedParameters } from "../model/stored.ts";

/**
 * Returns a phrase with account, region, cluster and prefix.
 *
 * @param known parameters that were read: their ARNs contain the account, which saves a call
 */
export async function destinationOf(store: Store, known: VersionedParameters, run: Run) {
  const [first] = known.values();
  const place = await placeOf(store, first?.account, run);
  return `${place}, cluster ${store.clusterId} (${store.review.prefix})`;
}

/** Returns a phrase with account and region. */
async function placeOf({ config }: Store, known: string | undefined, run: Run) {
  const account = known ?? (await ownAccount(config, run)) ?? "unknown";
  return `account ${account}, region ${config.region}`;
}

interface ReadOptions {
  /** Whether to read the list of callers too. Not with --account. */
  readonly callers?: boolean;
}

/** Reads all mappings, or with --account that account's. Returns them sorted by name. */
export async function readMappings(
  store: Store,
  run: Run,
  options?: ReadOptions,
): Promise<Map<string, VersionedParameter>> {
  return mappingsIn(await readBelow(store, run), store, options);
}

/**
 * Reads the same, and returns the connection with every function whose settings were listed with
 * the mappings: they may reserve prefixes, too. With --account, no settings are listed.
 */
export async function readWithFunctions(
  connection: Connection,
  run: Run,
  options?: ReadOptions,
): Promise<{
  readonly mappings: Map<string, VersionedParameter>;
  readonly connection: Connection;
}> {
  const listed = await readBelow(connection, run);
  return {
    mappings: mappingsIn(listed, connection, options),
    connection:
      connection.account === undefined ? withListedFunctions(connection, listed, run) : connection,
  };
}

/** Reads everything below the prefix, or with --account that account's mappings. */
async function readBelow(store: Store, run: Run): Promise<readonly VersionedParameter[]> {
  const { account, review } = store;
  const progress = startProgress("reading", undefined, run);
  const parameters: VersionedParameter[] = [];
  try {
    for await (const page of account === undefined
      ? pagesBelow(review.prefix, store, run)
      : pagesOfAccount(account, store, run)) {
      parameters.push(...page);
      progress.show(parameters.length);
    }
    return parameters;
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

function mappingsIn(
  parameters: readonly VersionedParameter[],
  { review }: Store,
  { callers = false }: ReadOptions = {},
): Map<string, VersionedParameter> {
  const mappings = parameters.filter(
    ({ name }) =>
      !isBesideMappings(name, review.prefix) ||
      (callers && name === callersParameter(review.prefix)),
  );
  return new Map(
    mappings
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((parameter) => [parameter.name, parameter]),
  );
}

/** Yields the parameters of an account. */
async function* pagesOfAccount(account: string, store: Store, run: Run) {
  const nameOf = (kind: ParameterKind) => mappingParameter(store.review.prefix, kind, account);
  const hasSeveral = (kind: ParameterKind) => KINDS[kind].path === "named";
  for (const kind of kindsWhere(hasSeveral)) yield* pagesBelow(nameOf(kind), store, run);
  const single = kindsWhere((kind) => !hasSeveral(kind)).map(nameOf);
  yield [...(await readSome(store.ssm, single, run.interrupted)).values()];
}

/** Reads any number of parameters by name. The result omits those that do not exist. */
export async function readByName(names: readonly string[], { ssm, rates }: Store, run: Run) {
  const waitForTurn = limitsOf(rates, run).read;
  const parameters = new Map<string, VersionedParameter>();
  for (let i = 0; i < names.length; i += AT_ONCE) {
    await waitForTurn(run.interrupted);
    const some = await readSome(ssm, names.slice(i, i + AT_ONCE), run.interrupted);
    for (const [name, stored] of some) parameters.set(name, stored);
  }
  return parameters;
}

export function pagesBelow(path: string, { ssm, rates }: Store, run: Run) {
  return readBranch(ssm, path, limitsOf(rates, run).read, run.interrupted);
}

/**
 * Requires --new to write to a cluster without parameters.
 *
 * @param known the cluster's parameters that were read: one is enough to prove that it exists
 */
export async function requireCluster(
  known: VersionedParameters,
  store: Store,
  options: WriteOptions,
  run: Run,
) {
  if ((await exists(known, store, run)) || options.new) return;
  throw finding(`${await absence(store, run)} To write to a new cluster, use --new.`);
}

/**
 * Throws for a cluster without parameters: its empty output would look like that of a cluster
 * without mappings.
 */
export async function requireParameters(
  known: VersionedParameters,
  store: Store,
  run: Run,
): Promise<void> {
  if (!(await exists(known, store, run))) throw finding(await absence(store, run));
}

/**
 * Returns whether the cluster has parameters, even if this principal may not read them. Throws if
 * other clusters are stored below its prefix.
 */
async function exists(known: VersionedParameters, store: Store, run: Run): Promise<boolean> {
  const { clusterId, review } = store;
  const { prefix } = review;
  const isOwn = (name: string) =>
    name === settingsParameter(prefix, clusterId) || isOfCluster(prefix, name);
  if ([...known.keys()].some(isOwn)) return true;
  if (store.hasSettings ?? (await readsSettings(store, run))) return true;
  const others: string[] = [];
  try {
    for await (const name of storedNames(store, run)) {
      if (isOwn(name)) return true;
      others.push(name);
    }
  } catch (error) {
    // After any other error, such as no response, a write could create the cluster of a typo.
    if (!isAwsError(error, "AccessDenied", "AccessDeniedException")) throw error;
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

/** Returns whether the settings of the cluster's function are stored, as far as this may be read. */
async function readsSettings({ clusterId, review, ssm }: Store, run: Run): Promise<boolean> {
  try {
    const names = [settingsParameter(review.prefix, clusterId)];
    return (await readSome(ssm, names, run.interrupted)).size > 0;
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    return false;
  }
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
async function* storedNames(store: Store, run: Run): AsyncGenerator<string> {
  const { account, review, ssm } = store;
  if (account === undefined) {
    for await (const page of pagesBelow(review.prefix, store, run))
      for (const { name } of page) yield name;
    return;
  }
  yield* (await readMappings(store, run)).keys();
  yield* (await readSome(ssm, listsForAny(review.prefix), run.interrupted)).keys();
}

/** Returns sentences about a cluster without parameters. */
async function absence(store: Store, run: Run): Promise<string> {
  const { account, clusterId, review } = store;
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
  const where = `below ${review.prefix} in ${await placeOf(store, undefined, run)}`;
  return `The cluster ${clusterId} has no parameter${of} ${where}.${suggestion} Check ${options.join(", ")} and --profile.`;
}
