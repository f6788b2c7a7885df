// Plans the denial of a person by name: one entry where every function of the store knows names,
// otherwise patterns.

import { personNameOf } from "../../../functions/authenticator/mapping/deny-list.ts";
import {
  denyParameter,
  mappingParameter,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/text.ts";
import { managerOf } from "../../../functions/settings/stack.ts";
import { callerIdentity } from "../../aws/calls.ts";
import type { Connection } from "../../aws/connection.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import { EXIT, Failure, finding } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { readValue } from "../../model/entry-arns.ts";
import { shortName, supposeIdentity } from "../../model/evaluation.ts";
import {
  namesIn,
  type PossibleIdentity,
  possibleIdentities,
  roleNamed,
  similarName,
} from "../../model/person.ts";
import { listIn, MAX_BYTES, type VersionedParameter } from "../../model/stored.ts";
import { findOwner, type Plan, planFor, WAYS_OUT } from "../../plan/changes.ts";
import { Absent } from "../../plan/plan-clusters.ts";
import type { ClusterPlan } from "../../plan/propose.ts";
import { mayDenyByName, readByName, readMappings, requireCluster } from "../../plan/read.ts";
import {
  type Ending,
  KNOWN_ENDING,
  noAccessEnds,
  type PlannedDenial,
  unknownEnding,
  warnOfSignedTokens,
} from "./deny-effect.ts";
import {
  type DenyOptions,
  ifReadable,
  ofDenials,
  planDenials,
  type Terms,
  withDenial,
} from "./deny-list.ts";

export interface PlannedPerson extends PlannedDenial {
  /** The users and sessions that mappings name. */
  readonly names: readonly string[];
  /** Returns the users and sessions in granted reviews of the cluster's log. */
  readonly loggedNames: () => Promise<ReadonlySet<string>>;
}

/** The name must deny nothing, in any cluster. */
export class RefusedName extends Failure {}

/**
 * Plans the denial of a person.
 *
 * @param isRefused whether AWS has refused to write the first list
 */
export async function planPerson(
  who: string,
  cluster: ChosenCluster,
  options: DenyOptions,
  terms: Terms,
  connection: Connection,
  run: Run,
  isRefused = false,
): Promise<PlannedPerson> {
  const { review, account } = connection;
  const isByName =
    (await ifReadable((limited) => mayDenyByName(connection, limited), run)) === true;
  const read = (limited: Run) => readMappings(connection, limited);
  const mappings = isByName ? await ifReadable(read, run) : await read(run);
  // A name needs only its list.
  const known =
    mappings ??
    (await readByName([denyParameter(review.prefix, account ?? "any")], connection, run));
  if (!isByName) await requireCluster(known, connection, options, run);
  if (account !== undefined) {
    run.log(
      "Not checked: pattern/any and other accounts. Without --account, the command reads them too.\n",
    );
  }
  if (!options.person) refuseRole(who, known, review);
  if (!options.force) await refuseOwnName(who, connection, run);
  const found = possibleIdentities(who, known, review);
  const names = namesIn(known, review);
  if (found.length > 0) {
    const shown = found.map(({ kind, mapping, isOwn }) =>
      isOwn ? mapping : `a ${kind} of ${mapping}`,
    );
    run.log(`${who} can be ${listed(shown, "", 20)}.\n`);
  }
  const sessions = found.filter(({ kind }) => kind === "session");
  const roles = sessions.map(({ mapping }) => mapping);
  warnOfSignedTokens(roles, connection, run);
  const planned = isByName
    ? await planName(who, options, terms, isRefused, mappings, known, connection, run)
    : { plan: planPatterns(who, found, names, terms, known, connection) };
  const ifRefused = (own: Run) => {
    own.log("AWS refused the write. The command plans again, with the lists of accounts.\n");
    return planPerson(who, cluster, options, terms, connection, own, true);
  };
  return {
    ...planned,
    known,
    connection,
    ...ofDenials(mappings !== undefined),
    names,
    ...(isByName && !isRefused && { ifRefused }),
    // With --account, pattern/any is not read.
    endsAccess:
      mappings === undefined || found.length > 0 || (account === undefined ? false : undefined),
    endsAt: terms.endAt(review.now),
    evading: sessions.flatMap(({ choosesName, mapping }) => (choosesName ? mapping : [])),
    async loggedNames() {
      // Loaded here: few denials need the log, and the clients for it take time to load.
      const log = await import("../../cmdline/review-log.ts");
      return log.loggedNames(cluster, account, run, LOG_MS);
    },
  };
}

function refuseRole(
  who: string,
  known: ReadonlyMap<string, VersionedParameter>,
  review: Connection["review"],
): void {
  const role = roleNamed(who, known, review);
  if (role === undefined) return;
  const { kind, account, name } = role.entry;
  const advice =
    kind === "role"
      ? "To deny the role, give its ARN."
      : `To deny the permission set, give sso/${account}/${name}.`;
  throw new RefusedName(
    EXIT.usage,
    `"${who}" is ${role.mapping}. ${advice} For a person of that name, add --person.`,
  );
}

/**
 * Refuses the operator's own name if STS returns it in time: an emergency must not depend on STS.
 */
async function refuseOwnName(who: string, { config }: Connection, run: Run): Promise<void> {
  const identity = await ifReadable(
    (own) => own.memo.once(config, "identity", () => callerIdentity(config, own)),
    run,
  );
  const own = identity && supposeIdentity(identity.Arn);
  if (own === undefined || personNameOf(own) !== asciiLowerCase(who)) return;
  throw new RefusedName(
    EXIT.usage,
    `${who} is your own name (${own.arn}). To deny yourself, add --force.`,
  );
}

/** The number of bytes of a list that names leave free, for the denial of an ARN. */
const RESERVE_BYTES = 512;

/**
 * Plans the name in the list for any account, or that of --account, if it can hold the name;
 * otherwise in that of each account with mappings.
 *
 * @param mappings all, if they could be read
 */
async function planName(
  who: string,
  { force }: DenyOptions,
  terms: Terms,
  isRefused: boolean,
  mappings: ReadonlyMap<string, VersionedParameter> | undefined,
  known: ReadonlyMap<string, VersionedParameter>,
  connection: Connection,
  run: Run,
): Promise<Pick<ClusterPlan, "plan" | "uncovered">> {
  const { review, account } = connection;
  const { prefix } = review;
  const place = (ofAccount: string) =>
    placeName(ofAccount, who, force === true, terms, known, connection, run);
  const first = denyParameter(prefix, account ?? "any");
  const inFirst: Placement = isRefused
    ? { problem: "may not be written with your permissions" }
    : await place(account ?? "any");
  if (inFirst.problem === undefined)
    return { plan: planFor(known, new Map([[first, inFirst.value]])) };
  const desired = new Map<string, string>();
  const uncovered: string[] = [];
  for (const other of account === undefined ? accountsIn(mappings, prefix) : []) {
    const list = denyParameter(prefix, other);
    const { value, problem } = await place(other);
    if (problem === undefined) desired.set(list, value);
    else uncovered.push(`account ${other}, since ${shortName(list, prefix)} ${problem}`);
  }
  const where = `${shortName(first, prefix)} ${inFirst.problem}`;
  if (desired.size === 0) {
    const others =
      uncovered.length === 0
        ? ""
        : `, and no list of an account can hold the name: ${uncovered.join("; ")}`;
    throw finding(`Nothing was written: ${where}${others}.`, WAYS_OUT);
  }
  const patterns = listIn(known.get(mappingParameter(prefix, "pattern", "any"))?.value) ?? [];
  if (patterns.length > 0) uncovered.push("identities that only pattern/any maps");
  run.log(`${where}: the name is written to the list of each account that has mappings.\n`);
  return { plan: planFor(known, desired), uncovered };
}

/** A list with the name, or a phrase that states why it cannot hold the name. */
type Placement =
  | { readonly value: string; readonly problem?: undefined }
  | { readonly problem: string; readonly value?: undefined };

/**
 * Adds the name to the list of an account, or `any`, unless the list is invalid, full, or managed
 * by a stack.
 */
async function placeName(
  account: string,
  who: string,
  force: boolean,
  terms: Terms,
  known: ReadonlyMap<string, VersionedParameter>,
  { ssm, review }: Connection,
  run: Run,
): Promise<Placement> {
  const list = denyParameter(review.prefix, account);
  const stored = known.get(list);
  if (readValue(list, stored, review).problem !== undefined) return { problem: "is invalid" };
  const { value, bytes, isNew } = withDenial(account, stored, who, terms, review);
  if (bytes + (isNew ? RESERVE_BYTES : 0) > MAX_BYTES)
    return { problem: `is full (${bytes} of ${MAX_BYTES} bytes)` };
  if (stored === undefined || force) return { value };
  const { stack } = await findOwner(ssm, list, run.interrupted);
  return stack === undefined ? { value } : { problem: `is managed by ${managerOf(stack)}` };
}

/** Returns the accounts that have mappings or denials. */
function accountsIn(
  mappings: Iterable<readonly [string, unknown]> = [],
  prefix: string,
): Set<string> {
  const accounts = [...mappings].flatMap(([name]) => readName(prefix, name)?.account ?? []);
  return new Set(accounts.filter((account) => account !== "any"));
}

/** Plans the patterns of the sessions and users that the name can be. */
function planPatterns(
  who: string,
  found: readonly PossibleIdentity[],
  names: readonly string[],
  terms: Terms,
  known: ReadonlyMap<string, VersionedParameter>,
  connection: Connection,
): Plan {
  if (found.length === 0) {
    const meant = similarName(who, names);
    const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
    throw new Absent(
      EXIT.finding,
      `Nothing to deny: no mapping is for a session or a user named ${who}.${hint}`,
    );
  }
  const patterns = [...new Set(found.map(({ arnLike }) => arnLike))];
  return planDenials(patterns, terms, known, connection);
}

/** The limit in milliseconds for the log: a denial must not wait longer. */
const LOG_MS = 2_000;

/**
 * Judges over all clusters when access ends. `isComplete` is whether all were planned, since one
 * that was not may have a mapping.
 */
export async function endingOfPerson(
  who: string,
  denials: readonly PlannedPerson[],
  isComplete: boolean,
): Promise<Ending> {
  const isWho = (name: string) => asciiLowerCase(name) === asciiLowerCase(who);
  const mapped = denials.flatMap(({ names }) => names);
  if (isComplete && denials.length > 0 && denials.every(({ endsAccess }) => !endsAccess)) {
    const isKnown = denials.every(({ endsAccess }) => endsAccess === false);
    return unknownEnding(noAccessEnds(who, isKnown ? false : undefined), similarName(who, mapped));
  }
  if (mapped.some(isWho)) return KNOWN_ENDING;
  const logs = await Promise.all(denials.map((denial) => denial.loggedNames()));
  const names = [...mapped, ...logs.flatMap((logged) => [...logged])];
  if (names.some(isWho)) return KNOWN_ENDING;
  return unknownEnding("Not known whether a person of this name logs in.", similarName(who, names));
}
