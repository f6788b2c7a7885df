// The aws-auth ConfigMap that means what our mappings mean, and what it cannot say.

import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import { arnsOverlap, withoutRolePath } from "../evaluate/arn-overlap.ts";
import { stringifyYaml } from "../io/yaml.ts";
import type { Denial } from "../mapping-file/denial.ts";
import { type Entry, nameOfEntry } from "../mapping-file/entry.ts";
import { translateOut } from "./placeholders.ts";
import type { KnownRole } from "./roles.ts";

export interface ExportInput {
  readonly entries: readonly Entry[];
  readonly denials: readonly Denial[];
  /** Those that IAM Identity Center has made of permission sets. */
  readonly roles: readonly KnownRole[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Exported {
  readonly configMap: string;
  /** How many mappings are in it. */
  readonly exported: number;
  /** One line for each mapping or denial that is left out. */
  readonly problems: readonly string[];
}

export function exportAwsAuth({ entries, denials, roles, now }: ExportInput): Exported {
  const denied = [
    ...denials.filter(({ entry }) => !isExpired(entry.notAfter, now)).map(({ entry }) => entry.arnLike),
    ...entries.flatMap(({ mapping: { deny, arn } }) => (deny && arn !== undefined ? [arn] : [])),
  ];
  // A role's own mapping counts before its permission set's, also where aws-auth cannot say it.
  const own = new Set(entries.map(parameterOf));
  const resolved = entries.map((entry) => ({
    entry,
    carried: asRoles(entry, roles).filter((role) => role === entry || !own.has(parameterOf(role))),
  }));
  const sorted = resolved.map(({ entry, carried }) => ({ entry, carried, problem: problemOf(entry, carried, denied) }));
  const kept = sorted.filter(({ problem }) => problem === undefined).flatMap(({ carried }) => carried);
  return {
    configMap: configMapOf(kept),
    exported: sorted.filter(({ problem }) => problem === undefined).length,
    problems: [
      ...sorted.flatMap(({ entry, problem }) => (problem === undefined ? [] : `${nameOfEntry(entry)}: ${problem}`)),
      ...denials.map(({ entry }) => `${entry.arnLike}: aws-auth has no denials`),
    ],
  };
}

/** A permission set as the roles that are known of it; anything else as it is. */
function asRoles(entry: Entry, roles: readonly KnownRole[]): Entry[] {
  if (entry.kind !== "sso") return [entry];
  const set = entry.name.toLowerCase();
  const known = roles.filter(({ account, permissionSet }) => {
    return account === entry.account && permissionSet.toLowerCase() === set;
  });
  return known.map(({ account, name, arn }) => ({ kind: "role", account, name, mapping: { ...entry.mapping, arn } }));
}

function parameterOf({ kind, account, name }: Entry): string {
  return mappingParameter("", kind, account, name);
}

/** Leaving out is safe, saying less is not: without its end or a denial, a mapping would let in more than it does here. */
function problemOf({ kind, mapping }: Entry, carried: readonly Entry[], denied: readonly string[]): string | undefined {
  if (mapping.deny) return "aws-auth has no deny";
  if (mapping.notAfter !== undefined) return "aws-auth has no notAfter";
  if (mapping.principalId !== undefined) return "aws-auth has no principalId";
  if (kind === "pattern") return "aws-auth has no patterns";
  if (kind === "account" && mapping.username !== undefined) return "aws-auth cannot name the users of an account";
  if (kind === "sso" && carried.length === 0) {
    return "aws-auth has no permission sets, and no role of this one is in --roles-from (aws iam list-roles)";
  }
  const denial = denied.find((arnLike) => carried.some((one) => arnsOf(one).some((arn) => arnsOverlap(arnLike, arn))));
  return denial === undefined ? undefined : `it would let in who is denied here by ${denial}`;
}

/** Patterns for everybody whom an entry is for, as a denial may name them. */
function arnsOf({ kind, account, name, mapping: { arn = "" } }: Entry): string[] {
  switch (kind) {
    case "role":
      return [
        `arn:*:iam::${account}:role/${name}`,
        `arn:*:iam::${account}:role/*/${name}`,
        `arn:*:sts::${account}:assumed-role/${name}/*`,
      ];
    case "user":
      return [`arn:*:iam::${account}:user/${name}`, `arn:*:iam::${account}:user/*/${name}`];
    case "account":
      return [`arn:*:*::${account}:*`];
    default:
      return [arn];
  }
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
    // aws-iam-authenticator never sees a role's path, and matches no ARN that has one.
    [arnKey]: kind === "role" ? withoutRolePath(arn) : arn,
    username: translateOut(username),
    ...(groups.length > 0 && { groups: groups.map(translateOut) }),
  };
}
