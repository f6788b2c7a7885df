// Lint rules for mappings that never apply, administrators, node names and wide grants.

import { matchesArnLike } from "../../../functions/authenticator/mapping/arn-like.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { usesPlaceholder } from "../../../functions/authenticator/mapping/template.ts";
import { ADMIN_GROUPS, type AdminAccess, adminAccessOf, makesAdministrator } from "../../access/administrators.ts";
import { refusesEverybody } from "../../access/denials.ts";
import { decideForPrincipal, principalOf } from "../../access/evaluation.ts";
import { shortName } from "../../function-settings.ts";
import { isPermissionSetRole } from "../file/entry.ts";
import type { Finding, Level, Placed, Subject } from "./finding.ts";

export function unreachable({ entries, context }: Subject): Finding[] {
  return entries.flatMap(({ parameter, entry }): Finding[] => {
    const isOfSet = entry.kind === "sso" || entry.kind === "sso-session";
    const principal = isOfSet ? undefined : principalOf(entry, context);
    if (principal === undefined) return [];
    const finding = { level: "error" as const, rule: "unreachable", where: parameter };
    const expected = mappingParameter(context.prefix, principal.kind, principal.accountId, principal.name);
    if (expected !== parameter) {
      return [{ ...finding, message: `reviews of its arn use ${shortName(expected, context.prefix)} instead` }];
    }
    if (principal.partition === context.partition) return [];
    return [
      {
        ...finding,
        message: `its arn is in partition ${principal.partition}, but the function is in ${context.partition}`,
      },
    ];
  });
}

/** A denial or a mapping with higher precedence applies to the principal of this mapping. */
export function shadowed({ entries, parameters, context }: Subject): Finding[] {
  return entries.flatMap(({ parameter, entry }): Finding[] => {
    const { evaluations = [], deciding } = decideForPrincipal(entry, parameters, context) ?? {};
    const own = evaluations.some(
      (evaluation) => evaluation.parameter === parameter && evaluation.verdict.kind === "match",
    );
    if (!own || deciding === undefined || deciding.parameter === parameter) return [];
    const first = shortName(deciding.parameter, context.prefix);
    // The invalid list has a finding. Findings for each mapping that it denies would hide that one.
    if (refusesEverybody(deciding.parameter, parameters.get(deciding.parameter)?.value)) return [];
    const message = deciding.verdict.kind === "deny" ? `denied by ${first}` : `${first} takes precedence`;
    const { session } = entry.mapping;
    const whose = session === undefined ? "" : `session ${session}: `;
    return [{ level: "warning", rule: "shadowed", where: parameter, message: `${whose}${message}` }];
  });
}

/** A separate mapping of a permission set's role takes precedence over the set, but only until the suffix changes. */
export function permissionSetRoles({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { kind, name } }): Finding[] => {
    if (kind !== "role" || !isPermissionSetRole(name)) return [];
    const message = "a permission set's role: map the set (sso/<account>/<set>), because the role's suffix can change";
    return [{ level: "info", rule: "permission-set-role", where, message }];
  });
}

/** The first matching pattern applies, and an account's list precedes that for any account. */
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
      const message = `${arnLike} never applies: ${cover.entry.mapping.arnLike} takes precedence`;
      return [{ level: "warning", rule: "covered-pattern", where, message }];
    }),
  );
}

/** True only if sure: the match reads a `*` in `later` as one character, which a `?` would match. */
function isCovered(later: string, { entry }: Placed): boolean {
  const { arnLike = "", notAfter } = entry.mapping;
  if (notAfter !== undefined) return false;
  if (arnLike.toLowerCase() === later.toLowerCase()) return true;
  return !(arnLike.includes("?") && later.includes("*")) && matchesArnLike(arnLike, later);
}

/** Mappings with an administrators' group, and whether they grant it, as the lockout guard evaluates them. */
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
  const message = `no mapping${kinds.has("doubtful") ? " surely" : ""} grants ${ADMIN_GROUPS.join(" or ")}`;
  return [...found, { level: "warning", rule: "no-masters", where: "", message }];
}

function adminGroupsOf({ groups = [] }: Mapping): string {
  return groups.filter((group) => ADMIN_GROUPS.includes(group)).join(", ");
}

const VERBS = { sure: "grants", doubtful: "may grant", none: "does not grant" } as const;

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
      : "node name without {EC2PrivateDNSName}: EC2 does not confirm the instance";
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
        message: `username ${username} is reserved by Kubernetes`,
      },
    ];
  });
}

export function wholeAccounts({ entries }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry }): Finding[] => {
    if (entry.mapping.deny) return [];
    const whom = widely({ parameter: where, entry });
    return whom === undefined
      ? []
      : [{ level: "warning", rule: "account-wide", where, message: `grants access to ${whom}` }];
  });
}

function widely({ entry: { kind, account, mapping } }: Placed): string | undefined {
  if (kind === "account") return `every identity in account ${account}`;
  if (kind !== "pattern") return undefined;
  const { arnLike = "" } = mapping;
  const [, , , , ofAccount = "", ...resource] = arnLike.split(":");
  if (/^((role|user)\/)?\?*\*[*?]*$/.test(resource.join(":"))) return `every identity that ${arnLike} matches`;
  return /[*?]/.test(ofAccount) ? `principals of any account: ${arnLike}` : undefined;
}
