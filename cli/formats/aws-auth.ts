// The aws-auth ConfigMap that means what our mappings mean, and what it cannot say.

import { stringifyYaml } from "../io/yaml.ts";
import type { Entry } from "../mapping-file/entry.ts";
import { translateOut } from "./placeholders.ts";

export interface Exported {
  readonly configMap: string;
  /** One line for each entry that is left out. */
  readonly problems: readonly string[];
}

export function exportAwsAuth(entries: readonly Entry[]): Exported {
  const sorted = entries.map((entry) => ({ entry, problem: problemOf(entry) }));
  const kept = sorted.filter(({ problem }) => problem === undefined).map(({ entry }) => entry);
  const roles = kept.filter(({ kind }) => kind === "role").map((entry) => item(entry, "rolearn"));
  const accounts = kept.filter(({ kind }) => kind === "account").map(({ account }) => account);
  const users = kept.filter(({ kind }) => kind !== "role" && kind !== "account").map((entry) => item(entry, "userarn"));
  const data = {
    ...(roles.length > 0 && { mapRoles: stringifyYaml(roles) }),
    ...(users.length > 0 && { mapUsers: stringifyYaml(users) }),
    ...(accounts.length > 0 && { mapAccounts: stringifyYaml(accounts) }),
  };
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "aws-auth", namespace: "kube-system" },
    data,
  };
  return {
    configMap: stringifyYaml(configMap),
    problems: sorted.flatMap(({ entry, problem }) => (problem === undefined ? [] : `${nameOf(entry)}: ${problem}`)),
  };
}

/** Leaving out is safe, saying less is not: without its end or its pin a mapping would let in more than it does here. */
function problemOf({ kind, mapping }: Entry): string | undefined {
  if (mapping.deny) return "aws-auth knows no deny";
  if (mapping.notAfter !== undefined) return "aws-auth knows no end (notAfter)";
  if (mapping.principalId !== undefined) return "aws-auth knows no principalId";
  if (kind === "pattern") return "aws-auth knows no patterns";
  if (kind === "sso") return "aws-auth on EKS knows no permission sets: name the AWSReservedSSO_ role";
  if (kind === "account" && mapping.username !== undefined) return "aws-auth gives an account's users no other name";
  return undefined;
}

function item({ kind, mapping }: Entry, arnKey: "rolearn" | "userarn"): Record<string, unknown> {
  const { arn = "", username = "", groups = [] } = mapping;
  return {
    // aws-iam-authenticator never sees a role's path, and matches no ARN that has one.
    [arnKey]: kind === "role" ? arn.replace(/:role\/.*\//i, ":role/") : arn,
    username: translateOut(username),
    ...(groups.length > 0 && { groups: groups.map(translateOut) }),
  };
}

function nameOf({ kind, account, name, mapping }: Entry): string {
  return mapping.arn ?? mapping.arnLike ?? `${kind}/${account}${name && `/${name}`}`;
}
