// `mappings allow`: removes denials, so that the mappings apply again.

import { isPersonName } from "../../../functions/authenticator/mapping/deny-list.ts";
import {
  candidates,
  denyParameter,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import type { Connection } from "../../aws/connection.ts";
import { readSome } from "../../aws/parameter-store.ts";
import type { StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { spellerFor } from "../../cmdline/spelling.ts";
import { EXIT, usage } from "../../io/errors.ts";
import { shellWord } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { addressOf, afterwards } from "../../model/access/state.ts";
import { isSamePerson, personDeniedBy } from "../../model/denied-person.ts";
import { isActive, readValue } from "../../model/entry-arns.ts";
import {
  decide,
  type ReviewSettings,
  type StoredParameters,
  supposeIdentity,
} from "../../model/evaluation.ts";
import { isFor, listItems, type VersionedParameters } from "../../model/stored.ts";
import { findDenyTarget, partitionIn } from "../../model/target.ts";
import { judgeAccess } from "../../plan/access/judge-access.ts";
import { carryOut } from "../../plan/carry-out.ts";
import { type Plan, planFor } from "../../plan/changes.ts";
import { EFFECT } from "../../plan/plan.ts";
import { Absent, planClusters } from "../../plan/plan-clusters.ts";
import { readByName, readWithFunctions, requireCluster } from "../../plan/read.ts";

interface AllowOptions extends StoreOptions, WriteOptions {
  readonly session?: string;
}

export async function allow(
  who: string,
  clusters: Clusters,
  options: AllowOptions,
  run: Run,
): Promise<void> {
  const isPerson = isPersonName(who);
  if (isPerson && options.session !== undefined)
    throw usage("--session requires a role or a permission set.");
  const planned = await planClusters(
    clusters,
    options,
    run,
    (connection, cluster, ownRun) =>
      isPerson
        ? planPersonRemoval(who, options, connection, ownRun)
        : planPrincipalRemoval(who, cluster, options, connection, ownRun),
    { partition: partitionIn(who) },
  );
  await carryOut(planned, options, run, { done: "Allowed" });
}

async function planPrincipalRemoval(
  who: string,
  cluster: ChosenCluster,
  options: AllowOptions,
  connection: Connection,
  run: Run,
) {
  const { review, account } = connection;
  const { parameter, arnLike } = findDenyTarget(connection, who, options.session);
  const lists = new Set([
    parameter,
    ...(account === undefined ? [denyParameter(review.prefix, "any")] : []),
  ]);
  const places = candidatesOf(arnLike, connection).filter((name) => !lists.has(name));
  const known = await readByName([...lists, ...places], connection, run);
  await requireCluster(known, connection, options, run);
  const plan = planWithout(lists, (item) => isFor(item, arnLike), known, review);
  const left = stillDenied(arnLike, afterwards(known, plan.changes), cluster, connection, run);
  if (plan.changes.length === 0)
    throw new Absent(EXIT.finding, `No denial names ${arnLike}.${left}`);
  const effect = () => [EFFECT, ...(left === "" ? [] : [left.trim()])];
  return { plan, known, connection, judge: judgeAccess(), effect };
}

async function planPersonRemoval(
  who: string,
  options: AllowOptions,
  connected: Connection,
  run: Run,
) {
  const { mappings: known, connection } = await readWithFunctions(connected, run);
  const { review, account } = connection;
  await requireCluster(known, connection, options, run);
  // Below a short prefix there may be lists of other clusters.
  const lists = [...known.keys()].filter((name) => readName(review.prefix, name)?.kind === "deny");
  const plan = planWithout(lists, (item) => isOfPerson(item, who), known, review);
  const left = account === undefined ? "" : await deniedByAny(who, connection, run);
  if (plan.changes.length === 0)
    throw new Absent(EXIT.finding, `No denial names a session or a user ${who}.${left}`);
  return {
    plan,
    known,
    connection,
    judge: judgeAccess({ isWhole: true }),
    effect: () => [EFFECT, ...(left === "" ? [] : [left.trim()])],
  };
}

/**
 * Returns a sentence if the list for any account, which --account leaves alone, denies the name.
 */
async function deniedByAny(who: string, { ssm, review }: Connection, run: Run): Promise<string> {
  const list = denyParameter(review.prefix, "any");
  const stored = (await readSome(ssm, [list], run.interrupted)).get(list);
  const { entries } = readValue(list, stored, review);
  if (!entries.some((entry) => isActive(entry, review) && isOfPerson(entry.mapping, who)))
    return "";
  return ` ${who} is still denied by ${shortName(list, review.prefix)}, in every account. To allow it there, leave out --account.`;
}

/**
 * Returns whether the entry denies sessions, users or federated users of this name only. Names and
 * ARN patterns ignore case.
 */
function isOfPerson(item: unknown, who: string): boolean {
  if (isFor(item, who)) return true;
  const arnLike = isObject(item) ? item["arnLike"] : undefined;
  if (typeof arnLike !== "string") return false;
  const person = personDeniedBy({ arnLike });
  return person !== undefined && isSamePerson(person, who);
}

/**
 * Plans the list without the entries. Throws if a list with an entry to remove is invalid. A list
 * without one is not changed, even if it is invalid.
 */
function planWithout(
  lists: Iterable<string>,
  isRemoved: (item: unknown) => boolean,
  known: VersionedParameters,
  review: ReviewSettings,
): Plan {
  const { prefix, partition } = review;
  const desired = [...lists].flatMap((parameter) => {
    const stored = known.get(parameter);
    const list = stored && parseJson(stored.value);
    if (stored === undefined || (Array.isArray(list) && !list.some(isRemoved))) return [];
    const name = shortName(parameter, prefix);
    const { account } = addressOf(parameter, review);
    const items = listItems(name, stored, { kind: "deny", account, partition }, isRemoved);
    return [[parameter, JSON.stringify(items.filter((item) => !isRemoved(item)))] as const];
  });
  return planFor(known, new Map(desired));
}

/**
 * Returns the parameters that may apply. With --account, these are only those that permissions for
 * that account cover.
 */
function candidatesOf(arnLike: string, { review, account }: Connection): string[] {
  const identity = supposeIdentity(arnLike);
  if (identity === undefined) return [];
  const names = candidates(review.prefix, identity).map(({ parameter }) => parameter);
  const isOfAny = (name: string) => readName(review.prefix, name)?.account === "any";
  return account === undefined ? names : names.filter((name) => !isOfAny(name));
}

/**
 * Returns sentences about a denial that still matches a principal; empty for a pattern, or if no
 * denial matches.
 */
function stillDenied(
  arnLike: string,
  parameters: StoredParameters,
  cluster: ChosenCluster,
  { review }: Connection,
  { environment }: Run,
): string {
  const identity = supposeIdentity(arnLike);
  const { deciding } = identity === undefined ? {} : decide(review, identity, parameters);
  if (deciding?.place !== "deny-account" && deciding?.place !== "deny-any") return "";
  const name = shortName(deciding.parameter, review.prefix);
  const { spell } = spellerFor(cluster, environment);
  return ` ${arnLike} is still denied by ${name}. To see it: ${spell("mappings get", shellWord(name))}`;
}
