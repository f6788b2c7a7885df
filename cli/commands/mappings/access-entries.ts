// Access entries of EKS with their access policies, as the AWS CLI prints them.

import { NAMESPACE } from "../../../functions/issuer/trust-policy.ts";
import { isObject } from "../../../functions/lib/json.ts";
import type { YamlDocument } from "../../io/yaml.ts";
import { accessGroup, levelOfPolicy } from "../../model/access-levels.ts";
import type { At, Foreign } from "./foreign.ts";

/**
 * Reads an access entry: https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessEntry.html
 */
export function fromAccessEntry(
  { principalArn, username, kubernetesGroups, clusterName }: Record<string, unknown>,
  at: At,
) {
  return {
    ...at,
    arn: principalArn ?? null,
    username,
    groups: kubernetesGroups,
    accessEntryOf: textOf(clusterName),
  };
}

/**
 * Returns one item for the policies that have an access level, and one for each policy or namespace
 * that cannot be imported.
 * https://docs.aws.amazon.com/eks/latest/APIReference/API_ListAssociatedAccessPolicies.html
 */
export function fromAssociatedPolicies({ value, lineOf }: YamlDocument): Foreign[] {
  const { principalArn, clusterName, associatedAccessPolicies } = isObject(value) ? value : {};
  const arn = principalArn ?? null;
  const policies: readonly unknown[] = Array.isArray(associatedAccessPolicies)
    ? associatedAccessPolicies
    : [];
  const read = policies.map((policy, i) => {
    const line = lineOf(["associatedAccessPolicies", i]);
    const { name, groups, problems } = readPolicy(policy);
    return {
      groups,
      left: problems.map((problem) => ({ where: `access policy ${name}`, line, arn, problem })),
    };
  });
  const at = { where: "access policies", line: lineOf([]) };
  const accessGroups = read.flatMap(({ groups }) => groups);
  return [
    { ...at, arn, accessEntryOf: textOf(clusterName), accessGroups },
    ...read.flatMap(({ left }) => left),
  ];
}

/** Returns the policy's name, its groups, and phrases about parts without a group. */
function readPolicy(policy: unknown) {
  const { policyArn, accessScope } = isObject(policy) ? policy : {};
  const [, policyName] =
    /^arn:[a-z-]+:eks::aws:cluster-access-policy\/(\w+)$/.exec(textOf(policyArn)) ?? [];
  const name = policyName ?? textOf(policyArn);
  const refused = (problem: string) => ({ name, groups: [], problems: [problem] });
  const level = policyName === undefined ? undefined : levelOfPolicy(policyName);
  if (level === undefined)
    return refused("it has no access level here: grant its permissions by RBAC");
  const { type, namespaces } = isObject(accessScope) ? accessScope : {};
  if (type === "cluster") return { name, groups: [accessGroup(level)], problems: [] };
  if (type !== "namespace" || !Array.isArray(namespaces)) {
    return refused("its accessScope must have the type cluster, or namespace with namespaces");
  }
  const names = namespaces.map(textOf);
  // EKS allows wildcards: https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
  const valid = names.filter((namespace) => NAMESPACE.test(namespace));
  const problems = names
    .filter((namespace) => !NAMESPACE.test(namespace))
    .map(
      (namespace) =>
        `its namespace ${namespace || "without a name"} is not one namespace: set the level for each one it stands for`,
    );
  return { name, groups: valid.map((namespace) => accessGroup(level, namespace)), problems };
}

/** Moves the groups of access policies to the access entries for the same principal and cluster. */
export function withAccessPolicies<T extends Foreign>(items: readonly T[]): (T & Foreign)[] {
  const policies = items.filter(({ accessGroups }) => accessGroups !== undefined);
  const byEntry = Map.groupBy(policies, entryKeyOf);
  const groupsOf = (item: Foreign) =>
    byEntry.get(entryKeyOf(item))?.flatMap(({ accessGroups = [] }) => accessGroups);
  const entries = new Set(items.filter(isAccessEntry).map(entryKeyOf));
  return items.flatMap((item): (T & Foreign)[] => {
    if (isAccessEntry(item)) return [withGroups(item, groupsOf(item))];
    if (item.accessGroups === undefined) return [item];
    return entries.has(entryKeyOf(item)) || item.accessGroups.length === 0
      ? []
      : [{ ...item, problem: NO_ENTRY }];
  });
}

const NO_ENTRY =
  "the files have no access entry for this principal: also give the output of aws eks describe-access-entry";

const NO_GROUPS =
  "it has no groups. If it has access policies, give the output of aws eks list-associated-access-policies too";

function isAccessEntry({ accessEntryOf, accessGroups }: Foreign): boolean {
  return accessEntryOf !== undefined && accessGroups === undefined;
}

function entryKeyOf({ accessEntryOf, arn }: Foreign): string {
  return `${accessEntryOf} ${textOf(arn)}`;
}

/**
 * Adds the groups of access policies to an access entry.
 *
 * @param groups those of its access policies; `undefined` if the files do not have them
 */
function withGroups<T extends Foreign>(
  entry: T,
  groups: readonly string[] | undefined,
): T & Foreign {
  const ofEntry = entry.groups ?? [];
  // importEntry() reports a value that is not a list.
  if (!Array.isArray(ofEntry)) return entry;
  const all = [...new Set([...ofEntry, ...(groups ?? [])])];
  return {
    ...entry,
    groups: all,
    ...(all.length === 0 && groups === undefined && { remark: NO_GROUPS }),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
