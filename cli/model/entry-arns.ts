// Entries in their parameter, with the ARNs of the identities that each applies to: whether they
// overlap or cover each other.

import {
  type ArnSections,
  arnSections,
  matchesGlob,
  parseMappedArn,
} from "../../functions/authenticator/mapping/arn.ts";
import { withoutPath } from "../../functions/authenticator/mapping/deny-list.ts";
import { KINDS } from "../../functions/authenticator/mapping/kinds.ts";
import {
  type ParameterAddress,
  readName,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { globsOverlap } from "../../functions/authenticator/mapping/possible-arn.ts";
import { isObject } from "../../functions/lib/json.ts";
import { asciiLowerCase } from "../../functions/lib/text.ts";
import { endTime } from "../../functions/lib/time.ts";
import { oncePerRead, type StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import {
  arnsOfAddress,
  type DenialEntry,
  deniedIn,
  type Entry,
  type MappingEntry,
  parameterOf,
  readParameter,
} from "./entry.ts";
import type { ReviewSettings } from "./evaluation.ts";
import { listIn } from "./stored.ts";

/**
 * A valid entry in its parameter: the one that it was read from, or is planned for. A stored mapping
 * may be in the parameter of another principal: then the function does not apply it.
 */
export type PlacedEntry = PlacedMapping | PlacedDenial;

export type PlacedMapping = MappingEntry & Placed;

export type PlacedDenial = DenialEntry & Placed;

interface Placed {
  readonly parameter: string;
  /** Identifies the entry in its parameter, before and after a change. */
  readonly key: string;
  /** Milliseconds since 1970; infinity without an end. */
  readonly end: number;
  /**
   * Patterns in lower case: an identity has the entry only if one of them matches its canonical
   * ARN.
   */
  readonly arns: readonly ArnSections[];
  /** The same patterns for the ARNs of its sessions, which only denials match. */
  readonly sessions: readonly ArnSections[];
  /**
   * Patterns for the ARNs of its users without their path, which only denials match. Default: none.
   */
  readonly users?: readonly ArnSections[];
}

/**
 * A value as the function treats it: what the rule of access judges. An invalid deny list has no
 * entries, since it denies every identity, and a mapping of another principal is a problem.
 */
export interface EffectiveValue {
  /** The reason why the function rejects the value, or an entry of it. */
  readonly problem?: string;
  /**
   * Whether an invalid list has no invalid entry that names its identities, so that the function
   * denies none by it.
   */
  readonly deniesNone?: boolean;
  /** The valid entries in their order, also those that have ended. */
  readonly entries: readonly PlacedEntry[];
}

/** Reads a value; `undefined` for a parameter that does not exist, which has no entries. */
export function readValue(
  name: string,
  stored: StoredParameter | undefined,
  review: ReviewSettings,
): EffectiveValue {
  return stored === undefined ? { entries: [] } : read(stored, name, review);
}

/** Reads a stored value. It can cache by parameter, since prefix and partition never change. */
const read = oncePerRead(
  (stored, parameter: string, { prefix, partition }: ReviewSettings): EffectiveValue => {
    const { entries: valid, problems } = readParameter(prefix, parameter, stored, partition);
    const kind = readName(prefix, parameter)?.kind;
    const ofParameter = valid.filter((entry) => isOfParameter(entry, parameter, prefix, partition));
    const entries = ofParameter.map((entry) => placed(entry, parameter, partition));
    const [
      problem = ofParameter.length < valid.length
        ? "its arn is the ARN of another principal"
        : undefined,
    ] = problems;
    if (problem === undefined) return { entries };
    // An invalid deny list denies every identity that it covers, whatever its valid entries are.
    if (kind === "deny") return { problem, entries: [] };
    const { listedBy } = kind === undefined ? {} : KINDS[kind];
    const items = stored.secure || listedBy === undefined ? undefined : listIn(stored.value);
    const keyed = items?.filter(
      (item) => isObject(item) && listedBy !== undefined && listedBy in item,
    );
    return { problem, entries, deniesNone: keyed?.length === valid.length };
  },
);

/** Places a valid entry in its parameter. */
export function placed(entry: Entry, parameter: string, partition: string): PlacedEntry {
  const end = endTime(entry.mapping.notAfter);
  return { ...entry, parameter, key: keyInParameter(entry), end, ...arnsOf(entry, partition) };
}

function keyInParameter({ kind, mapping }: Entry): string {
  if (kind === "deny")
    return asciiLowerCase("name" in mapping ? mapping.name : withoutPath(mapping.arnLike));
  const { arn, arnLike, session } = mapping;
  // The names of federated users and of sessions distinguish case.
  return [kind === "federated-user" ? arn : arnLike && asciiLowerCase(arnLike), session].join(" ");
}

/** Returns an entry that applies to every identity that the parameter may be read for. */
export function reachOf(
  address: ParameterAddress,
  parameter: string,
  { partition }: ReviewSettings,
): PlacedEntry {
  const entry = { ...address, mapping: { arnLike: "arn:*:*:*:*:*" } } as Entry;
  return {
    ...entry,
    parameter,
    key: "",
    end: Number.POSITIVE_INFINITY,
    ...arnsOf(entry, partition),
  };
}

function isOfParameter(
  { mapping: { arn } }: Entry,
  parameter: string,
  prefix: string,
  partition: string,
): boolean {
  if (arn === undefined) return true;
  const mapped = parseMappedArn(arn);
  return (
    mapped?.partition === partition &&
    parameterOf(prefix, { ...mapped, account: mapped.accountId }) === parameter
  );
}

function arnsOf(entry: Entry, partition: string) {
  const { kind, account, name, mapping } = entry;
  const full = (text: string) => sections(`arn:${partition}:${text}`);
  if (kind !== "pattern" && kind !== "deny") {
    const { arns, sessions: ofSessions } = arnsOfAddress({ kind, account, name }, mapping.session);
    return { arns: arns.map(full), sessions: ofSessions.map(full) };
  }
  const named = kind === "deny" && "name" in mapping ? mapping.name : undefined;
  if (named !== undefined) {
    // The sum of the patterns of the users, federated users and sessions of this name.
    const of = account === "any" ? "*" : account;
    const users = [
      `iam::${of}:user/${named}`,
      `iam::${of}:user/*/${named}`,
      `sts::${of}:federated-user/${named}`,
    ];
    return { arns: users.map(full), sessions: [full(`sts::${of}:assumed-role/*/${named}`)] };
  }
  const pattern = kind === "deny" ? withoutPath(deniedIn(mapping)) : (mapping.arnLike ?? "");
  const arn = inAccount(sections(pattern), account);
  if (kind === "deny") return { arns: [arn], sessions: [], users: usersOf(arn, ["user/"]) };
  return { arns: [arn], sessions: sessionsOf(arn), users: usersOf(arn, ["user/", "user/*/"]) };
}

/**
 * Restricts a pattern to the account of its list, since a list applies only to the identities of
 * its account.
 */
function inAccount(
  [arn, partition, service, region, id, resource]: ArnSections,
  account: string,
): ArnSections {
  if (account === "any") return [arn, partition, service, region, id, resource];
  return [arn, partition, service, region, matchesGlob(id, account) ? account : "none", resource];
}

/**
 * Returns a pattern for the sessions of the roles that a pattern matches; none if it matches no
 * role.
 */
function sessionsOf([arn, partition, , region, id, resource]: ArnSections): readonly ArnSections[] {
  const role = resource.startsWith("role/") ? resource.slice("role/".length) : "*";
  return globsOverlap(resource, "role/*")
    ? [[arn, partition, "sts", region, id, `assumed-role/${role}/*`]]
    : [];
}

/**
 * Returns patterns for users without their path. `paths` are globs for the part of the resource
 * before the user's name.
 */
function usersOf(pattern: ArnSections, paths: readonly string[]): readonly ArnSections[] {
  const [arn, partition, service, region, id, resource] = pattern;
  const names = namesAfter(paths, resource);
  return names.map((name): ArnSections => [arn, partition, service, region, id, `user/${name}`]);
}

/**
 * Returns globs for the names that a resource's glob may have after one of the paths. They have no
 * slash, as names have none.
 */
function namesAfter(paths: readonly string[], resource: string): readonly string[] {
  return Array.from(resource, (_, at) => resource.slice(at)).filter((name, at) => {
    // A `*` may be the end of the path and the start of the name.
    const path = resource.slice(0, name.startsWith("*") ? at + 1 : at);
    return !name.includes("/") && paths.some((start) => globsOverlap(path, start));
  });
}

/** Splits an ARN. Valid entries, and the ARNs above, have six sections. */
function sections(arn: string): ArnSections {
  return arnSections(arn) as ArnSections;
}

export function isActive({ end }: PlacedEntry, { now }: ReviewSettings): boolean {
  return end > now;
}

/** Returns whether the value is invalid, or has an active entry like this. */
export function mayHave(
  { problem, entries }: EffectiveValue,
  review: ReviewSettings,
  isIt: (entry: PlacedEntry) => boolean,
) {
  return problem !== undefined || entries.some((entry) => isActive(entry, review) && isIt(entry));
}

/**
 * Compares two ARNs section by section and case-insensitively, like `arnLike`. False if either is
 * not an ARN.
 */
export function arnsOverlap(a: string, b: string): boolean {
  return sectionsOverlap(arnSections(a), arnSections(b));
}

export function sectionsOverlap(
  left: ArnSections | undefined,
  right: ArnSections | undefined,
): boolean {
  if (left === undefined || right === undefined) return false;
  return left.every((section, index) => globsOverlap(section, right[index] ?? ""));
}

/**
 * Returns whether a pattern surely matches every ARN that another one matches. Both are in lower
 * case.
 */
export function sectionsCover(pattern: ArnSections, other: ArnSections): boolean {
  return pattern.every((section, index) => globCovers(section, other[index] ?? ""));
}

function globCovers(glob: string, other: string): boolean {
  // The match reads a `*` of the other glob as one character, which a `?` would match.
  const isReadable = !(glob.includes("?") && other.includes("*"));
  return glob === other || (isReadable && matchesGlob(glob, other));
}

/**
 * Returns whether an identity, or a session, may have both entries. Entries of one list of sessions
 * overlap only if they have the same session.
 */
export function overlaps(entry: PlacedEntry, other: PlacedEntry): boolean {
  const left = entry.mapping.session;
  const right = other.mapping.session;
  if (left !== undefined && right !== undefined) return left === right;
  const all = ({ arns, sessions }: PlacedEntry) => [...arns, ...sessions];
  const isDenial = (entry.kind === "deny") !== (other.kind === "deny");
  return (
    isOneOf(all(entry), all(other)) || (isDenial && isOneOf(entry.users ?? [], other.users ?? []))
  );
}

function isOneOf(some: readonly ArnSections[], others: readonly ArnSections[]): boolean {
  return some.some((arn) => others.some((other) => sectionsOverlap(arn, other)));
}

/** Returns whether a denial may match the principal itself, and not only some of its sessions. */
export function mayDeny(denial: PlacedEntry, entry: PlacedEntry): boolean {
  const isOfSessions =
    entry.mapping.session !== undefined ||
    (denial.kind === "deny" && /[*?][^/]*$/.test(deniedIn(denial.mapping)));
  return overlaps(denial, isOfSessions ? entry : { ...entry, sessions: [] });
}
