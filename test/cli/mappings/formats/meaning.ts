// What an aws-auth ConfigMap means to aws-iam-authenticator, written anew for tests.

import { parse } from "yaml";

interface Item {
  rolearn?: string;
  userarn?: string;
  username: string;
  groups?: string[];
}

/**
 * Whom it makes what: keys in any case, the last of a section
 * wins, roles before users, and a role's ARN with a path matches nobody, unless `pathsMatch`, which is what we promise.
 */
export function meaning(configMap: string): Map<string, string> {
  const { data = {} } = parse(configMap);
  const list = (key: string): Item[] => parse(data[key] ?? "[]");
  const bare = (arn: string) => arn.toLowerCase().replace(/:role\/.*\//, ":role/");
  const hasPath = (arn: string) => bare(arn) !== arn.toLowerCase();
  const found = new Map<string, string>();
  const add = (arn: string, { username, groups = [] }: Item) => found.set(arn, JSON.stringify([username, groups]));
  // In the order of growing weight: a later one replaces an earlier one.
  for (const item of list("mapRoles")) if (hasPath(item.rolearn ?? "")) add(bare(item.rolearn ?? ""), item);
  for (const item of list("mapUsers")) add(item.userarn?.toLowerCase() ?? "", item);
  for (const item of list("mapRoles")) if (!hasPath(item.rolearn ?? "")) add(bare(item.rolearn ?? ""), item);
  for (const account of parse(data["mapAccounts"] ?? "[]")) found.set(String(account), "account");
  return found;
}
