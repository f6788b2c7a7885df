// Rules on the lists of a permission set's sessions.

import { mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../../aws/parameter-name.ts";
import type { Finding, Placed, Subject } from "./finding.ts";

/** The first entry that has not ended applies: the others look as if they did. */
export function repeatedSessions({ entries }: Subject): Finding[] {
  return sessionLists(entries).flatMap(([where, list]) =>
    [...Map.groupBy(list, ({ entry }) => entry.mapping.session ?? "")].flatMap(([session, same]): Finding[] => {
      if (same.length < 2) return [];
      const message = `session ${session} has ${same.length} mappings: the first that has not ended applies`;
      return [{ level: "warning", rule: "repeated-session", where, message }];
    }),
  );
}

/** Meant so, or a mistyped permission set. */
export function sessionsWithoutSet({ entries, parameters, context: { prefix } }: Subject): Finding[] {
  return sessionLists(entries).flatMap(([where, [first]]): Finding[] => {
    if (first === undefined) return [];
    const set = mappingParameter(prefix, "sso", first.entry.account, first.entry.name);
    if (parameters.has(set)) return [];
    const message = `there is no ${shortName(set, prefix)}: no mapping of the permission set applies to its other sessions`;
    return [{ level: "info", rule: "session-without-set", where, message }];
  });
}

function sessionLists(entries: readonly Placed[]): [string, Placed[]][] {
  return [...Map.groupBy(entries, ({ parameter }) => parameter)].filter(
    ([, [first]]) => first?.entry.kind === "sso-session",
  );
}
