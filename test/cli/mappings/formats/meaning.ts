// Evaluates an aws-auth ConfigMap like aws-iam-authenticator, implemented separately for tests.

import { parse } from "yaml";

interface Item {
  rolearn?: string;
  userarn?: string;
  username: string;
  groups?: string[];
}

/**
 * The users by principal: keys are case-insensitive, the last entry of a section
 * wins, roles before users, and a role's ARN with a path never matches, unless `pathsMatch`, as after an import.
 */
export function meaning(configMap: string): Map<string, string> {
  const { data = {} } = parse(configMap);
  const list = (key: string): Item[] => parse(data[key] ?? "[]");
  const bare = (arn: string) => arn.toLowerCase().replace(/:role\/.*\//, ":role/");
  const hasPath = (arn: string) => bare(arn) !== arn.toLowerCase();
  const found = new Map<string, string>();
  const add = (arn: string, { username, groups = [] }: Item) => found.set(arn, JSON.stringify([username, groups]));
  // In order of increasing precedence: a later one replaces an earlier one.
  for (const item of list("mapRoles")) if (hasPath(item.rolearn ?? "")) add(bare(item.rolearn ?? ""), item);
  for (const item of list("mapUsers")) add(item.userarn?.toLowerCase() ?? "", item);
  for (const item of list("mapRoles")) if (!hasPath(item.rolearn ?? "")) add(bare(item.rolearn ?? ""), item);
  for (const account of parse(data["mapAccounts"] ?? "[]")) found.set(String(account), "account");
  return found;
}
