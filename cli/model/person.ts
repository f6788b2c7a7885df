// The identities that a person's name may have by the mappings.

import { arnSections } from "../../functions/authenticator/mapping/arn.ts";
import {
  isOfRole,
  isWithoutSessions,
  type MappingKind,
} from "../../functions/authenticator/mapping/kinds.ts";
import {
  permissionSetInAnyCase,
  permissionSetRole,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase, editDistance } from "../../functions/lib/text.ts";
import { isExpired } from "../../functions/lib/time.ts";
import { shortName } from "../../functions/parameters/names.ts";
import { isSamePerson } from "./denied-person.ts";
import { type Entry, readParameter } from "./entry.ts";
import {
  arnsOverlap,
  isActive,
  type PlacedMapping,
  placed,
  readValue,
  sectionsOverlap,
} from "./entry-arns.ts";
import type { ReviewSettings, StoredParameters } from "./evaluation.ts";

export interface PossibleIdentity {
  /** The mapping that grants access, such as `sso/111122223333/developers`. */
  readonly mapping: string;
  readonly entry: PlacedMapping;
  /** Whether the mapping is for this user only, so that its name suffices in a message. */
  readonly isOwn: boolean;
  readonly kind: "session" | "user" | "federated user";
  /** The pattern for a deny list. */
  readonly arnLike: string;
  /** The pattern for the canonical ARN: for a session, that of its role. */
  readonly canonicalLike: string;
  /** Whether the caller that assumes the role chooses the session's name. */
  readonly choosesName: boolean;
}

/** More sessions of one account are denied by one pattern: a deny list holds 4096 bytes. */
const MOST_SESSIONS = 12;

/**
 * Returns the mapping of a role or permission set of this name. A user may mean it instead of a
 * person.
 */
export function roleNamed(
  who: string,
  parameters: StoredParameters,
  { prefix, partition }: ReviewSettings,
): { readonly mapping: string; readonly entry: Entry } | undefined {
  for (const [parameter, stored] of parameters) {
    const { entries } = readParameter(prefix, parameter, stored, partition);
    const entry = entries.find(
      ({ kind, name }) => isOfRole(kind) && asciiLowerCase(name) === asciiLowerCase(who),
    );
    if (entry !== undefined) return { mapping: shortName(parameter, prefix), entry };
  }
  return undefined;
}

/**
 * Returns the users and sessions that mappings name. Mappings that have ended make no name known.
 */
export function namesIn(
  parameters: StoredParameters,
  { prefix, partition, now }: ReviewSettings,
): string[] {
  return [...parameters].flatMap(([parameter, stored]) =>
    readParameter(prefix, parameter, stored, partition).entries.flatMap(
      ({ kind, name, mapping }) => {
        if (isExpired(mapping.notAfter, now)) return [];
        return mapping.session ?? (kind === "user" || kind === "federated-user" ? name : []);
      },
    ),
  );
}

/** Returns a known name that is one edit from this one, or has it before its `@`, in any case. */
export function similarName(who: string, names: readonly string[]): string | undefined {
  const typed = asciiLowerCase(who);
  return names.find((name) => {
    const other = asciiLowerCase(name);
    return other !== typed && (other.startsWith(`${typed}@`) || editDistance(typed, other) === 1);
  });
}

/** Returns the identities that the name may have by mappings that have not ended. */
export function identitiesNamed(
  who: string,
  parameters: StoredParameters,
  review: ReviewSettings,
): PossibleIdentity[] {
  const { prefix, partition } = review;
  return [...parameters].flatMap(([name, stored]) =>
    readParameter(prefix, name, stored, partition)
      .entries.map((entry) => placed(entry, name, partition))
      .flatMap((entry) => {
        if (entry.kind === "deny" || !isActive(entry, review)) return [];
        const mapping = shortName(name, prefix);
        const isOwn = isWithoutSessions(entry.kind);
        const identities = identitiesOf(who, entry, partition);
        return identities.map((identity) => ({ ...identity, entry, mapping, isOwn }));
      }),
  );
}

/** Returns the federated users of any name that mappings may apply to. */
export function federatedUsers(
  parameters: StoredParameters,
  review: ReviewSettings,
): PossibleIdentity[] {
  const { prefix, partition } = review;
  return [...parameters].flatMap(([name, stored]) =>
    readValue(name, stored, review).entries.flatMap((entry): PossibleIdentity[] => {
      if (entry.kind === "deny" || !isActive(entry, review)) return [];
      const { kind, account: list, mapping } = entry;
      const account = list === "any" ? accountIn(mapping.arnLike ?? "") : list;
      const all = `arn:${partition}:sts::${account}:federated-user/*`;
      if (!entry.arns.some((arn) => sectionsOverlap(arn, arnSections(all)))) return [];
      const arnLike = kind === "federated-user" ? (mapping.arn ?? all) : all;
      return [
        {
          kind: "federated user",
          ...{ entry, mapping: shortName(name, prefix), isOwn: isWithoutSessions(kind) },
          ...{ arnLike, canonicalLike: arnLike, choosesName: true },
        },
      ];
    }),
  );
}

/** Returns the same identities as `identitiesNamed`, with patterns that fit in a deny list. */
export function possibleIdentities(
  who: string,
  parameters: StoredParameters,
  review: ReviewSettings,
): PossibleIdentity[] {
  const { partition } = review;
  const named = identitiesNamed(who, parameters, review);
  const sessions = Map.groupBy(
    named.filter(({ kind }) => kind === "session"),
    ({ arnLike }) => accountIn(arnLike),
  );
  const patterns = new Map(
    [...sessions].map(([account, some]) => [
      account,
      new Set(some.map(({ arnLike }) => arnLike)).size,
    ]),
  );
  return named.map((identity) => {
    const account = accountIn(identity.arnLike);
    if (identity.kind !== "session" || (patterns.get(account) ?? 0) <= MOST_SESSIONS)
      return identity;
    return { ...identity, arnLike: `arn:${partition}:sts::${account}:assumed-role/*/${who}` };
  });
}

/** Returns the account in a pattern: twelve digits or a pattern. */
function accountIn(arnLike: string): string {
  return arnLike.split(":")[4] ?? "*";
}

type Found = Omit<PossibleIdentity, "mapping" | "entry" | "isOwn">;

function identitiesOf(
  who: string,
  { kind, account: list, name, mapping }: PlacedMapping,
  partition: string,
): Found[] {
  const account = list === "any" ? accountIn(mapping.arnLike ?? "") : list;
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}::${account}:${resource}`;
  const session = (role: string, choosesName: boolean): Found => {
    const arnLike = arn("sts", `assumed-role/${role}/${who}`);
    return { kind: "session", arnLike, canonicalLike: arn("iam", `role/${role}`), choosesName };
  };
  const identity = (kind: Found["kind"], arnLike: string): Found => {
    return { kind, arnLike, canonicalLike: arnLike, choosesName: false };
  };
  const user = identity("user", arn("iam", `user/${who}`));
  const federated = identity("federated user", arn("sts", `federated-user/${who}`));
  // A denial ignores case, so every spelling of the name is the person's.
  const isWho = (text = "") => isSamePerson(who, text);
  const ofKind: Readonly<Record<MappingKind, () => Found[]>> = {
    role: () => [session(name, permissionSetInAnyCase(name) === undefined)],
    user: () => (isWho(name) ? [user] : []),
    root: () => [],
    "federated-user": () => (isWho(name) ? [federated] : []),
    sso: () => [session(permissionSetRole(name, "?"), false)],
    "sso-session": () =>
      isWho(mapping.session) ? [session(permissionSetRole(name, "?"), false)] : [],
    pattern() {
      const { arnLike = "" } = mapping;
      // A user's path is part of its ARN.
      const isUser = [`user/${who}`, `user/*/${who}`].some((user) =>
        arnsOverlap(arnLike, arn("iam", user)),
      );
      return [
        ...(arnsOverlap(arnLike, arn("iam", "role/*")) ? [session(roleIn(arnLike), true)] : []),
        ...(isUser ? [user] : []),
        ...(arnsOverlap(arnLike, federated.arnLike) ? [federated] : []),
      ];
    },
    account: () => [session("*", true), user, federated],
  };
  return ofKind[kind]();
}

function roleIn(arnLike: string): string {
  return /^role\/(.+)$/.exec(arnSections(arnLike)?.at(-1) ?? "")?.[1] ?? "*";
}
