// Rules on what a mapping gives: administrators, system names, names that a user can choose, whole accounts.

import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { usesPlaceholder } from "../../../functions/authenticator/mapping/template.ts";
import { ADMIN_GROUPS, type AdminAccess, adminAccessOf, makesAdministrator } from "../../access/administrators.ts";
import type { Finding, Level, Placed, Subject } from "./finding.ts";

/** The mappings that name the group, and whether anybody gets it, by the code of the lockout guard. */
export async function masters(subject: Subject): Promise<Finding[]> {
  const found: Finding[] = [];
  const kinds = new Set<AdminAccess["kind"]>();
  for (const { parameter: where, entry } of subject.entries) {
    const { kind: place, mapping } = entry;
    if (!makesAdministrator(mapping)) continue;
    const { kind, why } = await adminAccessOf(entry, subject.parameters, subject.context);
    kinds.add(kind);
    const isWide = kind !== "none" && (place === "account" || place === "pattern");
    const many = isWide ? ", for more than one principal" : "";
    const message = `${VERBS[kind]} ${adminGroupsOf(mapping)}${many}: ${mapping.arnLike ?? mapping.username}${why && ` (${why})`}`;
    found.push({ level: isWide ? "warning" : "info", rule: "masters", where, message });
  }
  if (kinds.has("sure")) return found;
  const message = `no mapping${kinds.has("doubtful") ? " surely" : ""} gives ${ADMIN_GROUPS.join(" or ")}`;
  return [...found, { level: "warning", rule: "no-masters", where: "", message }];
}

function adminGroupsOf({ groups = [] }: Mapping): string {
  return groups.filter((group) => ADMIN_GROUPS.includes(group)).join(", ");
}

const VERBS = { sure: "gives", doubtful: "may give", none: "names, but does not give," } as const;

/** https://kubernetes.io/docs/reference/access-authn-authz/node/: a node is system:node:<name> in the group system:nodes */
export function nodes({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { mapping } }): Finding[] => {
    const { username = "", groups = [] } = mapping;
    const isNode = username.startsWith("system:node:") || groups.includes("system:nodes");
    if (!isNode || usesPlaceholder([username], "EC2PrivateDNSName")) return [];
    const chosen = usesPlaceholder([username], "SessionName") || usesPlaceholder([username], "SessionNameRaw");
    const level: Level = chosen ? "error" : "warning";
    const message = chosen
      ? "anyone who assumes the role chooses the session name, and could pose as any node: use {EC2PrivateDNSName}"
      : "node name without {EC2PrivateDNSName}: nothing proves which instance it is";
    return [{ level, rule: "node-name", where, message }];
  });
}

export function systemNames({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { mapping } }): Finding[] => {
    const { username = "" } = mapping;
    if (!username.startsWith("system:") || username.startsWith("system:node:")) return [];
    return [
      {
        level: "warning",
        rule: "system-name",
        where,
        message: `username ${username} is a name that Kubernetes uses itself`,
      },
    ];
  });
}

export function wholeAccounts({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry }): Finding[] => {
    if (entry.mapping.deny) return [];
    const whom = widely({ parameter: where, entry });
    return whom === undefined ? [] : [{ level: "warning", rule: "account-wide", where, message: `lets in ${whom}` }];
  });
}

function widely({ entry: { kind, account, mapping } }: Placed): string | undefined {
  if (kind === "account") return `everybody in account ${account}`;
  if (kind !== "pattern") return undefined;
  const { arnLike = "" } = mapping;
  const [, , , , ofAccount = "", ...resource] = arnLike.split(":");
  if (/^((role|user)\/)?\?*\*[*?]*$/.test(resource.join(":"))) return `everybody that ${arnLike} matches`;
  return /[*?]/.test(ofAccount) ? `principals of any account: ${arnLike}` : undefined;
}
