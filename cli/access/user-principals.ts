// Lists the users, federated users and root users to compare.

import { type VerifiedIdentity, verifyIdentity } from "../../functions/authenticator/identity/identity.ts";
import type { AccountNames } from "./account-names.ts";
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
import { spelledOf } from "./role-principals.ts";
import { type Point, walkName, walkPart, walkText } from "./walk.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names */
const PATH = `${NAME}/!"#$%&'()*:;<>?[\\]^\`{|}~`;
const MAX_PATH = 510;

/** The users have made-up unique ids. @param names includes the names in `globs` */
export function usersOf(scope: AccountScope, globs: AccountGlobs, names: AccountNames): VerifiedIdentity[] {
  const named = [...(scope.only ?? names).users].flatMap(([name, spellings]) => {
    // A literal in a pattern list also compares the path.
    const own = globs.literals.filter((text) => text.startsWith("user/") && text.endsWith(`/${name}`));
    const tracks = newTracks([...globs.iam, ...own], globs.iam);
    return identities(scope, walkName(tracks.automata, spelledOf(spellings), tracks.both, paths(scope, tracks)));
  });
  if (scope.only !== undefined) return named;
  const tracks = newTracks(globs.iam, globs.iam);
  const part = { ...alphabetOf(tracks, NAME), min: 1, max: MAX_NAME, isRead: tracks.both };
  const isNamed = (name: string) => names.users.has(name);
  return [
    ...named,
    ...identities(scope, walkPart(tracks.automata, { ...part, isNamed }, paths(scope, tracks), scope.budget)),
  ];
}

/** Points before the name: without a path, and with each path that globs distinguish. The second track has no path. */
function paths({ budget }: AccountScope, tracks: Tracks): Point[] {
  const { automata, first } = tracks;
  const start = startOf(tracks, "user/", "user/");
  const part = { ...alphabetOf(tracks, PATH), min: 1, max: MAX_PATH, isRead: first };
  const withoutPath = start.map((point) => ({ ...point, parts: [""], others: "-" }));
  return [...withoutPath, ...walkText(automata, "/", first, walkPart(automata, part, start, budget))];
}

function identities({ context: { partition }, account }: AccountScope, points: readonly Point[]): VerifiedIdentity[] {
  return points.map(({ parts: [path = "", name = ""] }) =>
    verifyIdentity(
      {
        Account: account,
        Arn: `arn:${partition}:iam::${account}:user/${path === "" ? "" : `${path}/`}${name}`,
        UserId: "AIDASUPPOSED",
      },
      partition,
      "AKIASUPPOSED",
    ),
  );
}

export function federatedUsersOf(scope: AccountScope, globs: AccountGlobs, names: AccountNames): VerifiedIdentity[] {
  const { only, account, context, budget } = scope;
  // Mappings compare the names of federated users case-sensitively.
  const found = [...(only ?? names).federatedUsers].flatMap(([name, spellings]) => [
    ...new Set([...spellings, name, name.toUpperCase()]),
  ]);
  if (only === undefined) {
    const tracks = newTracks(globs.sts, []);
    const isNamed = (name: string) => names.federatedUsers.has(name);
    const part = { ...alphabetOf(tracks, NAME), min: 1, max: MAX_NAME, isRead: tracks.first, isNamed };
    const others = walkPart(tracks.automata, part, startOf(tracks, "federated-user/", ""), budget);
    found.push(...others.map(({ parts: [name = ""] }) => name));
  }
  return found.map((name) =>
    verifyIdentity(
      {
        Account: account,
        Arn: `arn:${context.partition}:sts::${account}:federated-user/${name}`,
        UserId: `${account}:${name}`,
      },
      context.partition,
      "ASIASUPPOSED",
    ),
  );
}

export function rootOf({ only, account, context: { partition } }: AccountScope): VerifiedIdentity[] {
  if (only !== undefined && !only.hasRoot) return [];
  const Arn = `arn:${partition}:iam::${account}:root`;
  return [verifyIdentity({ Account: account, Arn, UserId: account }, partition, "AKIASUPPOSED")];
}
