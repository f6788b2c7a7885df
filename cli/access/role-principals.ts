// Lists the roles and sessions to compare: each named one, and one for each combination of matching globs.

import { type VerifiedIdentity, verifyIdentity } from "../../functions/authenticator/identity/identity.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { type AccountNames, addName, everyState } from "./account-names.ts";
import {
  type AccountGlobs,
  type AccountScope,
  alphabetOf,
  MAX_NAME,
  NAME,
  newTracks,
  startOf,
  type Tracks,
} from "./account-walk.ts";
import { reservedSessions } from "./usernames.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { type Point, walkName, walkPart, walkText } from "./walk.ts";

const HEX = "0123456789abcdef";
/** The role of a permission set is `AWSReservedSSO_<set>_<16 hex>`, case-sensitive. */
const RESERVED = "AWSReservedSSO_";
const MAX_SET = 32;
const SUFFIX = 16;

/** Returns the name of a role for the parts of a walk. */
type NameOf = (parts: readonly string[]) => string;

/** The identities have made-up unique ids. @param names includes the names in `globs` */
export function rolesOf(scope: AccountScope, globs: AccountGlobs, names: AccountNames): VerifiedIdentity[] {
  const tracks = roleTracks(scope, globs);
  const { automata, both } = tracks;
  const start = startOf(tracks, "role/", "assumed-role/");
  const named = [...(scope.only ?? names).roles].flatMap(([name, spellings]) => {
    // In lower case, the name of a permission set's role is that of an ordinary role.
    const spelled = name.startsWith(asciiLowerCase(RESERVED)) ? name : spelledOf(spellings);
    return withSessions(scope, globs, tracks, walkName(automata, spelled, both, start), lastOf);
  });
  if (scope.only !== undefined) return named;
  const part = { ...alphabetOf(tracks, NAME), min: 1, max: MAX_NAME, isRead: both };
  const isNamed = (name: string) => names.roles.has(name);
  const others = walkPart(automata, { ...part, isNamed }, start, scope.budget);
  return [...named, ...withSessions(scope, globs, tracks, others, lastOf)];
}

/** The extra glob distinguishes sessions with "@": only for these, `{SessionName}` and `{SessionNameRaw}` differ. */
function roleTracks({ usesRawSessions }: AccountScope, { iam, sts }: AccountGlobs): Tracks {
  return newTracks(iam, usesRawSessions ? [...sts, "assumed-role/*/*@*"] : sts);
}

function lastOf(parts: readonly string[]): string {
  return parts.at(-1) ?? "";
}

/** One spelling is enough: globs and mappings compare the names of roles and users case-insensitively. */
export function spelledOf(spellings: ReadonlySet<string>): string {
  return [...spellings].sort()[0] ?? "";
}

export function permissionSetRolesOf(
  scope: AccountScope,
  globs: AccountGlobs,
  names: AccountNames,
): VerifiedIdentity[] {
  const { only, budget } = scope;
  const tracks = roleTracks(scope, globs);
  const { automata, both } = tracks;
  const start = walkText(automata, RESERVED, both, startOf(tracks, "role/", "assumed-role/"));
  const suffix = {
    ...alphabetOf(tracks, HEX),
    other: [...HEX].find((digit) => !tracks.used.has(digit)),
    min: SUFFIX,
    max: SUFFIX,
    isRead: both,
  };
  const suffixes = suffixesOf(names);
  const behindSet = (points: readonly Point[]) => walkText(automata, "_", both, points);
  const identities = (points: readonly Point[]) =>
    withSessions(scope, globs, tracks, points, ([set = "", end = ""]) => `${RESERVED}${set}_${end}`);

  const named = [...new Set([...names.permissionSets.keys(), ...suffixes.keys()])].flatMap((set) => {
    const ends = suffixes.get(set) ?? new Map();
    const ofSet = behindSet(walkName(automata, set, both, start));
    const isWhole = only === undefined || only.permissionSets.has(set);
    const wanted = [...ends.keys()].filter((end) => isWhole || only.roles.has(roleName(set, end)));
    return [
      ...wanted.flatMap((end) => identities(walkName(automata, end, both, ofSet))),
      ...(isWhole ? identities(walkPart(automata, { ...suffix, isNamed: (end) => ends.has(end) }, ofSet, budget)) : []),
    ];
  });
  if (only !== undefined) return named;
  const part = { ...alphabetOf(tracks, NAME), min: 1, max: MAX_SET, isRead: both };
  const isNamed = (set: string) => names.permissionSets.has(set) || suffixes.has(set);
  const others = behindSet(walkPart(automata, { ...part, isNamed }, start, budget));
  return [...named, ...identities(walkPart(automata, suffix, others, budget))];
}

/** The suffixes of named roles, by permission set. */
function suffixesOf({ roles }: AccountNames): Map<string, Map<string, Set<string>>> {
  const found = new Map<string, Map<string, Set<string>>>();
  for (const name of roles.keys()) {
    const [, set, end] = /^awsreservedsso_([\w+=,.@-]{1,32})_([0-9a-f]{16})$/.exec(name) ?? [];
    if (set === undefined || end === undefined) continue;
    const ends = found.get(set) ?? new Map();
    addName(ends, end);
    found.set(set, ends);
  }
  return found;
}

function roleName(set: string, end: string): string {
  return `${asciiLowerCase(RESERVED)}${set}_${end}`;
}

/** @param from points after the name of a role: all roles are of one permission set, or none is of a named set */
function withSessions(
  scope: AccountScope,
  { literals }: AccountGlobs,
  tracks: Tracks,
  from: readonly Point[],
  nameOf: NameOf,
): VerifiedIdentity[] {
  const [first] = from;
  if (first === undefined) return [];
  const { automata, second } = tracks;
  const role = nameOf(first.parts);
  const { sessions, templates } = mentionedFor(scope, role);
  // Sessions are case-insensitive in denials and case-sensitive in sso-session entries.
  const named = new Set(
    [...sessions, ...literals.flatMap((text) => sessionIn(text, role)), ...reservedSessions(templates)].flatMap(
      (session) => [session, session.toLowerCase(), session.toUpperCase()],
    ),
  );
  const behindName = walkText(automata, "/", second, from);
  const isNamed = (session: string) => named.has(session);
  const part = { ...alphabetOf(tracks, NAME, templates), min: 1, max: MAX_NAME, isRead: second, isNamed };
  const points = [
    ...[...named].flatMap((session) => walkName(automata, session, second, behindName)),
    ...walkPart(automata, part, behindName, scope.budget),
  ];
  return points.flatMap(({ parts }) => roleIdentity(scope, nameOf(parts.slice(0, -1)), parts.at(-1) ?? ""));
}

/** Session names and templates in the parameters that apply to a role. */
function mentionedFor(scope: AccountScope, role: string) {
  const { context, states } = scope;
  const [sample] = roleIdentity(scope, role, "session");
  const places = sample === undefined ? [] : candidates(context.prefix, sample);
  const values = places.flatMap(({ place, parameter }) =>
    everyState(states).map((state) => ({ place, ...vocabularyOf(state.get(parameter)) })),
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

/** Empty if the session name is not valid. */
function roleIdentity({ context, account }: AccountScope, role: string, session: string): VerifiedIdentity[] {
  if (!/^[\w+=,.@-]{1,128}$/.test(session)) return [];
  const { partition } = context;
  const Arn = `arn:${partition}:sts::${account}:assumed-role/${role}/${session}`;
  return [verifyIdentity({ Account: account, Arn, UserId: `AROASUPPOSED:${session}` }, partition, "ASIASUPPOSED")];
}
