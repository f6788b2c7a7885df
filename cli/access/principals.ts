// Lists the identities of an account to compare: each named one, and one for each combination of matching globs.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import {
  type AccountGlobs,
  type AccountNames,
  type AccountScope,
  globsOf,
  vocabularyIn,
  withLiterals,
} from "./account-names.ts";
import { supposeIdentity } from "./evaluation.ts";
import { NAME, newTracks, type Tracks } from "./tracks.ts";
import { reservedSessions } from "./usernames.ts";
import type { Point } from "./walk.ts";

const HEX = "0123456789abcdef";
/** The role of a permission set is `AWSReservedSSO_<set>_<16 hex>`, case-sensitive. */
const RESERVED = "AWSReservedSSO_";
const MAX_SET = 32;
const SUFFIX = 16;

/** With the names that the globs contain. */
interface Listing extends AccountScope {
  readonly globs: AccountGlobs;
}

/** The identities have made-up unique ids. */
export function identitiesOf(scope: AccountScope): VerifiedIdentity[] {
  const globs = globsOf(scope);
  const all = { ...scope, globs, names: withLiterals(scope.names, globs.literals) };
  return [...permissionSetRolesOf(all), ...rolesOf(all), ...usersOf(all), ...federatedUsersOf(all), ...rootOf(all)];
}

function rolesOf(scope: Listing): VerifiedIdentity[] {
  const { names } = scope;
  const tracks = roleTracks(scope);
  const start = startOf(tracks);
  const named = [...(scope.only ?? names).roles].flatMap(([name, spellings]) => {
    // In lower case, the name of a permission set's role is that of an ordinary role.
    const spelled = name.startsWith(asciiLowerCase(RESERVED)) ? name : spelledOf(spellings);
    return withSessions(scope, tracks, tracks.name("both", spelled, start));
  });
  if (scope.only !== undefined) return named;
  const others = tracks.section("both", { isNamed: (name) => names.roles.has(name) }, start);
  return [...named, ...withSessions(scope, tracks, others)];
}

/** The extra glob distinguishes sessions with "@": only for these, `{SessionName}` and `{SessionNameRaw}` differ. */
function roleTracks({ usesRawSessions, budget, globs: { iam, sts } }: Listing): Tracks {
  return newTracks(iam, usesRawSessions ? [...sts, "assumed-role/*/*@*"] : sts, budget);
}

function startOf(tracks: Tracks): Point[] {
  return tracks.text("second", "assumed-role/", tracks.text("first", "role/", tracks.start));
}

/** One spelling is enough: globs and mappings compare the names of roles and users case-insensitively. */
function spelledOf(spellings: ReadonlySet<string>): string {
  return [...spellings].sort()[0] ?? "";
}

function permissionSetRolesOf(scope: Listing): VerifiedIdentity[] {
  const { only, names } = scope;
  const tracks = roleTracks(scope);
  const start = tracks.text("both", RESERVED, startOf(tracks));
  const suffix = { characters: HEX, others: HEX, min: SUFFIX, max: SUFFIX };
  const suffixes = suffixesOf(names);
  const behindSet = (points: readonly Point[]) => tracks.text("both", "_", points);

  const named = [...new Set([...names.permissionSets.keys(), ...suffixes.keys()])].flatMap((set) => {
    const ends = suffixes.get(set) ?? new Set<string>();
    const ofSet = behindSet(tracks.name("both", set, start));
    const isWhole = only === undefined || only.permissionSets.has(set);
    const isWanted = (end: string) => isWhole || only.roles.has(asciiLowerCase(roleName([set, end])));
    const isNamed = (end: string) => ends.has(end);
    return [
      ...[...ends].filter(isWanted).flatMap((end) => withSessions(scope, tracks, tracks.name("both", end, ofSet))),
      ...(isWhole ? withSessions(scope, tracks, tracks.section("both", { ...suffix, isNamed }, ofSet)) : []),
    ];
  });
  if (only !== undefined) return named;
  const isNamed = (set: string) => names.permissionSets.has(set) || suffixes.has(set);
  const others = behindSet(tracks.section("both", { max: MAX_SET, isNamed }, start));
  return [...named, ...withSessions(scope, tracks, tracks.section("both", suffix, others))];
}

/** The suffixes of named roles, by permission set. */
function suffixesOf({ roles }: AccountNames): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const name of roles.keys()) {
    const [, set, end] = /^awsreservedsso_([\w+=,.@-]{1,32})_([0-9a-f]{16})$/.exec(name) ?? [];
    if (set !== undefined && end !== undefined) found.set(set, (found.get(set) ?? new Set()).add(end));
  }
  return found;
}

/** For the parts of a walk: the role's name, or a permission set and its role's suffix. */
function roleName([name = "", suffix]: readonly string[]): string {
  return suffix === undefined ? name : `${RESERVED}${name}_${suffix}`;
}

/** @param from points after the name of a role: all roles are of one permission set, or none is of a named set */
function withSessions(scope: Listing, tracks: Tracks, from: readonly Point[]): VerifiedIdentity[] {
  const [first] = from;
  if (first === undefined) return [];
  const role = roleName(first.parts);
  const { literals } = scope.globs;
  const { sessions, templates } = mentionedFor(scope, role);
  // Sessions are case-insensitive in denials and case-sensitive in sso-session entries.
  const named = new Set(
    [...sessions, ...literals.flatMap((text) => sessionIn(text, role)), ...reservedSessions(templates)].flatMap(
      (session) => [session, session.toLowerCase(), session.toUpperCase()],
    ),
  );
  const behindName = tracks.text("second", "/", from);
  const points = [
    ...[...named].flatMap((session) => tracks.name("second", session, behindName)),
    ...tracks.section("second", { templates, isNamed: (session) => named.has(session) }, behindName),
  ];
  return points.flatMap(({ parts }) => roleIdentity(scope, roleName(parts.slice(0, -1)), parts.at(-1) ?? "") ?? []);
}

/** Session names and templates in the parameters that apply to a role. */
function mentionedFor(scope: AccountScope, role: string) {
  const { context, states } = scope;
  const sample = roleIdentity(scope, role, "session");
  const places = sample === undefined ? [] : candidates(context.prefix, sample);
  const values = places.flatMap(({ place, parameter }) =>
    vocabularyIn(states, [parameter]).map((value) => ({ place, ...value })),
  );
  return {
    sessions: values.flatMap(({ place, strings }) => (place === "sso-session" ? strings : [])),
    templates: values.flatMap(({ templates }) => templates),
  };
}

function sessionIn(literal: string, role: string): string[] {
  const [kind, name, ...session] = literal.split("/");
  return kind === "assumed-role" && name === asciiLowerCase(role) ? [session.join("/")] : [];
}

/** `undefined` if the session name is not valid. */
function roleIdentity({ context, account }: AccountScope, role: string, session: string) {
  return supposeIdentity(`arn:${context.partition}:sts::${account}:assumed-role/${role}/${session}`);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names */
const PATH = { characters: `${NAME}/!"#$%&'()*:;<>?[\\]^\`{|}~`, max: 510 };

function usersOf(scope: Listing): VerifiedIdentity[] {
  const { globs, names } = scope;
  const named = [...(scope.only ?? names).users].flatMap(([name, spellings]) => {
    // A literal in a pattern list also compares the path.
    const own = globs.literals.filter((text) => text.startsWith("user/") && text.endsWith(`/${name}`));
    const tracks = newTracks([...globs.iam, ...own], globs.iam, scope.budget);
    return userIdentities(scope, tracks.name("both", spelledOf(spellings), paths(tracks)));
  });
  if (scope.only !== undefined) return named;
  const tracks = newTracks(globs.iam, globs.iam, scope.budget);
  const others = tracks.section("both", { isNamed: (name) => names.users.has(name) }, paths(tracks));
  return [...named, ...userIdentities(scope, others)];
}

/** Points before the name: without a path, and with each path that globs distinguish. The second track has no path. */
function paths(tracks: Tracks): Point[] {
  const start = tracks.text("both", "user/", tracks.start);
  const withoutPath = start.map((point) => ({ ...point, parts: [""], others: "-" }));
  return [...withoutPath, ...tracks.text("first", "/", tracks.section("first", PATH, start))];
}

function userIdentities({ context, account }: AccountScope, points: readonly Point[]): VerifiedIdentity[] {
  const start = `arn:${context.partition}:iam::${account}:user/`;
  return points.flatMap(
    ({ parts: [path = "", name = ""] }) => supposeIdentity(`${start}${path === "" ? "" : `${path}/`}${name}`) ?? [],
  );
}

function federatedUsersOf({ only, account, context, budget, globs, names }: Listing): VerifiedIdentity[] {
  // Mappings compare the names of federated users case-sensitively.
  const found = [...(only ?? names).federatedUsers].flatMap(([name, spellings]) => [
    ...new Set([...spellings, name, name.toUpperCase()]),
  ]);
  if (only === undefined) {
    const tracks = newTracks(globs.sts, [], budget);
    const isNamed = (name: string) => names.federatedUsers.has(name);
    const others = tracks.section("first", { isNamed }, tracks.text("first", "federated-user/", tracks.start));
    found.push(...others.map(({ parts: [name = ""] }) => name));
  }
  const start = `arn:${context.partition}:sts::${account}:federated-user/`;
  return found.flatMap((name) => supposeIdentity(`${start}${name}`) ?? []);
}

function rootOf({ only, account, context }: AccountScope): VerifiedIdentity[] {
  if (only !== undefined && !only.hasRoot) return [];
  return [supposeIdentity(`arn:${context.partition}:iam::${account}:root`) ?? []].flat();
}
