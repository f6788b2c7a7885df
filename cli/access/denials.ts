// Finds the denials in a parameter, and those that may match a partly known principal.

import { checkDenyList } from "../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isObject } from "../../functions/lib/json.ts";
import { isExpired, notAfterTime } from "../../functions/lib/not-after.ts";
import { parseStored, valuesOf } from "../../functions/lib/repeated-keys.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { arnsOverlap, withoutRolePath } from "./arn-overlap.ts";

export interface NamedDenial {
  /** The ARN or ARN pattern, in the case of its entry. */
  readonly who: string;
  /** In milliseconds since 1970; infinity without an end. */
  readonly end: number;
}

export function isDenyList(parameter: string): boolean {
  return /\/deny\/(?:\d{12}|any)$/.test(parameter);
}

function accountOfList(parameter: string): string {
  return parameter.slice(parameter.lastIndexOf("/") + 1);
}

/** Whether it is an invalid deny list, which denies every identity that it covers. */
export function refusesEverybody(parameter: string, value: string | undefined): boolean {
  return (
    value !== undefined &&
    isDenyList(parameter) &&
    !checkDenyList({ value, secure: false }, { account: accountOfList(parameter) }).valid
  );
}

/**
 * The denials that have not ended, by ARN in lower case. Includes mappings with a `deny` that is truncated or has the
 * wrong type: they are invalid, which denies the same principal.
 */
export function denialsIn(parameter: string, value: string | undefined, now: number): Map<string, NamedDenial> {
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
    if (typeof notAfter === "string" && isExpired(notAfter, now)) continue;
    const end = (typeof notAfter === "string" ? notAfterTime(notAfter) : undefined) ?? Number.POSITIVE_INFINITY;
    const key = asciiLowerCase(who);
    // Of two denials of one ARN, the later end applies.
    if (end >= (found.get(key)?.end ?? end)) found.set(key, { who, end });
  }
  return found;
}

/** The ARN patterns of denials that overlap `pattern`, so that they may match the principal that exists. */
export function possibleDenials(
  pattern: string,
  account: string,
  parameters: ReadonlyMap<string, StoredParameter>,
  { prefix, partition, now }: EvaluationContext,
): string[] {
  return [account, "any"].flatMap((of) => {
    const stored = parameters.get(denyParameter(prefix, of));
    const check = stored === undefined ? undefined : checkDenyList(stored, { account: of, partition });
    if (!check?.valid) return [];
    return check.entries
      .filter(({ arnLike, notAfter }) => !isExpired(notAfter, now) && arnsOverlap(withoutRolePath(arnLike), pattern))
      .map(({ arnLike }) => arnLike);
  });
}
