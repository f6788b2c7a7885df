// The parameters that contain denials, and the denials in them.

import { checkDenyList, type DenyEntry } from "../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isObject } from "../../functions/lib/json.ts";
import { isExpired, notAfterTime } from "../../functions/lib/not-after.ts";
import { parseStored, valuesOf } from "../../functions/lib/repeated-keys.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";

export type StoredParameters = ReadonlyMap<string, StoredParameter>;

export interface NamedDenial {
  /** The ARN or ARN pattern, in the case of its entry. */
  readonly who: string;
  /** In milliseconds since 1970; infinity without an end. */
  readonly end: number;
}

/** The lists whose entries are ARN patterns. `of`: twelve digits, or `any`. */
export function listParameters(prefix: string, of: string): [denials: string, patterns: string] {
  return [denyParameter(prefix, of), mappingParameter(prefix, "pattern", of)];
}

export function isDenyList(parameter: string): boolean {
  return /\/deny\/(?:\d{12}|any)$/.test(parameter);
}

/** Whether it is an invalid deny list, which denies every identity that it covers. */
export function refusesEverybody(parameter: string, value: string | undefined): boolean {
  const account = parameter.slice(parameter.lastIndexOf("/") + 1);
  return value !== undefined && isDenyList(parameter) && !checkDenyList({ value, secure: false }, { account }).valid;
}

/** The entries of a valid deny list that have not ended. `of`: twelve digits, or `any`. */
export function activeDenials(
  of: string,
  parameters: StoredParameters,
  { prefix, partition, now }: EvaluationContext,
): readonly DenyEntry[] {
  const stored = parameters.get(denyParameter(prefix, of));
  const check = stored && checkDenyList(stored, { account: of, partition });
  return check?.valid ? check.entries.filter(({ notAfter }) => !isExpired(notAfter, now)) : [];
}

/**
 * The denials, also those that have ended, by ARN in lower case. Includes mappings with a `deny` that is truncated or has the
 * wrong type: they are invalid, which denies the same principal.
 */
export function denialsIn(parameter: string, value: string | undefined): Map<string, NamedDenial> {
  const content = value === undefined ? undefined : parseStored(value);
  const found = new Map<string, NamedDenial>();
  if (content === undefined && !isDenyList(parameter) && value?.includes('"deny"')) {
    found.set(parameter, { who: parameter, end: Number.POSITIVE_INFINITY });
  }
  for (const item of Array.isArray(content) ? (content as unknown[]) : [content]) {
    const mayDeny = (own: Record<string, unknown>) => valuesOf(own, "deny").some((deny) => (deny ?? false) !== false);
    if (!isObject(item) || !(isDenyList(parameter) || mayDeny(item))) continue;
    const { arn, arnLike = arn, notAfter } = item;
    // Mappings of permission sets and accounts contain no ARN. Older versions accepted `deny` in them.
    const who = typeof arnLike === "string" ? arnLike : parameter;
    const end = (typeof notAfter === "string" ? notAfterTime(notAfter) : undefined) ?? Number.POSITIVE_INFINITY;
    const key = asciiLowerCase(who);
    // Of two denials of one ARN, the later end applies.
    if (end >= (found.get(key)?.end ?? end)) found.set(key, { who, end });
  }
  return found;
}
