// Plans the denial of an ARN or a pattern, and judges what it ends.

import { isOfOne } from "../../../functions/authenticator/mapping/kinds.ts";
import {
  candidates,
  denyParameter,
  mappingParameter,
  permissionSetInAnyCase,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isOfSessions } from "../../../functions/authenticator/mapping/possible-arn.ts";
import { nearest } from "../../../functions/lib/text.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import type { Connection } from "../../aws/connection.ts";
import { readSome } from "../../aws/parameter-store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { Run } from "../../io/run.ts";
import { afterwards } from "../../model/access/state.ts";
import { accountOf } from "../../model/entry.ts";
import { type StoredParameters, supposeIdentity } from "../../model/evaluation.ts";
import { findDenyTarget } from "../../model/target.ts";
import type { Plan } from "../../plan/changes.ts";
import { readByName, readMappings } from "../../plan/read.ts";
import {
  type Ending,
  mayBeEnded,
  noAccessEnds,
  type PlannedDenial,
  unknownEnding,
  WITHOUT_REMARK,
  warnOfSignedTokens,
} from "./deny-effect.ts";
import { type DenyOptions, ifReadable, ofDenials, planDenial, type Terms } from "./deny-list.ts";
import { warnOfFederatedUsers } from "./federated-users.ts";

export interface PlannedPrincipal extends PlannedDenial {
  readonly arnLike: string;
}

export async function planPrincipal(
  who: string,
  cluster: ChosenCluster,
  options: DenyOptions,
  terms: Terms,
  connection: Connection,
  run: Run,
): Promise<PlannedPrincipal> {
  const { review, account } = connection;
  const { parameter, arnLike } = findDenyTarget(connection, who, options.session);
  const names = parametersOf(arnLike, review.prefix);
  const isOfAny = (name: string) => readName(review.prefix, name)?.account === "any";
  const ofAccount = names?.filter((name) => account === undefined || !isOfAny(name)) ?? [];
  const read = (some: readonly string[], limited: Run) =>
    readByName([...new Set([parameter, ...some])], connection, limited);
  const all = await ifReadable(
    (limited) =>
      names === undefined ? readMappings(connection, limited) : read(ofAccount, limited),
    run,
  );
  const known = all ?? (await read([], run));
  const plan = planDenial(arnLike, terms, known, connection);
  await warnForUser(arnLike, plan, cluster, connection, run);
  const role = sessionRole(arnLike);
  if (isOfSessions(arnLike)) warnOfSignedTokens([role ?? "*"], connection, run);
  return {
    plan,
    known,
    connection,
    arnLike,
    ...ofDenials(false),
    endsAccess: await mayEndAccess(arnLike, all, connection, run),
    endsAt: terms.endAt(review.now),
    coversLater: true,
    evading:
      role === undefined || isRoleOfSet(role) ? [] : [role === "*" ? "every role" : `role ${role}`],
  };
}

/**
 * Returns whether a stored mapping may apply to what is denied; `undefined` if what is read shows
 * none, and the rest cannot be read.
 *
 * @param read what applies to it, with --account without `pattern/any`, which a team may not be
 * able to read
 */
async function mayEndAccess(
  arnLike: string,
  read: StoredParameters | undefined,
  { ssm, review, account }: Connection,
  run: Run,
): Promise<boolean | undefined> {
  if (read === undefined) return undefined;
  if (mayBeEnded(arnLike, read, review).length > 0) return true;
  if (account === undefined) return false;
  const pattern = mappingParameter(review.prefix, "pattern", "any");
  const patterns = await ifReadable(
    ({ interrupted }) => readSome(ssm, [pattern], interrupted),
    run,
  );
  return patterns && mayBeEnded(arnLike, patterns, review).length > 0;
}

/**
 * Judges over all clusters when access ends. `isComplete` is whether all were planned, since one
 * that was not may have the mapping.
 */
export async function endingOfPrincipal(
  who: string,
  denials: readonly PlannedPrincipal[],
  isComplete: boolean,
  run: Run,
): Promise<Ending> {
  if (!isComplete || denials.length === 0 || denials.some(({ endsAccess }) => endsAccess))
    return WITHOUT_REMARK;
  const isKnown = denials.every(({ endsAccess }) => endsAccess === false);
  const similar = denials.map(async ({ arnLike, connection }) => {
    const stored = await ifReadable((limited) => readMappings(connection, limited), run);
    return similarMapping(arnLike, [...(stored?.keys() ?? [])], connection.review.prefix);
  });
  const names = await Promise.all(similar);
  return unknownEnding(
    noAccessEnds(who, isKnown ? false : undefined),
    names.find((name) => name !== undefined),
  );
}

/**
 * Returns the parameters of the principal that a denial names; `undefined` for a pattern. Only AWS
 * knows the suffix of a permission set's role, and no mapping depends on it.
 */
function parametersOf(arnLike: string, prefix: string): string[] | undefined {
  const principal = supposeIdentity(arnLike.replace(/\?{16}(?=$|\/)/, "0".repeat(16)));
  return principal && candidates(prefix, principal).map(({ parameter }) => parameter);
}

/**
 * Returns a stored mapping whose name is similar to the principal's, such as
 * `role/111122223333/developers`.
 */
function similarMapping(
  arnLike: string,
  stored: readonly string[],
  prefix: string,
): string | undefined {
  const expected = parametersOf(arnLike, prefix) ?? [];
  const others = stored.filter((name) => {
    const kind = readName(prefix, name)?.kind;
    return kind !== undefined && isOfOne(kind) && !expected.includes(name);
  });
  const [name] = expected.flatMap((parameter) => nearest(parameter, others) ?? []);
  return name && shortName(name, prefix);
}

/** Returns the role in a pattern for sessions. */
function sessionRole(arnLike: string): string | undefined {
  return /^arn:[^:]*:sts:[^:]*:[^:]*:assumed-role\/([^/]+)\/[^/]+$/i.exec(arnLike)?.[1];
}

/**
 * Returns whether it is the pattern for the role of one permission set, whose suffix only AWS
 * knows.
 */
function isRoleOfSet(role: string): boolean {
  const asRole = role.replace(/\?{16}$/, "0".repeat(16));
  return asRole !== role && permissionSetInAnyCase(asRole) !== undefined;
}

/**
 * Warns if mappings grant access to federated users, whose names a denied user may choose. This
 * does not stop a denial: if the mappings cannot be read, the warning reports that.
 */
async function warnForUser(
  arnLike: string,
  { changes }: Plan,
  cluster: ChosenCluster,
  connection: Connection,
  run: Run,
) {
  if (!/^arn:[^:]*:iam:[^:]*:[^:]*:user\//i.test(arnLike)) return;
  const { ssm, review } = connection;
  const account = accountOf(arnLike);
  const names = new Set([
    ...(account === "any" ? [] : [mappingParameter(review.prefix, "account", account)]),
    ...[account, "any"].flatMap((of) => [
      mappingParameter(review.prefix, "pattern", of),
      denyParameter(review.prefix, of),
    ]),
  ]);
  const stored = await readSome(ssm, [...names], run.interrupted).catch((error: unknown) => {
    if (run.interrupted.aborted) throw error;
    return undefined;
  });
  const start = "This denial does not cover federated users, whose names their creator chooses";
  const after = stored && afterwards(stored, changes);
  warnOfFederatedUsers(start, account, after, cluster, connection, run);
}
