// Lint rules for usernames, groups and sessions.

import { mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { usesPlaceholder } from "../../../functions/authenticator/mapping/template.ts";
import { canChooseAdministrator } from "../../access/usernames.ts";
import { shortName } from "../../function-settings.ts";
import { nameOfEntry } from "../file/entry.ts";
import type { Finding, Placed, Subject } from "./finding.ts";

/** Users who assume a role choose the session name. */
export function sessionNames({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { kind, mapping } }): Finding[] => {
    const { username = "", groups = [] } = mapping;
    // The entry fixes the session name.
    if (kind === "sso-session") return [];
    const chosen = groups.filter((group) => startsWithSession(group));
    const masters = groups.filter((group) => !startsWithSession(group) && canChooseAdministrator({ groups: [group] }));
    return [
      ...chosen.map((group): Finding => {
        const message = `group ${group}: anyone who assumes the role chooses the group; put a prefix before it`;
        return { level: "error", rule: "chosen-group", where, message };
      }),
      ...masters.map((group): Finding => {
        const message = `group ${group}: anyone who assumes the role can become an administrator; use another prefix`;
        return { level: "error", rule: "chosen-group", where, message };
      }),
      ...(startsWithSession(username)
        ? [
            {
              level: "warning" as const,
              rule: "chosen-username",
              where,
              message: `username ${username}: anyone who assumes the role chooses the name; put a prefix before it, such as dev:${username}`,
            },
          ]
        : []),
    ];
  });
}

function startsWithSession(template: string): boolean {
  return /^\{SessionName(?:Raw)?\}/.test(template);
}

/** Only roles have sessions. */
export function missingSessions({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry }): Finding[] => {
    const { username = "", groups = [] } = entry.mapping;
    const used = (["SessionName", "SessionNameRaw", "EC2PrivateDNSName"] as const).find((placeholder) =>
      usesPlaceholder([username, ...groups], placeholder),
    );
    if (used === undefined || !isWithoutSession(entry)) return [];
    const message = `{${used}} has no value for a user, root or federated user: every review is denied`;
    return [{ level: "error", rule: "no-session", where, message }];
  });
}

function isWithoutSession({ kind, mapping }: Placed["entry"]): boolean {
  if (kind === "pattern") return /^(?:user\/|root$|federated-user\/)/i.test(mapping.arnLike?.split(":")[5] ?? "");
  return kind === "user" || kind === "root" || kind === "federated-user";
}

export function spaces({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { mapping } }): Finding[] => {
    const { username = "", groups = [] } = mapping;
    const spaced = [username, ...groups].filter((name) => name !== name.trim());
    return spaced.map((name) => ({
      level: "warning",
      rule: "space-in-name",
      where,
      message: `${JSON.stringify(name)} starts or ends with a space, and RBAC compares names exactly`,
    }));
  });
}

/** RBAC and audit logs cannot distinguish identities with the same username. Skips other placeholders. */
export function sharedUsernames({ entries }: Subject): Finding[] {
  const fixed = entries.flatMap(({ parameter, entry }) => {
    const username = entry.mapping.username?.replaceAll("{AccountID}", entry.account);
    return username === undefined || username.includes("{") ? [] : [{ parameter, username, who: nameOfEntry(entry) }];
  });
  return [...Map.groupBy(fixed, ({ username }) => username)].flatMap(([username, same]): Finding[] => {
    const [first, ...others] = same;
    if (first === undefined || others.length === 0) return [];
    const message = `username ${username} is also used for ${others.map(({ who }) => who).join(", ")}`;
    return [{ level: "info", rule: "shared-username", where: first.parameter, message }];
  });
}

/** Only the first entry that has not ended applies. */
export function repeatedSessions({ entries }: Subject): Finding[] {
  return sessionLists(entries).flatMap(([where, list]) =>
    [...Map.groupBy(list, ({ entry }) => entry.mapping.session ?? "")].flatMap(([session, same]): Finding[] => {
      if (same.length < 2) return [];
      const message = `session ${session} has ${same.length} mappings: the first that has not ended applies`;
      return [{ level: "warning", rule: "repeated-session", where, message }];
    }),
  );
}

/** Either intended, or a typo in the permission set. */
export function sessionsWithoutSet({ entries, parameters, context: { prefix } }: Subject): Finding[] {
  return sessionLists(entries).flatMap(([where, [first]]): Finding[] => {
    if (first === undefined) return [];
    const set = mappingParameter(prefix, "sso", first.entry.account, first.entry.name);
    if (parameters.has(set)) return [];
    const message = `${shortName(set, prefix)} does not exist: no mapping of the permission set applies to its other sessions`;
    return [{ level: "info", rule: "session-without-set", where, message }];
  });
}

function sessionLists(entries: readonly Placed[]): [string, Placed[]][] {
  return [...Map.groupBy(entries, ({ parameter }) => parameter)].filter(
    ([, [first]]) => first?.entry.kind === "sso-session",
  );
}
