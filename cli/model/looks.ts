// What the rule of access depends on: parameters by name, and all parameters of an account.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";

/** What a judgement looked at. Its result is final if all of it has been read. */
export interface Looks {
  /** The accounts of which it looked at all parameters; `any` for the parameters of every account. */
  readonly accounts: Set<string>;
  /** The accounts of which it looked at the mappings of roles. */
  readonly accountsOfRoles: Set<string>;
  readonly names: Set<string>;
}

/** Returns looks at these parameters. */
export function looksAt(names: Iterable<string> = []): Looks {
  return { accounts: new Set(), accountsOfRoles: new Set(), names: new Set(names) };
}

/** Returns the number of looks. */
export function sizeOf({ accounts, accountsOfRoles, names }: Looks): number {
  return accounts.size + accountsOfRoles.size + names.size;
}

/** Adds the looks of `more` to `looks`. */
export function addLooks(looks: Looks, more: Looks): void {
  for (const account of more.accounts) looks.accounts.add(account);
  for (const account of more.accountsOfRoles) looks.accountsOfRoles.add(account);
  for (const name of more.names) looks.names.add(name);
}

/** Returns the looks that are not in `others`. */
export function looksWithout(looks: Looks, others: Looks): Looks {
  const without = (some: ReadonlySet<string>, left: ReadonlySet<string>) =>
    new Set([...some].filter((item) => !left.has(item)));
  return {
    accounts: without(looks.accounts, others.accounts),
    accountsOfRoles: without(looks.accountsOfRoles, others.accountsOfRoles),
    names: without(looks.names, others.names),
  };
}

/** Returns each look separately. */
export function eachLook({ accounts, accountsOfRoles, names }: Looks): Looks[] {
  return [
    ...[...accounts].map((account) => ({ ...looksAt(), accounts: new Set([account]) })),
    ...[...accountsOfRoles].map((account) => ({
      ...looksAt(),
      accountsOfRoles: new Set([account]),
    })),
    ...[...names].map((name) => looksAt([name])),
  ];
}

/** Returns whether the parameter is one of those that were looked at. */
export function isLookedAt(
  name: string,
  { accounts, accountsOfRoles, names }: Looks,
  prefix: string,
): boolean {
  if (names.has(name) || accounts.has("any")) return true;
  const { kind, account = "" } = readName(prefix, name) ?? {};
  return accounts.has(account) || (kind === "role" && accountsOfRoles.has(account));
}
