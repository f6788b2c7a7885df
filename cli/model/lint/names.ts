// Lint rules for usernames, groups and sessions.

import { adminGroupsOf } from "../../../functions/authenticator/mapping/admin-groups.ts";
import { PLACEHOLDER } from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import { isWithoutSessions } from "../../../functions/authenticator/mapping/kinds.ts";
import { mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { usesPlaceholder } from "../../../functions/authenticator/mapping/template.ts";
import { nearest } from "../../../functions/lib/text.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { ACCESS_LEVELS, accessGroup } from "../access-levels.ts";
import { type Entry, nameOfEntry } from "../entry.ts";
import type { PlacedEntry } from "../entry-arns.ts";
import type { StoredEntries } from "../stored-entries.ts";
import { entryRule, type Finding } from "./finding.ts";

/**
 * Finds groups that users choose: those who assume a role choose the session name, unless the entry
 * is for one session.
 */
export const chosenGroups = entryRule(
  "error",
  "chosen-group",
  ({ mapping: { session, groups = [] } }) => {
    if (session !== undefined) return undefined;
    const chosen = groups.filter((group) => startsWithSession(group));
    const masters = groups.filter(
      (group) =>
        !startsWithSession(group) && SESSION.test(group) && adminGroupsOf(group).length > 0,
    );
    return [
      ...chosen.map(
        (group) =>
          `group ${group}: anyone who assumes the role chooses the group; put a prefix before it`,
      ),
      ...masters.map(
        (group) =>
          `group ${group}: anyone who assumes the role can become an administrator; use another prefix`,
      ),
    ];
  },
);

const SESSION = /\{SessionName(?:Raw)?\}/;

export const chosenUsernames = entryRule(
  "warning",
  "chosen-username",
  ({ mapping: { session, username = "" } }) =>
    session === undefined &&
    startsWithSession(username) &&
    `username ${username}: anyone who assumes the role chooses the name; put a prefix before it, such as dev:${username}`,
);

function startsWithSession(template: string): boolean {
  return /^\{SessionName(?:Raw)?\}/.test(template);
}

/** Finds placeholders of a session where there is none: only roles have sessions. */
export const missingSessions = entryRule("error", "no-session", (entry) => {
  const { username = "", groups = [] } = entry.mapping;
  const used = (["SessionName", "SessionNameRaw", "EC2PrivateDNSName"] as const).find(
    (placeholder) => usesPlaceholder([username, ...groups], placeholder),
  );
  if (used === undefined || !isWithoutSession(entry)) return undefined;
  return `{${used}} has no value for a user, root or federated user: every review is denied`;
});

export function isWithoutSession({ kind, mapping }: Entry): boolean {
  if (kind === "pattern")
    return /^(?:user\/|root$|federated-user\/)/i.test(mapping.arnLike?.split(":")[5] ?? "");
  return isWithoutSessions(kind);
}

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings */
const KUBERNETES_GROUPS = [
  "system:masters",
  "system:nodes",
  "system:bootstrappers",
  "system:authenticated",
  "system:unauthenticated",
  "system:serviceaccounts",
  "system:monitoring",
];

export const misspeltGroups = entryRule(
  "warning",
  "misspelt-group",
  ({ mapping: { groups = [] } }) => {
    const known = [...KUBERNETES_GROUPS, ...ACCESS_LEVELS.map((level) => accessGroup(level))];
    return groups.flatMap((group) => {
      const meant = known.includes(group) ? undefined : nearest(group, known);
      return meant === undefined
        ? []
        : [`group ${group}: did you mean ${meant}? RBAC compares names exactly`];
    });
  },
);

export const spaces = entryRule(
  "warning",
  "space-in-name",
  ({ mapping: { username = "", groups = [] } }) =>
    [username, ...groups]
      // The key of a tag may have spaces, but not its value.
      .filter((name) => /\s/.test(name.trim().replace(PLACEHOLDER, "")))
      .map(
        (name) =>
          `${JSON.stringify(name)} contains a space. Is it one name? RBAC compares names exactly`,
      ),
);

export const systemNames = entryRule(
  "warning",
  "system-name",
  ({ mapping: { username = "" } }) =>
    username.startsWith("system:") &&
    !username.startsWith("system:node:") &&
    `username ${username} is reserved by Kubernetes`,
);

/**
 * Finds identities with the same username, which RBAC and audit logs cannot distinguish. Skips
 * other placeholders.
 */
export function sharedUsernames({ mappings }: StoredEntries): Finding[] {
  const named = mappings.map((entry) => {
    const { parameter, account, mapping } = entry;
    return {
      parameter,
      username: (mapping.username ?? "").replaceAll("{AccountID}", account),
      who: nameOfEntry(entry),
    };
  });
  const fixed = named.filter(({ username }) => username !== "" && !username.includes("{"));
  return [...Map.groupBy(fixed, ({ username }) => username)].flatMap(
    ([username, [first, ...others]]): Finding[] => {
      if (first === undefined || others.length === 0) return [];
      const message = `username ${username} is also used for ${others.map(({ who }) => who).join(", ")}`;
      return [{ level: "info", rule: "shared-username", where: first.parameter, message }];
    },
  );
}

/** Finds sessions that repeat: only the first entry that has not ended applies. */
export function repeatedSessions({ mappings }: StoredEntries): Finding[] {
  return sessionLists(mappings).flatMap(([where, list]) =>
    [...Map.groupBy(list, ({ mapping }) => mapping.session ?? "")].flatMap(
      ([session, same]): Finding[] => {
        if (same.length < 2) return [];
        const message = `session ${session} has ${same.length} mappings: the first that has not ended applies`;
        return [{ level: "warning", rule: "repeated-session", where, message }];
      },
    ),
  );
}

/**
 * Finds mappings of sessions whose permission set has no mapping: this is either intended, or a
 * typo in the name of the set.
 */
export function sessionsWithoutSet({
  mappings,
  parameters,
  review: { prefix },
}: StoredEntries): Finding[] {
  return sessionLists(mappings).flatMap(([where, [first]]): Finding[] => {
    if (first === undefined) return [];
    const set = mappingParameter(prefix, "sso", first.account, first.name);
    if (parameters.has(set)) return [];
    const message = `${shortName(set, prefix)} does not exist: no mapping of the permission set applies to its other sessions`;
    return [{ level: "info", rule: "session-without-set", where, message }];
  });
}

function sessionLists(mappings: readonly PlacedEntry[]): [string, PlacedEntry[]][] {
  const ofSessions = mappings.filter(({ mapping }) => mapping.session !== undefined);
  return [...Map.groupBy(ofSessions, ({ parameter }) => parameter)];
}
