// One entry of a parameter: a mapping or a denial, with the kind, account and name of its parameter.

import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { ParameterAddress } from "../../functions/authenticator/mapping/read-name.ts";

export interface Entry extends ParameterAddress {
  /** Of a denial: `arnLike`, `notAfter` and `description` only. */
  readonly mapping: Mapping;
  /** File and line, of an entry from a file. */
  readonly where?: string;
}

/** The name of the parameter that holds the entry. */
export function parameterOf(prefix: string, { kind, account, name }: ParameterAddress): string {
  return mappingParameter(prefix, kind, account, name);
}

/** The default list of a pattern: that of the account in its ARN, or `any`. */
export function accountOf(arnLike: string): string {
  const section = arnLike.split(":")[4] ?? "";
  return /^\d{12}$/.test(section) ? section : "any";
}

/** The entry in a message: its ARN, its pattern, or a name such as `sso/111122223333/ClusterAdmin`. */
export function nameOfEntry({ kind, account, name, mapping }: Entry): string {
  const { arn, arnLike, session } = mapping;
  if (kind === "deny") return `the denial of ${arnLike}`;
  return arn ?? arnLike ?? `${kind}/${account}${name && `/${name}`}${session === undefined ? "" : ` (${session})`}`;
}

/** Omits the keys that are `undefined`. */
export function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

const KEYS = ["arn", "arnLike", "session", "username", "groups", "principalId", "notAfter", "description"] as const;

/** Sorts the keys in the order of the documentation. */
export function inOrder(value: Mapping): Mapping {
  return Object.fromEntries(KEYS.flatMap((key) => (value[key] === undefined ? [] : [[key, value[key]]])));
}
