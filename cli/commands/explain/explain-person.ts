// `explain <person>`: as whom a name was seen to log in, and what a session or a user of that name
// would be.

import { isDeepStrictEqual } from "node:util";
import type { VerifiedIdentity } from "../../../functions/authenticator/identity/identity.ts";
import { arnSections, matchesGlob } from "../../../functions/authenticator/mapping/arn.ts";
import { encodeName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { type Connection, logAssumptions } from "../../aws/connection.ts";
import { toFailure } from "../../aws/errors.ts";
import { type Explanation, explainIdentity } from "../../aws/review.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { LogOptions } from "../../cmdline/review-log.ts";
import { spellerFor } from "../../cmdline/spelling.ts";
import { shownTime } from "../../cmdline/times.ts";
import { finding, silentExit, usage } from "../../io/errors.ts";
import {
  hangingIndent,
  listed,
  type OutputFormat,
  oneLine,
  printData,
  shellWord,
  type Text,
  table,
} from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { isSamePerson } from "../../model/denied-person.ts";
import type { PlacedDenial } from "../../model/entry-arns.ts";
import {
  type ReviewSettings,
  type StoredParameters,
  signedIdentity,
  supposeIdentity,
} from "../../model/evaluation.ts";
import { activeDenials, deniesAll, deniesSome } from "../../model/name-denials.ts";
import {
  federatedUsers,
  identitiesNamed,
  type PossibleIdentity,
  roleNamed,
} from "../../model/person.ts";
import { readWithFunctions, requireParameters } from "../../plan/read.ts";

/** An identity of the name that logged in, or that a mapping is for. */
interface Seen {
  readonly as: string;
  readonly username: string;
  readonly by: string;
}

/** What the identities of one mapping would be. */
interface Possibility {
  readonly kinds: readonly PossibleIdentity["kind"][];
  readonly mapping: string;
  readonly verdict: string;
  readonly username: string;
  readonly groups: readonly string[];
  /** Whether a denial surely denies each of them. */
  readonly isDenied: boolean;
  /** Whether they are sessions whose names the caller chooses, so that the name proves nothing. */
  readonly isShared: boolean;
}

export interface PersonOptions extends LogOptions {
  readonly output: OutputFormat;
}

/**
 * Explains a name. Ends with exit code 1 only if denials surely deny every session, IAM user and
 * federated user of this name that a mapping may apply to.
 */
export async function explainPerson(
  who: string,
  options: PersonOptions,
  cluster: ChosenCluster,
  connected: Connection,
  run: Run,
): Promise<void> {
  const { mappings: known, connection } = await readWithFunctions(connected, run);
  const { review } = connection;
  await requireParameters(known, connection, run);
  refuseRole(who, known, review);
  const { settings } = connection.functions.own;
  logAssumptions(connection, run);
  const identities = identitiesNamed(who, known, review);
  const denials = activeDenials(known, review);
  const log = await seenInLog(who, options, cluster, run);
  const seen = [...seenInMappings(identities), ...log.seen];
  const explaining = identities.map(async (identity): Promise<Possibility> => {
    const { accounts, tokens } = settings;
    const sample = sampleOf(identity, who, accounts, tokens === "jwt");
    const explained =
      sample && (await explainIdentity(sample.identity, connection, run, { known }));
    return possibilityOf(identity, denials, sample, explained, review);
  });
  const possible = merged(await Promise.all(explaining));
  const left = leftAfterDenial(who, identities, denials, known, cluster, review, run);
  const isAccessLeft = possible.some(({ isDenied }) => !isDenied);
  const { output } = options;
  if (output === "table") printPerson(who, seen, log.since, possible, left, run);
  else {
    const sentences = left.map(oneLine);
    const logSince = log.since === undefined ? {} : { logSince: new Date(log.since).toISOString() };
    const data = { name: who, seen, ...logSince, possible, left: sentences, isAccessLeft };
    await printData(data, output, run);
  }
  if (possible.length === 0)
    throw finding(`No mapping is for a session or a user named ${who}: no access is left.`);
  if (!isAccessLeft) throw silentExit();
}

function refuseRole(who: string, known: StoredParameters, review: ReviewSettings): void {
  const role = roleNamed(who, known, review);
  if (role === undefined) return;
  const { kind, account, name } = role.entry;
  const typed = kind === "sso-session" ? `sso/${account}/${encodeName(name)}` : role.mapping;
  throw usage(`"${who}" is ${typed}. To explain it, give that name, or its ARN.`);
}

/** Mappings of one user or one session: somebody knew the name. */
function seenInMappings(identities: readonly PossibleIdentity[]): Seen[] {
  return identities.flatMap(({ mapping, isOwn, entry }) => {
    const { session, username = "" } = entry.mapping;
    if (isOwn) return { as: entry.mapping.arn ?? mapping, username, by: "its mapping" };
    if (session === undefined) return [];
    return { as: `session ${session} of ${mapping}`, username, by: "its mapping" };
  });
}

/** The limit in milliseconds for the log. */
const LOG_MS = 5_000;

/** Returns as whom the name logged in, and the time since which all of the log was read. */
async function seenInLog(
  who: string,
  options: LogOptions,
  cluster: ChosenCluster,
  run: Run,
): Promise<{ readonly seen: readonly Seen[]; readonly since: number | undefined }> {
  // Loaded here: the clients for the log take time to load.
  const { nameIn, recentGrants } = await import("../../cmdline/review-log.ts");
  const logins = new Map<string, { as: string; username: string; count: number; last: number }>();
  const { from, failure } = await recentGrants(cluster, options, run, LOG_MS, (review) => {
    if (!isSamePerson(who, nameIn(review))) return;
    const { arn = "", username = "", time } = review;
    const key = JSON.stringify([arn, username]);
    const { count = 0, last = time } = logins.get(key) ?? {};
    logins.set(key, { as: arn, username, count: count + 1, last: Math.max(last, time) });
  });
  if (failure !== undefined) {
    const reason = toFailure(failure)?.lines[0] ?? `it takes more than ${LOG_MS / 1000} s`;
    const reach = from === undefined ? "" : ` before ${shownTime(from)}`;
    run.log(`Not read: granted reviews${reach} in the log. ${reason}\n`);
  }
  const seen = [...logins.values()]
    .toSorted((a, b) => b.last - a.last)
    .map(({ as, username, count, last }) => {
      const times = count === 1 ? "1 granted review" : `${count} granted reviews`;
      return { as, username, by: `${times}, last at ${shownTime(last)}` };
    });
  return { seen, since: from };
}

interface Sample {
  readonly identity: VerifiedIdentity;
  /** The made-up account, if the mapping is for any. */
  readonly madeUpAccount?: string;
}

/** Returns one of the identities; `undefined` if none can be made up that the mapping applies to. */
function sampleOf(
  { kind, arnLike, canonicalLike, entry }: PossibleIdentity,
  who: string,
  accounts: readonly string[],
  isSigned: boolean,
): Sample | undefined {
  const [, partition = "", , , ofAccount = ""] = arnLike.split(":");
  const account = sampleAccount(ofAccount, accounts);
  if (account === undefined) return undefined;
  const { principalId, session = who, arn: mappedArn } = entry.mapping;
  const role = filled(canonicalLike.slice(canonicalLike.indexOf("/") + 1));
  const arns: Readonly<Record<PossibleIdentity["kind"], string>> = {
    session: `arn:${partition}:sts::${account}:assumed-role/${role}/${session}`,
    user: `arn:${partition}:iam::${account}:user/${pathIn(entry.mapping.arnLike)}${who}`,
    "federated user": `arn:${partition}:sts::${account}:federated-user/${who}`,
  };
  const isOwn = kind !== "session" && mappedArn !== undefined;
  const identity = supposeIdentity(isOwn ? mappedArn : arns[kind], { principalId });
  if (identity === undefined) return undefined;
  const isJwt = isSigned && kind !== "federated user";
  return {
    identity: isJwt ? signedIdentity(identity) : identity,
    ...(account !== ofAccount && !accounts.includes(account) && { madeUpAccount: account }),
  };
}

function filled(glob: string): string {
  return glob.replaceAll("?", "0").replaceAll("*", "any");
}

/** Returns a path that a pattern for users has. */
function pathIn(arnLike = ""): string {
  return filled(/^user\/(.*\/)/.exec(arnSections(arnLike)?.at(-1) ?? "")?.[1] ?? "");
}

function sampleAccount(glob: string, accepted: readonly string[]): string | undefined {
  const account =
    accepted.find((known) => matchesGlob(glob, known)) ??
    glob.replaceAll("?", "0").replace("*", "0".repeat(Math.max(0, 13 - glob.length)));
  return /^\d{12}$/.test(account) ? account : undefined;
}

function possibilityOf(
  identity: PossibleIdentity,
  denials: readonly PlacedDenial[],
  sample: Sample | undefined,
  explained: Explanation | undefined,
  { prefix }: ReviewSettings,
): Possibility {
  const { kind, mapping, entry } = identity;
  const { arnLike, session, username: template } = entry.mapping;
  const which = arnLike ?? (session && `(${session})`);
  const { verdict, isUser = true, isDenied = false } = judge(identity, denials, explained, prefix);
  const { username = "", groups = [] } = (isUser && explained?.user) || {};
  const madeUp = sample?.madeUpAccount;
  const shown = (text: string) =>
    madeUp === undefined ? text : text.replaceAll(madeUp, "<account>");
  return {
    kinds: [kind],
    mapping: which === undefined ? mapping : `${mapping} ${which}`,
    verdict,
    // Of an account mapping, the ARN of the sample would mislead.
    username: username !== "" && template === undefined ? "its ARN" : shown(username),
    groups: groups.map(shown),
    isDenied,
    isShared: identity.choosesName,
  };
}

interface Judgement extends Pick<Possibility, "verdict">, Partial<Pick<Possibility, "isDenied">> {
  /** Whether the identities would be the user of the sample. Default: true. */
  readonly isUser?: boolean;
}

/** Judges the identities of a mapping by the denials, and then by a sample. */
function judge(
  identity: PossibleIdentity,
  denials: readonly PlacedDenial[],
  explained: Explanation | undefined,
  prefix: string,
): Judgement {
  const lists = (some: readonly PlacedDenial[]) =>
    [...new Set(some.map(({ parameter }) => shortName(parameter, prefix)))].join(", ");
  const denying = denials.filter((denial) => deniesAll(denial, identity));
  if (denying.length > 0)
    return { verdict: `denied by ${lists(denying)}`, isDenied: true, isUser: false };
  // An invalid list denies them all, until it is repaired.
  const isListInvalid = explained?.refusal?.code === "denials_invalid";
  const partly = denials.filter((denial) => deniesSome(denial, identity));
  if (partly.length > 0 && !isListInvalid) return { verdict: `in part denied by ${lists(partly)}` };
  return explained === undefined
    ? { verdict: "depends on the account" }
    : judgeSample(identity, explained, prefix);
}

function judgeSample(
  { entry: { parameter, mapping } }: PossibleIdentity,
  { refusal, evaluations = [], parameter: decided = parameter }: Explanation,
  prefix: string,
): Judgement {
  const deciding = evaluations.find((evaluation) => evaluation.parameter === decided)?.verdict;
  const isOther =
    deciding?.kind === "match" &&
    (decided !== parameter || !isDeepStrictEqual(deciding.mapping, mapping));
  if (isOther) return { verdict: `${shortName(decided, prefix)} applies instead`, isUser: false };
  if (refusal !== undefined) {
    const by = decided === parameter ? "" : ` by ${shortName(decided, prefix)}`;
    return { verdict: `denied, ${refusal.code}${by}` };
  }
  const { principalId } = mapping;
  return { verdict: principalId === undefined ? "granted" : `granted, only to ${principalId}` };
}

/** Joins what is equal for several kinds of identities of one mapping. */
function merged(all: readonly Possibility[]): Possibility[] {
  const groups = Map.groupBy(all, ({ kinds: _, isShared: __, ...rest }) => JSON.stringify(rest));
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const same = [first, ...others];
    const kinds = [...new Set(same.flatMap((one) => one.kinds))];
    return { ...first, kinds, isShared: same.some(({ isShared }) => isShared) };
  });
}

/** Returns what the denials that apply to this name leave; nothing without such a denial. */
function leftAfterDenial(
  who: string,
  identities: readonly PossibleIdentity[],
  denials: readonly PlacedDenial[],
  known: StoredParameters,
  cluster: ChosenCluster,
  review: ReviewSettings,
  run: Run,
): Text[] {
  const isDenied = (identity: PossibleIdentity) =>
    denials.some((denial) => deniesAll(denial, identity));
  const denied = identities.filter(isDenied);
  if (denied.length === 0) return [];
  const otherNames = denied.filter(
    (identity) =>
      identity.choosesName &&
      !isDenied({ ...identity, arnLike: identity.arnLike.replace(/[^/]*$/, "*") }),
  );
  const roles = [...new Set(otherNames.map(({ mapping }) => mapping))];
  const federated = federatedUsers(known, review).filter((identity) => !isDenied(identity));
  const granting = [...new Set(federated.map(({ mapping }) => mapping))];
  const accounts = new Set(federated.map(({ arnLike }) => arnLike.split(":")[4] ?? "*"));
  const ofUser = `arn:${review.partition}:sts::${accounts.size === 1 ? [...accounts][0] : "*"}:federated-user/*`;
  const { spell } = spellerFor(cluster, run.environment);
  return [
    ...(roles.length === 0
      ? []
      : [
          `Not denied: other session names of ${listed(roles, "", 10)}. The caller that assumes such a role chooses the name: change its trust policy, or deny the role.`,
        ]),
    ...(granting.length === 0
      ? []
      : [
          {
            before: `Not denied: federated users. An IAM user can make one with any name (sts:GetFederationToken), and ${listed(granting, "", 10)} can grant it access for 36 hours. To deny them too:`,
            command: spell("mappings deny", `${shellWord(ofUser)} --for 36h`),
          },
        ]),
    `Not ended: AWS sessions of ${who}. One that may write deny lists can remove the denial until it ends.`,
  ];
}

function printPerson(
  who: string,
  seen: readonly Seen[],
  logSince: number | undefined,
  possible: readonly Possibility[],
  left: readonly Text[],
  run: Run,
): void {
  const { columns } = run;
  const sentence = (text: Text) => run.print(hangingIndent("", text, columns));
  if (seen.length === 0) {
    sentence(
      logSince === undefined
        ? `Not known whether ${who} logs in: no mapping is for this name only, and the function's log was not read.`
        : `${who} was not seen to log in: no mapping is for this name only, and the log has no granted review of it since ${shownTime(logSince)}.`,
    );
  } else {
    const rows = seen.map(({ as, username, by }) => [as, username, by]);
    run.print(table(["seen as", "username", "by"], rows, columns));
  }
  if (possible.length === 0) return;
  run.print("\n");
  sentence(`A session, IAM user or federated user named ${who} would be:`);
  const rows = possible.map(({ kinds, mapping, verdict, username, groups }) => [
    kinds.join(", "),
    mapping,
    verdict,
    username,
    groups.join(","),
  ]);
  run.print(table(["if a", "of", "would be", "username", "groups"], rows, columns));
  const shared = possible.flatMap(({ isShared, isDenied, mapping }) =>
    isShared && !isDenied ? mapping : [],
  );
  if (shared.length > 0 || left.length > 0) run.print("\n");
  if (shared.length > 0) {
    sentence(
      `The caller that assumes a role chooses the session's name. So these rows prove nothing about ${who}: ${listed(shared)}.`,
    );
  }
  for (const text of left) sentence(text);
}
