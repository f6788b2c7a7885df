// Plans the denial of a person by name: one entry where every function of the store knows names, otherwise patterns.

import { denyParameter, mappingParameter, readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/text.ts";
import { callerIdentity } from "../../aws/calls.ts";
import { once } from "../../aws/client.ts";
import type { Connection } from "../../aws/connection.ts";
import type { OneOf } from "../../cmdline/clusters.ts";
import { type LogOptions, loggedNames } from "../../cmdline/review-log.ts";
import { EXIT, Failure, finding } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { IOStreams } from "../../io/streams.ts";
import { accountOf } from "../../model/entry.ts";
import { shortName } from "../../model/evaluation.ts";
import { namesIn, possibleIdentities, roleNamed, similarName } from "../../model/person.ts";
import { listIn, MAX_BYTES, type Stored } from "../../model/stored.ts";
import { checkAccount } from "../../model/target.ts";
import { findOwner, managedBy, planFor, WAYS_OUT } from "../../plan/changes.ts";
import { Absent } from "../../plan/clusters.ts";
import type { ClusterPlan } from "../../plan/propose.ts";
import { mayDenyByName, readByName, readMappings, requireCluster } from "../../plan/read.ts";
import { effectOf } from "./deny-effect.ts";
import { DENIES, type DenyOptions, ifReadable, planDenials, type Terms, withDenial } from "./deny-list.ts";

/** What a cluster knows of a person. */
export interface PersonJudged {
  readonly options: OneOf<DenyOptions>;
  readonly io: IOStreams;
  readonly isByName: boolean;
  /** Whether a stored mapping may apply to a session or a user of the name. */
  readonly endsAccess: boolean;
  /** The users and sessions that mappings name. */
  readonly names: readonly string[];
  /** Phrases for what the denial does not cover. */
  readonly uncovered: readonly string[];
}

/** The name must deny nothing, in any cluster. */
export class RefusedName extends Failure {}

/** What the plans of all clusters share. */
export interface PersonPlans {
  readonly judged: PersonJudged[];
  /** The sentence about the end of access, once all clusters are planned. */
  ending: string | undefined;
}

export async function planPerson(
  who: string,
  options: OneOf<DenyOptions>,
  terms: Terms,
  connection: Connection,
  io: IOStreams,
  plans: PersonPlans,
  isRefused = false,
): Promise<ClusterPlan> {
  const { review, account } = connection;
  const isByName = await ifReadable((own) => mayDenyByName(connection, own), io);
  const read = (own: IOStreams) => readMappings(connection, own);
  const mappings = isByName ? await ifReadable(read, io) : await read(io);
  // A name needs only its list.
  const known = mappings ?? (await readByName([denyParameter(review.prefix, account ?? "any")], connection, io));
  if (!isByName) await requireCluster(known, connection, options, io);
  if (account !== undefined) {
    io.log("Not checked: pattern/any and other accounts. Without --account, the command reads them too.\n");
  }
  const role = options.person ? undefined : roleNamed(who, known, review);
  if (role !== undefined) {
    const { kind, account: of, name } = role.entry;
    const advice =
      kind === "role" ? "To deny the role, give its ARN." : `To deny the permission set, give sso/${of}/${name}.`;
    throw new RefusedName(
      EXIT.usage,
      `"${who}" is ${role.mapping}. ${advice} For a person of that name, add --person.`,
    );
  }
  if (!options.force) await refuseOwnName(who, connection, io);
  const found = possibleIdentities(who, known, review);
  const names = namesIn(known, review);
  if (found.length > 0) {
    const shown = found.map(({ kind, mapping }) =>
      /^(?:federated-)?user\//.test(mapping) ? mapping : `a ${kind} of ${mapping}`,
    );
    io.log(`${who} can be ${listed(shown, "", 20)}.\n`);
  } else if (!isByName) {
    const meant = similarName(who, names);
    const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
    throw new Absent(EXIT.finding, `Nothing to deny: no mapping is for a session or a user named ${who}.${hint}`);
  }
  const patterns = [...new Set(found.map(({ arnLike }) => arnLike))];
  if (!isByName) for (const arnLike of patterns) checkAccount(account, { account: accountOf(arnLike) }, arnLike);
  const { lists, uncovered } = isByName
    ? await placesFor(who, options, terms, isRefused, mappings, known, connection, io)
    : { lists: undefined, uncovered: [] };
  const plan = lists ? planFor(known, lists) : planDenials(patterns, terms, known, connection);
  const endsAccess = mappings === undefined || found.length > 0;
  plans.judged.push({ options, io, isByName: isByName === true, endsAccess, names, uncovered });
  const effect = effectOf(patterns, connection, io, found, true, () => plans.ending);
  const ifRefused = (own: IOStreams) => {
    own.log("AWS refused the write. The command plans again, with the lists of accounts.\n");
    return planPerson(who, options, terms, connection, own, plans, true);
  };
  const isFirst = isByName === true && !isRefused;
  return {
    plan,
    known,
    connection,
    isWhole: mappings !== undefined,
    ...DENIES,
    ...(isFirst && { ifRefused }),
    ...effect,
  };
}

/** Only where STS tells it in time: an emergency must not depend on STS. */
async function refuseOwnName(who: string, { config }: Connection, io: IOStreams): Promise<void> {
  const identity = await ifReadable((own) => once(config, "identity", () => callerIdentity(config, own)), io);
  const own = identity?.Arn.slice(identity.Arn.lastIndexOf("/") + 1) ?? "";
  if (asciiLowerCase(own) !== asciiLowerCase(who)) return;
  throw new RefusedName(EXIT.usage, `${who} is your own name (${identity?.Arn}). To deny yourself, add --force.`);
}

/** Bytes of a list that names leave free, for the denial of an ARN. */
const RESERVE_BYTES = 512;

/** The list for any account, or that of --account, if it can hold the name; otherwise that of each account with mappings. */
async function placesFor(
  who: string,
  { force }: DenyOptions,
  terms: Terms,
  isRefused: boolean,
  mappings: ReadonlyMap<string, Stored> | undefined,
  known: ReadonlyMap<string, Stored>,
  { ssm, review, account }: Connection,
  io: IOStreams,
) {
  const { prefix } = review;
  const uncovered: string[] = [];
  const lists = new Map<string, string>();
  async function place(list: string): Promise<string | undefined> {
    const stored = known.get(list);
    const text = textWith(who, shortName(list, prefix), stored, terms, review);
    if ("problem" in text) return text.problem;
    const { stack } = stored === undefined || force ? {} : await findOwner(ssm, list, io.interrupted);
    if (stack !== undefined) return managedBy(stack).replace(/^M/, "is m");
    lists.set(list, text.value);
    return undefined;
  }
  const first = denyParameter(prefix, account ?? "any");
  const problem = isRefused ? "may not be written with your permissions" : await place(first);
  if (problem === undefined) return { lists, uncovered };
  const accounts = new Set([...(mappings?.keys() ?? [])].map((name) => readName(prefix, name)?.account));
  const others = [...accounts].filter((of) => of !== undefined && of !== "any" && account === undefined);
  for (const of of others as string[]) {
    const list = denyParameter(prefix, of);
    const why = await place(list);
    if (why !== undefined) uncovered.push(`account ${of}, since ${shortName(list, prefix)} ${why}`);
  }
  const where = shortName(first, prefix);
  if (lists.size === 0) {
    throw finding(
      `Nothing was written: ${where} ${problem}${uncovered.length === 0 ? "" : `, and no list of an account can hold the name: ${uncovered.join("; ")}`}.`,
      WAYS_OUT,
    );
  }
  const patterns = listIn(known.get(mappingParameter(prefix, "pattern", "any"))?.value) ?? [];
  if (patterns.length > 0) uncovered.push("identities that only pattern/any maps");
  io.log(`${where} ${problem}: the name is written to the list of each account that has mappings.\n`);
  return { lists, uncovered };
}

/** The list with the name, or a phrase why it cannot hold it. */
function textWith(who: string, name: string, stored: Stored | undefined, terms: Terms, review: Connection["review"]) {
  // Throws for an end in the past, which is no problem of the list.
  terms.endAt(review.now);
  try {
    const { value, isNew } = withDenial(name, stored, who, terms, review);
    const bytes = Buffer.byteLength(value) + (isNew ? RESERVE_BYTES : 0);
    return bytes > MAX_BYTES ? { problem: `is full (${Buffer.byteLength(value)} of ${MAX_BYTES} bytes)` } : { value };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { problem: "is invalid" };
  }
}

/** In milliseconds. */
const LOG_MS = 2_000;

/** Judges over all clusters what ends. `sentence` is undefined if access ends; `meant` is a known name that is similar. */
export async function personEnding(who: string, judged: readonly PersonJudged[]) {
  const isWho = (name: string) => asciiLowerCase(name) === asciiLowerCase(who);
  if (!judged.some(({ endsAccess }) => endsAccess)) {
    const meant = similarName(
      who,
      judged.flatMap(({ names }) => names),
    );
    return { sentence: `No stored mapping applies to ${who}: no access ends.`, meant };
  }
  const names = judged.flatMap((one) => one.names);
  if (names.some(isWho)) return {};
  const logs = judged.map(({ options, io }) => loggedNames(logOptionsOf(options), io, LOG_MS));
  for (const logged of await Promise.all(logs)) names.push(...logged);
  if (names.some(isWho)) return {};
  return { sentence: "Not known whether a person of this name logs in.", meant: similarName(who, names) };
}

/** Without --until, which is the end of the denial here. */
function logOptionsOf({ until: _, ...options }: OneOf<DenyOptions>): LogOptions {
  return options;
}
