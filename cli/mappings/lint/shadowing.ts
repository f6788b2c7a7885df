// Mappings that never apply because others do, and those that make administrators.

import { matchesArnLike } from "../../../functions/authenticator/mapping/arn-like.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { usesPlaceholder } from "../../../functions/authenticator/mapping/template.ts";
import { ADMIN_GROUPS, type AdminAccess, adminAccessOf, makesAdministrator } from "../../access/administrators.ts";
import { refusesEverybody } from "../../access/denials.ts";
import { decideForPrincipal, principalOf } from "../../access/evaluation.ts";
import { shortName } from "../../function-settings.ts";
import type { Finding, Level, Placed, Subject } from "./finding.ts";

export function unreachable({ entries, context }: Subject): Finding[] {
  return entries.flatMap(({ parameter, entry }): Finding[] => {
    const isOfSet = entry.kind === "sso" || entry.kind === "sso-session";
    const principal = isOfSet ? undefined : principalOf(entry, context);
    if (principal === undefined) return [];
    const finding = { level: "error" as const, rule: "unreachable", where: parameter };
    const right = mappingParameter(context.prefix, principal.kind, principal.accountId, principal.name);
    if (right !== parameter) {
      return [{ ...finding, message: `a review of its arn reads ${shortName(right, context.prefix)} instead` }];
    }
    if (principal.partition === context.partition) return [];
    return [
      {
        ...finding,
        message: `its arn is in partition ${principal.partition}, and the function in ${context.partition}`,
      },
    ];
  });
}

/** For the principal of this mapping something else counts: a denial, or a mapping that comes first. */
export function shadowed({ entries, parameters, context }: Subject): Finding[] {
  return entries.flatMap(({ parameter, entry }): Finding[] => {
    const { evaluations = [], deciding } = decideForPrincipal(entry, parameters, context) ?? {};
    const own = evaluations.some(
      (evaluation) => evaluation.parameter === parameter && evaluation.verdict.kind === "match",
    );
    if (!own || deciding === undefined || deciding.parameter === parameter) return [];
    const first = shortName(deciding.parameter, context.prefix);
    // The invalid list itself is a finding: one for each mapping that it shuts out would hide it.
    if (refusesEverybody(deciding.parameter, parameters.get(deciding.parameter)?.value)) return [];
    const message = deciding.verdict.kind === "deny" ? `denied by ${first}` : `${first} counts before it`;
    const { session } = entry.mapping;
    const whose = session === undefined ? "" : `session ${session}: `;
    return [{ level: "warning", rule: "shadowed", where: parameter, message: `${whose}${message}` }];
  });
}

/** A role of a permission set, mapped by itself: it counts before the set, and only until its suffix changes. */
export function permissionSetRoles({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { kind, name } }): Finding[] => {
    if (kind !== "role" || !/^AWSReservedSSO_.+_[0-9a-f]{16}$/i.test(name)) return [];
    const message = "a permission set's role: map the set (sso/<account>/<set>), so that a new suffix does not matter";
    return [{ level: "info", rule: "permission-set-role", where, message }];
  });
}

/** The first match counts, and the patterns of an account come before those of any: a covered pattern is never reached. */
export function coveredPatterns({ entries, context }: Subject): Finding[] {
  const lists = Map.groupBy(
    entries.filter(({ entry }) => entry.kind === "pattern"),
    ({ parameter }) => parameter,
  );
  return [...lists.values()].flatMap((list) =>
    list.flatMap(({ parameter: where, entry }, index): Finding[] => {
      const arnLike = entry.mapping.arnLike ?? "";
      const ofAccount = mappingParameter(context.prefix, "pattern", arnLike.split(":")[4] ?? "");
      const before = ofAccount === where ? [] : (lists.get(ofAccount) ?? []);
      const cover = [...before, ...list.slice(0, index)].find((earlier) => isCovered(arnLike, earlier));
      if (cover === undefined || entry.mapping.deny) return [];
      const message = `${arnLike} is never reached: ${cover.entry.mapping.arnLike} comes before it`;
      return [{ level: "warning", rule: "covered-pattern", where, message }];
    }),
  );
}

/** True only where it is sure: `?` of the earlier one would also match a `*` of the later as if that were one character. */
function isCovered(later: string, { entry }: Placed): boolean {
  const { arnLike = "", notAfter } = entry.mapping;
  if (notAfter !== undefined) return false;
  if (arnLike.toLowerCase() === later.toLowerCase()) return true;
  return !(arnLike.includes("?") && later.includes("*")) && matchesArnLike(arnLike, later);
}

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
