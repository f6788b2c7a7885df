// Converts mappings to an aws-auth ConfigMap, unless that would grant more access than the mappings do here.

import { parseMappedArn } from "../../../functions/authenticator/mapping/arn.ts";
import { claimPlaceholdersIn } from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import { mappingParameter, permissionSetOf } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { isExpired } from "../../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { arnsOverlap } from "../../access/overlap.ts";
import { usage } from "../../errors.ts";
import { decideForPrincipal } from "../../evaluation.ts";
import { type EvaluationContext, shortName } from "../../function-settings.ts";
import { type Subject, subjectOf } from "../../lint/finding.ts";
import { type Entry, nameOfEntry } from "../../store/entry.ts";
import { nameOf } from "../../terminal/files.ts";
import { parseDocuments, stringifyYaml } from "../../terminal/yaml.ts";
import { translateOut, withoutRolePath } from "./record.ts";

interface ExportInput {
  /** Every parameter below the prefix: invalid ones deny access too. */
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  /** Roles that IAM Identity Center created for permission sets. */
  readonly roles: readonly KnownRole[];
  readonly context: EvaluationContext;
}

/** Returns the ConfigMap, the number of mappings in it, and a line for each skipped mapping or denial. */
export function exportAwsAuth({ parameters, roles, context }: ExportInput) {
  const subject = subjectOf(parameters, context);
  const { entries, denials } = subject;
  const denied = denials.flatMap(({ entry: { mapping } }) =>
    isExpired(mapping.notAfter, context.now) ? [] : (mapping.arnLike ?? []),
  );
  const store = { ...subject, roles, denied };
  const carried = entries.map(({ parameter, entry }) => ({ entry, items: carryOut(entry, parameter, store) }));
  const exportable = carried.flatMap(({ items }) => (typeof items === "string" ? [] : [items]));
  return {
    configMap: configMapOf(exportable.flat()),
    exported: exportable.length,
    problems: [
      ...carried.flatMap(({ entry, items }) => (typeof items === "string" ? `${nameOfEntry(entry)}: ${items}` : [])),
      ...denials.map(({ entry: { mapping } }) => `${mapping.arnLike}: aws-auth has no denials`),
    ],
  };
}

function configMapOf(exportable: readonly Entry[]): string {
  const roles = exportable.filter(({ kind }) => kind === "role").map((entry) => item(entry, "rolearn"));
  const accounts = exportable.filter(({ kind }) => kind === "account").map(({ account }) => account);
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

/** Entries that aws-auth can express, or the reason why the entry is skipped. */
type Carried = readonly Entry[] | string;

interface Store extends Subject {
  readonly roles: readonly KnownRole[];
  /** The ARN patterns of denials that have not ended. */
  readonly denied: readonly string[];
}

/** Skipping an entry is safe, shortening it is not: without its end or a denial, a mapping would grant more access. */
function carryOut(entry: Entry, parameter: string, store: Store): Carried {
  const { kind, mapping } = entry;
  const limit = (["notAfter", "principalId"] as const).find((key) => mapping[key]);
  if (limit !== undefined) return `aws-auth has no ${limit}`;
  if (claimPlaceholdersIn(mapping.username ?? "").length > 0) return "aws-auth has no claims of AWS-signed tokens";
  if (kind === "pattern") return "aws-auth has no patterns";
  if (kind === "sso-session") return "aws-auth cannot map a single session";
  if (kind === "account") return carryAccount(entry, store);
  if (kind === "sso") return carryPermissionSet(entry, parameter, store);
  return carryAll([entry], parameter, store);
}

function wouldGrant(denier: string): string {
  return `it would grant access to identities that ${denier}`;
}

function carryAccount(entry: Entry, { readings, context, denied }: Store): Carried {
  const { account, mapping } = entry;
  if (mapping.username !== undefined) return "aws-auth cannot name the users of an account";
  for (const [name, reading] of readings) {
    if (reading.account !== account && reading.account !== "any") continue;
    const by = shortName(name, context.prefix);
    if (reading.problems.length > 0) return wouldGrant(`${by} denies, because it is invalid`);
    const isPinned = reading.entries.some(({ mapping: { principalId } }) => principalId !== undefined);
    if (isPinned) return wouldGrant(`${by} denies by principalId`);
  }
  return unlessDenied([entry], denied);
}

/** Converts to the set's known roles, except roles with a separate mapping, even if that one cannot be converted. */
function carryPermissionSet(entry: Entry, parameter: string, store: Store): Carried {
  const { parameters, readings, roles, context } = store;
  const { prefix, now } = context;
  const { account, name: set } = entry;
  const isOfSet = (role: KnownRole) => role.permissionSet.toLowerCase() === set.toLowerCase();
  const known = roles.filter((role) => role.account === account && isOfSet(role));
  if (known.length === 0) {
    return "aws-auth has no permission sets, and --roles-from (aws iam list-roles) has no role of this one";
  }
  const list = mappingParameter(prefix, "sso-session", account, set);
  const { entries = [], problems = [] } = readings.get(list) ?? {};
  if (problems.length > 0 || entries.some(({ mapping }) => !isExpired(mapping.notAfter, now))) {
    return `aws-auth cannot map a single session, but ${shortName(list, prefix)} does`;
  }
  const others = known.filter(({ name }) => !parameters.has(mappingParameter(prefix, "role", account, name)));
  if (others.length === 0) return "each of its roles has a separate mapping";
  const asRoles = others.map(({ name, arn }): Entry => {
    return { kind: "role", account, name, mapping: { ...entry.mapping, arn } };
  });
  return carryAll(asRoles, parameter, store);
}

/** Converts the items only if the function grants access to each principal by this parameter. */
function carryAll(items: readonly Entry[], parameter: string, { parameters, context, denied }: Store): Carried {
  for (const one of items) {
    const deciding = decideForPrincipal(one, parameters, context)?.deciding;
    const kind = deciding?.verdict.kind;
    if (kind === "match" && deciding?.parameter === parameter) continue;
    const by = deciding === undefined ? "no parameter" : shortName(deciding.parameter, context.prefix);
    if (kind === "deny") return wouldGrant(`${by} denies`);
    if (kind === "invalid") return wouldGrant(`${by} denies, because it is invalid`);
    return `it does not apply: ${by} does`;
  }
  return unlessDenied(items, denied);
}

/** Finds denials that one sample principal does not show: of a session, a user's path, or a part of an account. */
function unlessDenied(items: readonly Entry[], denied: readonly string[]): Carried {
  const arns = items.flatMap(arnsOf);
  const denial = denied.find((arnLike) => arns.some((arn) => arnsOverlap(arnLike, arn)));
  return denial === undefined ? items : wouldGrant(`${denial} denies`);
}

function arnsOf({ kind, account, name }: Entry): string[] {
  if (kind === "role") return [`arn:*:sts::${account}:assumed-role/${name}/*`];
  if (kind === "user") return [`arn:*:iam::${account}:user/${name}`, `arn:*:iam::${account}:user/*/${name}`];
  return kind === "account" ? [`arn:*:*::${account}:*`] : [];
}

export interface KnownRole {
  readonly account: string;
  readonly permissionSet: string;
  /** Without the path `aws-reserved/sso.amazonaws.com/`, as aws-auth needs it. */
  readonly arn: string;
  readonly name: string;
}

/** Reads `{"Roles": [{"Arn": ...}]}`, a list of such roles, or a list of ARNs. Skips roles without a permission set. */
export function readRoles(text: string, file: string): KnownRole[] {
  const roles = parseDocuments(text, file).flatMap(({ value }) => {
    const list = isObject(value) ? value["Roles"] : value;
    if (!Array.isArray(list)) throw usage(`--roles-from ${nameOf(file)}: must be the output of aws iam list-roles.`);
    return list;
  });
  return roles.flatMap((role: unknown) => {
    const arn = isObject(role) ? role["Arn"] : role;
    const mapped = typeof arn === "string" ? parseMappedArn(arn) : undefined;
    if (typeof arn !== "string" || mapped?.kind !== "role") {
      throw usage(`--roles-from ${nameOf(file)}: ${JSON.stringify(role)} is not a role with an Arn.`);
    }
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    const permissionSet = permissionSetOf(name);
    if (permissionSet === undefined) return [];
    const bare = `arn:${mapped.partition}:iam::${mapped.accountId}:role/${name}`;
    return [{ account: mapped.accountId, permissionSet, arn: bare, name }];
  });
}
