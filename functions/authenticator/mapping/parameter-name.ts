// The names of Parameter Store under which an identity's mapping can stand: derived, so that a review reads few of them.

import type { VerifiedIdentity } from "../identity/identity.ts";

/** The kinds of place, in the order in which they count. */
export type Place = "exact" | "sso" | "pattern-account" | "pattern-any" | "account";

export interface Candidate {
  readonly place: Place;
  readonly parameter: string;
}

/** At most five, well under the ten names that one ssm:GetParameters takes. */
export function candidates(prefix: string, identity: VerifiedIdentity): Candidate[] {
  const { kind, accountId, name } = identity;
  const permissionSet = kind === "role" ? permissionSetOf(name) : undefined;
  const exact = kind === "root" ? `${prefix}/root/${accountId}` : `${prefix}/${kind}/${accountId}/${encodeName(name)}`;
  return [
    { place: "exact", parameter: exact },
    ...(permissionSet === undefined
      ? []
      : [{ place: "sso", parameter: `${prefix}/sso/${accountId}/${encodeName(permissionSet)}` } as const]),
    { place: "pattern-account", parameter: `${prefix}/pattern/${accountId}` },
    { place: "pattern-any", parameter: `${prefix}/pattern/any` },
    { place: "account", parameter: `${prefix}/account/${accountId}` },
  ];
}

/** Where the hashes of the callers' tokens stand. */
export function callersParameter(prefix: string): string {
  return `${prefix}/callers`;
}

/**
 * IAM names are unique without regard to case, parameter names are not: lower-cased. Parameter Store takes only
 * `a-zA-Z0-9_.-`, so any other byte, and the dot itself, is `.` and two hex digits.
 */
export function encodeName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_-]/g, (c) => `.${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/**
 * `AWSReservedSSO_<set>_<16 hex>`: the role that IAM Identity Center makes for a permission set in an account. A set's
 * name may itself hold `_`, so the suffix is anchored: set `View` never matches a role of set `View_Admin`.
 */
export function permissionSetOf(roleName: string): string | undefined {
  return /^AWSReservedSSO_([\w+=,.@-]{1,32})_[0-9a-f]{16}$/.exec(roleName)?.[1];
}
