// Converts mappings to an aws-auth ConfigMap, unless that would grant more access than the mappings do here.

import { parseMappedArn } from "../../../functions/authenticator/mapping/arn.ts";
import { claimPlaceholdersIn } from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import { mappingParameter, permissionSetOf } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { isExpired } from "../../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { arnsOverlap, withoutRolePath } from "../../access/arn-overlap.ts";
import { decide, principalOf } from "../../access/evaluation.ts";
import { usage } from "../../errors.ts";
import { type EvaluationContext, shortName } from "../../function-settings.ts";
import { nameOf } from "../../terminal/files.ts";
import { parseDocuments, stringifyYaml } from "../../terminal/yaml.ts";
import { type Entry, nameOfEntry } from "../file/entry.ts";
import { type Reading, readParameter } from "../file/read-parameter.ts";
import { translateOut } from "./record.ts";

interface Exported {
  readonly configMap: string;
  /** The number of mappings in it. */
  readonly exported: number;
  /** A line for each skipped mapping or denial. */
  readonly problems: readonly string[];
}

export function exportAwsAuth(input: ExportInput): Exported {
  const { prefix, partition, now } = input.context;
  const readings = new Map(
    [...input.parameters].map(([name, stored]) => [name, readParameter(prefix, name, stored, partition)]),
  );
  const placed = [...readings].flatMap(([name, { entries }]) => entries.map((entry) => ({ name, entry })));
  const denials = [...readings.values()].flatMap((reading) => reading.denials.map(({ entry }) => entry));
  const denied = [
    ...denials.filter(({ notAfter }) => !isExpired(notAfter, now)).map(({ arnLike }) => arnLike),
    ...placed.flatMap(({ entry: { mapping } }) => (mapping.deny && mapping.arn !== undefined ? [mapping.arn] : [])),
  ];
  const store = { ...input, readings, denied };
  const carried = placed.map(({ name, entry }) => ({ entry, ...carryOut(entry, name, store) }));
  const kept = carried.flatMap((one) => ("items" in one ? [one.items] : []));
  return {
    configMap: configMapOf(kept.flat()),
    exported: kept.length,
    problems: [
      ...carried.flatMap((one) => ("problem" in one ? `${nameOfEntry(one.entry)}: ${one.problem}` : [])),
      ...denials.map(({ arnLike }) => `${arnLike}: aws-auth has no denials`),
    ],
  };
}

function configMapOf(kept: readonly Entry[]): string {
  const roles = kept.filter(({ kind }) => kind === "role").map((entry) => item(entry, "rolearn"));
  const accounts = kept.filter(({ kind }) => kind === "account").map(({ account }) => account);
  const users = kept.filter(({ kind }) => kind !== "role" && kind !== "account").map((entry) => item(entry, "userarn"));
  const data = {
    ...(roles.length > 0 && { mapRoles: stringifyYaml(roles) }),
    ...(users.length > 0 && { mapUsers: stringifyYaml(users) }),
    ...(accounts.length > 0 && { mapAccounts: stringifyYaml(accounts) }),
  };
  const metadata = { name: "aws-auth", namespace: "kube-system" };
  return stringifyYaml({ apiVersion: "v1", kind: "ConfigMap", metadata, data }, { blocks: true });
}

function item({ kind, mapping }: Entry, arnKey: "rolearn" | "userarn"): Record<string, unknown> {
  const { arn = "", username = "", groups = [] } = mapping;
  return {
    // aws-iam-authenticator does not see a role's path, and never matches an ARN with one.
    [arnKey]: kind === "role" ? withoutRolePath(arn) : arn,
    username: translateOut(username),
    ...(groups.length > 0 && { groups: groups.map(translateOut) }),
  };
}

interface ExportInput {
  /** Every parameter below the prefix: invalid ones deny access too. */
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  /** Roles that IAM Identity Center created for permission sets. */
  readonly roles: readonly KnownRole[];
  readonly context: EvaluationContext;
}

/** Entries that aws-auth can express, or the reason why the entry is skipped. */
type Carried = { readonly items: readonly Entry[] } | { readonly problem: string };

interface Store extends ExportInput {
  readonly readings: ReadonlyMap<string, Reading>;
  /** The ARN patterns of denials that have not ended. */
  readonly denied: readonly string[];
}

/** Skipping an entry is safe, shortening it is not: without its end or a denial, a mapping would grant more access. */
function carryOut(entry: Entry, parameter: string, store: Store): Carried {
  const { kind, mapping } = entry;
  if (mapping.deny) return { problem: "aws-auth has no deny" };
  if (mapping.notAfter !== undefined) return { problem: "aws-auth has no notAfter" };
  if (mapping.principalId !== undefined) return { problem: "aws-auth has no principalId" };
  if (claimPlaceholdersIn(mapping.username ?? "").length > 0)
    return { problem: "aws-auth has no claims of AWS-signed tokens" };
  if (kind === "pattern") return { problem: "aws-auth has no patterns" };
  if (kind === "sso-session") return { problem: "aws-auth cannot map a single session" };
  if (kind === "account") return carryAccount(entry, store);
  if (kind === "sso") return carryPermissionSet(entry, parameter, store);
  return carryAll([entry], parameter, store);
}

function carryAccount(entry: Entry, { readings, context, denied }: Store): Carried {
  const { account, mapping } = entry;
  if (mapping.username !== undefined) return { problem: "aws-auth cannot name the users of an account" };
  for (const [name, reading] of readings) {
    if (reading.account !== account && reading.account !== "any") continue;
    const by = shortName(name, context.prefix);
    if (reading.problems.length > 0)
      return { problem: `it would grant access to identities that ${by} denies, because it is invalid` };
    if (reading.entries.some(({ mapping: { principalId } }) => principalId !== undefined)) {
      return { problem: `it would grant access to identities that ${by} denies by principalId` };
    }
  }
  return deniedIn([entry], denied) ?? { items: [entry] };
}

/** Converts to the set's known roles, except roles with a separate mapping, even if that one cannot be converted. */
function carryPermissionSet(entry: Entry, parameter: string, store: Store): Carried {
  const { parameters, readings, roles, context } = store;
  const { prefix, now } = context;
  const { account, name: set } = entry;
  const known = roles.filter((role) => {
    return role.account === account && role.permissionSet.toLowerCase() === set.toLowerCase();
  });
  if (known.length === 0) {
    return {
      problem: "aws-auth has no permission sets, and --roles-from (aws iam list-roles) has no role of this one",
    };
  }
  const list = mappingParameter(prefix, "sso-session", account, set);
  const { entries = [], problems = [] } = readings.get(list) ?? {};
  if (problems.length > 0 || entries.some(({ mapping }) => !isExpired(mapping.notAfter, now))) {
    return { problem: `aws-auth cannot map a single session, but ${shortName(list, prefix)} does` };
  }
  const others = known.filter(({ name }) => !parameters.has(mappingParameter(prefix, "role", account, name)));
  if (others.length === 0) return { problem: "each of its roles has a separate mapping" };
  const asRoles = others.map(({ name, arn }): Entry => {
    return { kind: "role", account, name, mapping: { ...entry.mapping, arn } };
  });
  return carryAll(asRoles, parameter, store);
}

/** Converts the items only if the function grants access to each principal by this parameter. */
function carryAll(items: readonly Entry[], parameter: string, { parameters, context, denied }: Store): Carried {
  for (const item of items) {
    const principal = principalOf(item, context);
    const deciding = principal && decide(context, principal, parameters).deciding;
    if (deciding?.verdict.kind === "match" && deciding.parameter === parameter) continue;
    const by = deciding === undefined ? "no parameter" : shortName(deciding.parameter, context.prefix);
    if (deciding?.verdict.kind === "deny") return { problem: `it would grant access to identities that ${by} denies` };
    if (deciding?.verdict.kind === "invalid")
      return { problem: `it would grant access to identities that ${by} denies, because it is invalid` };
    return { problem: `it does not apply: ${by} does` };
  }
  return deniedIn(items, denied) ?? { items };
}

/** Finds denials that one sample principal does not show: of a session, a user's path, or a part of an account. */
function deniedIn(items: readonly Entry[], denied: readonly string[]): Carried | undefined {
  const arns = items.flatMap(arnsOf);
  const denial = denied.find((arnLike) => arns.some((arn) => arnsOverlap(arnLike, arn)));
  return denial === undefined ? undefined : { problem: `it would grant access to identities that ${denial} denies` };
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
