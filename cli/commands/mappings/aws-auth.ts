// Converts stored mappings to the aws-auth ConfigMap, and finds those that it cannot express.

import { claimPlaceholdersIn } from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import type { MappingKind } from "../../../functions/authenticator/mapping/kinds.ts";
import {
  mappingParameter,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { stringifyYaml } from "../../io/yaml.ts";
import { deniedIn, type Entry, type MappingEntry, nameOfEntry } from "../../model/entry.ts";
import {
  isActive,
  overlaps,
  type PlacedDenial,
  type PlacedMapping,
  placed,
} from "../../model/entry-arns.ts";
import {
  decideForPrincipal,
  type ReviewSettings,
  type StoredParameters,
  shortName,
} from "../../model/evaluation.ts";
import { type StoredEntries, storedEntries } from "../../model/stored-entries.ts";
import type { Cause, Skipped } from "./export-skipped.ts";
import { withoutRolePath } from "./foreign.ts";

/** A role that IAM Identity Center created for a permission set. */
export interface KnownRole {
  readonly account: string;
  readonly permissionSet: string;
  /** The ARN, without the path `aws-reserved/sso.amazonaws.com/`, as aws-auth needs it. */
  readonly arn: string;
  readonly name: string;
}

interface ExportInput {
  /** All parameters below the prefix, including invalid ones, since they deny access too. */
  readonly parameters: StoredParameters;
  /** Roles that IAM Identity Center created for permission sets. */
  readonly roles: readonly KnownRole[];
  readonly review: ReviewSettings;
}

/** Returns the ConfigMap, the number of mappings in it, and the skipped mappings and denials. */
export function exportAwsAuth({ parameters, roles, review }: ExportInput) {
  const stored = storedEntries(parameters, review);
  const { mappings, denials } = stored;
  const activeDenials = denials.filter((denial) => isActive(denial, review));
  const source = { ...stored, roles, activeDenials };
  const converted = mappings.map((entry) => ({ entry, ...convert(entry, source) }));
  const exportable = converted.flatMap(({ items }) => (items === undefined ? [] : [items]));
  return {
    configMap: configMapOf(exportable.flat()),
    exported: exportable.length,
    problems: [
      ...converted.flatMap(({ entry, cause }): Skipped[] =>
        cause ? [{ what: nameOfEntry(entry), cause }] : [],
      ),
      ...denials.map(
        ({ mapping }): Skipped => ({ what: deniedIn(mapping), cause: { code: "denial_unknown" } }),
      ),
    ],
  };
}

function configMapOf(exportable: readonly Entry[]): string {
  const roles = exportable
    .filter(({ kind }) => kind === "role")
    .map((entry) => item(entry, "rolearn"));
  const accounts = exportable
    .filter(({ kind }) => kind === "account")
    .map(({ account }) => account);
  const users = exportable
    .filter(({ kind }) => kind !== "role" && kind !== "account")
    .map((entry) => item(entry, "userarn"));
  const data = {
    ...(roles.length > 0 && { mapRoles: stringifyYaml(roles) }),
    ...(users.length > 0 && { mapUsers: stringifyYaml(users) }),
    ...(accounts.length > 0 && { mapAccounts: stringifyYaml(accounts) }),
  };
  const metadata = { name: "aws-auth", namespace: "kube-system" };
  return stringifyYaml({ apiVersion: "v1", kind: "ConfigMap", metadata, data }, { blocks: true });
}

function item({ mapping }: Entry, arnKey: "rolearn" | "userarn"): Record<string, unknown> {
  const { arn = "", username = "", groups = [] } = mapping;
  return {
    // aws-iam-authenticator does not see a role's path, and never matches an ARN with one.
    [arnKey]: withoutRolePath(arn),
    username: translateOut(username),
    ...(groups.length > 0 && { groups: groups.map(translateOut) }),
  };
}

/** Returns the text with the placeholders of aws-iam-authenticator, such as `{{SessionName}}`. */
function translateOut(text: string): string {
  return text.replace(/\{(\w+)\}/g, "{{$1}}");
}

/** Entries that aws-auth can express, or the cause why the entry is skipped. */
type Conversion =
  | { readonly items: readonly MappingEntry[]; readonly cause?: undefined }
  | { readonly cause: Cause; readonly items?: undefined };

/** What decides whether aws-auth can express a mapping. */
interface Source extends StoredEntries {
  readonly roles: readonly KnownRole[];
  /** The denials that have not ended. */
  readonly activeDenials: readonly PlacedDenial[];
}

/**
 * Converts an entry. Skipping one is safe, shortening it is not: without its end or a denial, a
 * mapping would grant more access.
 */
function convert(entry: PlacedMapping, source: Source): Conversion {
  const { kind, parameter, mapping } = entry;
  const { username = "", groups = [] } = mapping;
  const limit = (["notAfter", "principalId"] as const).find((key) => mapping[key]);
  if (limit !== undefined) return skipped({ code: "key_unknown", key: limit });
  if ([username, ...groups].some((name) => claimPlaceholdersIn(name).length > 0))
    return skipped({ code: "claims_unknown" });
  const unchanged = () => convertAll([entry], parameter, source);
  const conversions: Readonly<Record<MappingKind, () => Conversion>> = {
    role: unchanged,
    user: unchanged,
    root: unchanged,
    "federated-user": unchanged,
    sso: () => convertPermissionSet(entry, source),
    "sso-session": () => skipped({ code: "session_unknown" }),
    pattern: () => skipped({ code: "pattern_unknown" }),
    account: () => convertAccount(entry, source),
  };
  return conversions[kind]();
}

function skipped(cause: Cause): Conversion {
  return { cause };
}

function convertAccount(
  entry: MappingEntry,
  { parameters, mappings, problems, review, activeDenials }: Source,
): Conversion {
  const { account, mapping } = entry;
  if (mapping.username !== undefined) return skipped({ code: "account_username_unknown" });
  const pinned = mappings.filter(({ mapping: { principalId } }) => principalId !== undefined);
  for (const name of parameters.keys()) {
    const accountInName = readName(review.prefix, name)?.account;
    if (accountInName !== account && accountInName !== "any") continue;
    const by = shortName(name, review.prefix);
    if (problems.has(name)) return skipped({ code: "denied_by_invalid", by });
    if (pinned.some(({ parameter }) => parameter === name))
      return skipped({ code: "denied_by_principal_id", by });
  }
  return unlessDenied([entry], review, activeDenials);
}

/**
 * Converts a permission set's mapping to the set's known roles, except roles with a separate
 * mapping, even if that one cannot be converted.
 */
function convertPermissionSet(entry: PlacedMapping, source: Source): Conversion {
  const { parameters, mappings, problems, roles, review } = source;
  const { prefix } = review;
  const { account, name: set } = entry;
  const isOfSet = (role: KnownRole) => role.permissionSet.toLowerCase() === set.toLowerCase();
  const known = roles.filter((role) => role.account === account && isOfSet(role));
  if (known.length === 0) return skipped({ code: "set_without_roles" });
  const list = mappingParameter(prefix, "sso-session", account, set);
  const ofSessions = mappings.filter(({ parameter }) => parameter === list);
  if (problems.has(list) || ofSessions.some((session) => isActive(session, review))) {
    return skipped({ code: "set_with_sessions", by: shortName(list, prefix) });
  }
  const others = known.filter(
    ({ name }) => !parameters.has(mappingParameter(prefix, "role", account, name)),
  );
  if (others.length === 0) return skipped({ code: "roles_mapped" });
  const asRoles = others.map(({ name, arn }): MappingEntry => {
    return { kind: "role", account, name, mapping: { ...entry.mapping, arn } };
  });
  return convertAll(asRoles, entry.parameter, source);
}

/** Converts the items only if the function grants access to each principal by this parameter. */
function convertAll(
  items: readonly MappingEntry[],
  parameter: string,
  { parameters, review, activeDenials }: Source,
): Conversion {
  for (const item of items) {
    const deciding = decideForPrincipal(item, parameters, review)?.deciding;
    const kind = deciding?.verdict.kind;
    if (kind === "match" && deciding?.parameter === parameter) continue;
    const by =
      deciding === undefined ? "no parameter" : shortName(deciding.parameter, review.prefix);
    if (kind === "deny") return skipped({ code: "denied", by });
    if (kind === "invalid") return skipped({ code: "denied_by_invalid", by });
    return skipped({ code: "not_applied", by });
  }
  return unlessDenied(items, review, activeDenials);
}

/**
 * Finds denials that one sample principal does not show: of a session, a user's path, or a part of
 * an account.
 */
function unlessDenied(
  items: readonly MappingEntry[],
  { partition }: ReviewSettings,
  denials: readonly PlacedDenial[],
): Conversion {
  const principals = items.map((item) => placed(item, "", partition));
  const denial = denials.find((entry) =>
    principals.some((principal) => overlaps(entry, principal)),
  );
  return denial === undefined
    ? { items }
    : skipped({ code: "denied_by_entry", denied: deniedIn(denial.mapping) });
}
