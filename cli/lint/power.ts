// Rules on what a mapping gives: administrators, system names, names that a user can choose, whole accounts.

import { usesPlaceholder } from "../../functions/authenticator/mapping/template.ts";
import { isMaster, MASTERS } from "../plan/reach.ts";
import type { Finding, Level, Placed, Subject } from "./finding.ts";

export function masters({ entries }: Subject): Finding[] {
  const holders = entries.filter(({ entry }) => isMaster(entry.mapping) && !entry.mapping.deny);
  if (holders.length === 0) {
    return [{ level: "warning", rule: "no-masters", where: "", message: `no mapping reaches ${MASTERS}` }];
  }
  return holders.map(({ parameter: where, entry: { kind, mapping } }) => {
    const many = kind === "account" || kind === "pattern";
    const message = `reaches ${MASTERS}${many ? ", and is for more than one principal" : ""}: ${mapping.arnLike ?? mapping.username}`;
    return { level: many ? ("warning" as const) : ("info" as const), rule: "masters", where, message };
  });
}

/** https://kubernetes.io/docs/reference/access-authn-authz/node/: a node is system:node:<name> in the group system:nodes */
export function nodes({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { mapping } }): Finding[] => {
    const { username = "", groups = [] } = mapping;
    const isNode = username.startsWith("system:node:") || groups.includes("system:nodes");
    if (!isNode || usesPlaceholder([username], "EC2PrivateDNSName")) return [];
    const chosen = usesPlaceholder([username], "SessionName") || usesPlaceholder([username], "SessionNameRaw");
    const level: Level = chosen ? "error" : "warning";
    const message = chosen
      ? "who assumes the role chooses the session name, and could pose as any node: use {EC2PrivateDNSName}"
      : "a node without {EC2PrivateDNSName}: nothing proves which instance it is";
    return [{ level, rule: "node-name", where, message }];
  });
}

export function systemNames({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { mapping } }): Finding[] => {
    const { username = "" } = mapping;
    if (!username.startsWith("system:") || username.startsWith("system:node:")) return [];
    return [
      { level: "warning", rule: "system-name", where, message: `username ${username} is one of Kubernetes' own` },
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
  const [, , , , ofAccount, ...resource] = arnLike.split(":");
  if (/^(\*|(role|user)\/\*)$/.test(resource.join(":"))) return `everybody that ${arnLike} matches`;
  return ofAccount === "*" ? `principals of any account: ${arnLike}` : undefined;
}
