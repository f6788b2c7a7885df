// One stored entry: a mapping with its kind, account and name.

import type { Mapping, MappingKind } from "../../functions/authenticator/mapping/mapping.ts";

export interface Entry {
  readonly kind: MappingKind;
  /** Twelve digits, or `any` for patterns of any account. */
  readonly account: string;
  /** Of the role, user, federated user or permission set, also for a session of the set; else empty. */
  readonly name: string;
  readonly mapping: Mapping;
}

/** A pattern for the role of a permission set: only AWS knows the suffix of its name. */
export function permissionSetRole(set: string): string {
  return `AWSReservedSSO_${set}_${"?".repeat(16)}`;
}

/** Parameters do not keep the case of a name. */
export function isPermissionSetRole(role: string): boolean {
  return /^AWSReservedSSO_.+_[0-9a-f]{16}$/i.test(role);
}

/** The default list of a pattern: that of the account in its ARN, or `any`. */
export function accountOf(arnLike: string): string {
  const section = arnLike.split(":")[4] ?? "";
  return /^\d{12}$/.test(section) ? section : "any";
}

/** The entry's principal for a message: its ARN, its pattern, or a name such as `sso/111122223333/ClusterAdmin`. */
export function nameOfEntry({ kind, account, name, mapping }: Entry): string {
  const { arn, arnLike, session } = mapping;
  return arn ?? arnLike ?? `${kind}/${account}${name && `/${name}`}${session === undefined ? "" : ` (${session})`}`;
}

/** Omits the keys that are `undefined`. */
export function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

const KEYS = ["arn", "arnLike", "session", "username", "groups", "principalId", "notAfter", "description"] as const;

/** Sorts the keys of a mapping or denial in the order of the documentation. */
export function inOrder<T extends Mapping>(value: T): T {
  return Object.fromEntries(
    KEYS.flatMap((key) => (value[key] === undefined ? [] : [[key, value[key]]])),
  ) as Mapping as T;
}
