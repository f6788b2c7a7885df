// Plans the denial of a person by name: one entry where every function of the store knows names,
// otherwise patterns.

import { personNameOf } from "../../../functions/authenticator/mapping/deny-list.ts";
import type { MappingKind } from "../../../functions/authenticator/mapping/kinds.ts";
import {
  denyParameter,
  mappingParameter,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/text.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { callerIdentity } from "../../aws/calls.ts";
import { type Connection, withFunctionsAgain } from "../../aws/connection.ts";
import { isAccessDenied } from "../../aws/errors.ts";
import { readSome } from "../../aws/parameter-store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import { EXIT, Failure } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { afterwards } from "../../model/access/state.ts";
import { isSamePerson } from "../../model/denied-person.ts";
import { accountOf } from "../../model/entry.ts";
import { supposeIdentity } from "../../model/evaluation.ts";
import {
  namesIn,
  type PossibleIdentity,
  possibleIdentities,
  roleNamed,
  similarName,
} from "../../model/person.ts";
import { isStored, listIn, type VersionedParameters } from "../../model/stored.ts";
import { mayDenyByName } from "../../plan/access/guard-names.ts";
import { count, type Plan, planFor, WAYS_OUT } from "../../plan/changes.ts";
import { Absent } from "../../plan/plan-clusters.ts";
import { readByName, readWithFunctions, requireCluster } from "../../plan/read.ts";
import {
  type Ending,
  noAccessEnds,
  type PlannedDenial,
  unknownEnding,
  WITHOUT_REMARK,
  warnOfSignedTokens,
} from "./deny-effect.ts";
import {
  type DenyOptions,
  ifReadable,
  type Lists,
  ofDenials,
  placeDenials,
  type Terms,
} from "./deny-list.ts";
import { warnOfFederatedUsers } from "./federated-users.ts";

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
 * @param refused the lists that AWS has refused to write
 */
export async function planPerson(
  who: string,
  cluster: ChosenCluster,
  options: DenyOptions,
  terms: Terms,
  connected: Connection,
  run: Run,
  refused: ReadonlySet<string> = new Set(),
): Promise<PlannedPerson> {
  const isByName = (await ifReadable((limited) => mayDenyByName(connected, limited), run)) === true;
  const read = (limited: Run) => readWithFunctions(connected, limited);
  const all = isByName ? await ifReadable(read, run) : await read(run);
  const { mappings, connection } = all ?? { mappings: undefined, connection: connected };
  const { review, account } = connection;
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
  const identities = possibleIdentities(who, known, review);
  const names = namesIn(known, review);
  const sessions = identities.filter(({ kind }) => kind === "session");
  const roles = sessions.map(({ mapping }) => mapping);
  warnOfSignedTokens(roles, connection, run);
  const lists: Lists = {
    ...{ known, refused, terms },
    reserve: isByName ? RESERVE_BYTES : 0,
    force: options.force === true,
  };
  const placed = isByName
    ? await placeName(who, lists, mappings, connection, run)
    : await placePatterns(who, identities, names, lists, connection, run);
  const plan = planFor(known, placed.desired);
  const start = `${who} may be an IAM user, who can create federated users of other names`;
  const after = mappings && afterwards(mappings, plan.changes);
  if (after !== undefined)
    warnOfFederatedUsers(start, account ?? "any", after, cluster, connection, run);
  return {
    plan,
    uncovered: placed.uncovered,
    known,
    connection,
    ...ofDenials(mappings !== undefined),
    names,
    notes: notesOf([...placed.desired.keys()], identities, isByName),
    ifRefused: async (error, ownRun) =>
      planAgain(error, plan, connection, ownRun, refused, (more, fresh) =>
        planPerson(who, cluster, options, terms, fresh, ownRun, more),
      ),
    // With --account, pattern/any is not read.
    endsAccess:
      mappings === undefined ||
      identities.length > 0 ||
      (account === undefined ? false : undefined),
    endsAt: terms.endAt(review.now),
    evading: sessions.flatMap(({ choosesName, mapping }) => (choosesName ? mapping : [])),
    coversLater: isByName,
    async loggedNames() {
      // Loaded here: few denials need the log, and the clients for it take time to load.
      const log = await import("../../cmdline/review-log.ts");
      return log.loggedNames(cluster, account, run, LOG_MS);
    },
  };
}

/**
 * Plans again after a refusal: without the list that AWS refused, or with what the functions accept
 * now. Returns `undefined` if no list is left to write.
 */
async function planAgain(
  error: unknown,
  { changes }: Plan,
  connection: Connection,
  run: Run,
  refused: ReadonlySet<string>,
  plan: (refused: ReadonlySet<string>, fresh: Connection) => Promise<PlannedPerson>,
): Promise<PlannedPerson | undefined> {
  if (!isAccessDenied(error)) {
    run.log(
      "The settings of the functions have changed. The command plans again, with what they accept now.\n",
    );
    return plan(refused, await withFunctionsAgain(connection, run));
  }
  const { ssm } = connection;
  const names = changes.map(({ name }) => name);
  const stored = await readSome(ssm, names, run.interrupted);
  // They are written in the order of the plan.
  const done = changes.filter(({ name, value }) => isStored(value, stored.get(name)));
  const failed = changes.find((change) => !done.includes(change));
  if (failed === undefined) return undefined;
  const where = shortName(failed.name, connection.review.prefix);
  run.log(`AWS refused to write ${where}. The command plans again, without it.\n`);
  try {
    const again = await plan(new Set([...refused, failed.name]), connection);
    if (done.length === 0) return again;
    const written = done.length + again.plan.changes.length;
    return { ...again, outcome: `Wrote ${count(written)}.` };
  } catch (problem) {
    if (problem instanceof NothingPlaced) return undefined;
    throw problem;
  }
}

function refuseRole(who: string, known: VersionedParameters, review: Connection["review"]): void {
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
    (limited) => limited.memo.once(config, "identity", () => callerIdentity(config, limited)),
    run,
  );
  const self = identity && supposeIdentity(identity.Arn);
  if (self === undefined || personNameOf(self) !== asciiLowerCase(who)) return;
  throw new RefusedName(
    EXIT.usage,
    `${who} is your own name (${self.arn}). To deny yourself, add --force.`,
  );
}

/** The number of bytes of a list that names leave free, for the denial of an ARN. */
const RESERVE_BYTES = 512;

interface PlacedPerson {
  readonly desired: ReadonlyMap<string, string>;
  /** Phrases for what is not denied. */
  readonly uncovered: readonly string[];
}

/** No list can hold the denial. */
class NothingPlaced extends Failure {}

function nothingPlaced(reason: string): NothingPlaced {
  return new NothingPlaced(EXIT.finding, [`Nothing was written: ${reason}.`, WAYS_OUT]);
}

/**
 * Places the name in the list for any account, or that of --account, if it can hold the name;
 * otherwise in that of each account with mappings.
 *
 * @param mappings all, if they could be read
 */
async function placeName(
  who: string,
  lists: Lists,
  mappings: VersionedParameters | undefined,
  connection: Connection,
  run: Run,
): Promise<PlacedPerson> {
  const { review, account } = connection;
  const placeIn = (accounts: readonly string[]) =>
    placeDenials(
      accounts.map((of) => ({ account: of, denied: who })),
      lists,
      connection,
      run,
    );
  const { desired: first, left } = await placeIn([account ?? "any"]);
  const [why] = left;
  if (why === undefined) return { desired: first, uncovered: [] };
  const ofAccounts =
    account === undefined
      ? await placeIn([...accountsIn(mappings, review.prefix)])
      : { desired: first, left: [] };
  const gaps = ofAccounts.left.map(({ account: of, problem }) => `account ${of}, since ${problem}`);
  if (ofAccounts.desired.size === 0) {
    const none =
      gaps.length === 0 ? "" : `, and no list of an account can hold the name: ${gaps.join("; ")}`;
    throw nothingPlaced(`${why.problem}${none}`);
  }
  const patterns = listIn(
    lists.known.get(mappingParameter(review.prefix, "pattern", "any"))?.value,
  );
  run.log(`${why.problem}: the name is written to the list of each account that has mappings.\n`);
  return {
    desired: ofAccounts.desired,
    uncovered: [
      ...gaps,
      ...((patterns ?? []).length > 0 ? ["identities that only pattern/any maps"] : []),
    ],
  };
}

/** Returns the accounts that have mappings or denials. */
function accountsIn(
  mappings: Iterable<readonly [string, unknown]> = [],
  prefix: string,
): Set<string> {
  const accounts = [...mappings].flatMap(([name]) => readName(prefix, name)?.account ?? []);
  return new Set(accounts.filter((account) => account !== "any"));
}

/** Places the patterns of the sessions and users that the name can be. */
async function placePatterns(
  who: string,
  identities: readonly PossibleIdentity[],
  names: readonly string[],
  lists: Lists,
  connection: Connection,
  run: Run,
): Promise<PlacedPerson> {
  if (identities.length === 0) {
    const meant = similarName(who, names);
    const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
    throw new Absent(
      EXIT.finding,
      `Nothing to deny: no mapping is for a session or a user named ${who}.${hint}`,
    );
  }
  const patterns = Map.groupBy(identities, ({ arnLike }) => arnLike);
  const denials = [...patterns.keys()].map((denied) => ({ account: accountOf(denied), denied }));
  const { desired, left } = await placeDenials(denials, lists, connection, run);
  const uncovered = [...Map.groupBy(left, ({ problem }) => problem)].map(([problem, some]) => {
    const mappings = some.flatMap(({ denied }) =>
      (patterns.get(denied) ?? []).map(({ mapping }) => mapping),
    );
    return `${listed([...new Set(mappings)], "", 5)}, since ${problem}`;
  });
  if (desired.size === 0) throw nothingPlaced(uncovered.join("; "));
  return { desired, uncovered };
}

/** Returns what the plan says about the denial, below the last list. */
function notesOf(
  lists: readonly string[],
  identities: readonly PossibleIdentity[],
  isByName: boolean,
): ReadonlyMap<string, string> {
  const mappings = [...new Set(identities.map(({ mapping }) => mapping))];
  const counts = Object.entries(NOUNS).flatMap(([kind, [one, several]]) => {
    const { length } = mappings.filter((mapping) => mapping.startsWith(`${kind}/`));
    return length === 0 ? [] : [`${length} ${length === 1 ? one : several}`];
  });
  const matches = counts.length === 0 ? [] : [`It matches ${counts.join(", ")}.`];
  const later = isByName ? [] : ["Not covered: mappings added later."];
  const note = [...matches, ...later].join(" ");
  return new Map(
    note === ""
      ? []
      : lists
          .toSorted()
          .slice(-1)
          .map((list) => [list, note]),
  );
}

const NOUNS: Readonly<Record<MappingKind, readonly [one: string, several: string]>> = {
  role: ["role", "roles"],
  user: ["user", "users"],
  root: ["root user", "root users"],
  "federated-user": ["federated user", "federated users"],
  sso: ["permission set", "permission sets"],
  "sso-session": ["list of sessions", "lists of sessions"],
  pattern: ["list of patterns", "lists of patterns"],
  account: ["account", "accounts"],
};

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
  const isWho = (name: string) => isSamePerson(name, who);
  const mapped = denials.flatMap(({ names }) => names);
  if (isComplete && denials.length > 0 && denials.every(({ endsAccess }) => !endsAccess)) {
    const isKnown = denials.every(({ endsAccess }) => endsAccess === false);
    return unknownEnding(noAccessEnds(who, isKnown ? false : undefined), similarName(who, mapped));
  }
  if (mapped.some(isWho)) return WITHOUT_REMARK;
  const logs = await Promise.all(denials.map((denial) => denial.loggedNames()));
  const names = [...mapped, ...logs.flatMap((logged) => [...logged])];
  if (names.some(isWho)) return WITHOUT_REMARK;
  return unknownEnding("Not known whether a person of this name logs in.", similarName(who, names));
}
