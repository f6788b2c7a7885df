// Answers the deployment check, which compares how the new version and the live one read stored parameters.

import { isObject } from "../lib/json.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";
import { isMappingKind } from "./mapping/mapping.ts";
import { readStored, type StoredKind, type StoredValue } from "./read-stored.ts";

/** A stored parameter, with the kind and account from its name. */
export interface NamedParameter extends StoredParameter {
  /** A kind of mapping, `deny` or `callers`. */
  readonly kind: string;
  /** 12 digits or `any`. Empty for callers. */
  readonly account: string;
}

/** `undefined` for a kind that this version does not know. */
export function readNamed(
  { kind, account, ...stored }: NamedParameter,
  partition: string,
): StoredValue<object> | undefined {
  const isKnown = kind === "callers" || kind === "deny" || isMappingKind(kind);
  return isKnown ? readStored(kind as StoredKind, { account, partition }, stored) : undefined;
}

/** A form that all versions share: whether each entry is valid, `false` for an unreadable value, `null` if unknown. */
export function validityOf(read: StoredValue<object> | undefined): boolean[] | false | null {
  if (read === undefined) return null;
  return read.isReadable && read.entries.map(({ problem }) => problem === undefined);
}

/** Answers the deployment check, which sends a list of parameters. */
export function answerCheck(
  parameters: readonly unknown[],
  partition: string,
): { readonly validity: readonly unknown[] } {
  return {
    validity: parameters.map((one) => (isObject(one) ? validityOf(readNamed(one as never, partition)) : null)),
  };
}
