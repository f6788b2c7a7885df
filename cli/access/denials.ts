// Denials: those that a parameter holds, and those that may be for somebody who is not fully known.

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
  /** The ARN or ARN pattern, in the spelling of its entry. */
  readonly who: string;
  /** Milliseconds since 1970, infinity without an end. */
  readonly end: number;
}

export function isDenyList(parameter: string): boolean {
  return /\/deny\/(?:\d{12}|any)$/.test(parameter);
}

function accountOfList(parameter: string): string {
  return parameter.slice(parameter.lastIndexOf("/") + 1);
}

/** A deny list that is invalid shuts out everybody that it is read for. */
export function refusesEverybody(parameter: string, value: string | undefined): boolean {
  return (
    value !== undefined &&
    isDenyList(parameter) &&
    !checkDenyList({ value, secure: false }, { account: accountOfList(parameter) }).valid
  );
}

/**
 * By the ARN in lower case; those that are over are left out. A `deny` that is ill-typed or cut off counts too: it makes
 * its mapping invalid, which shuts the same principal out.
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
    // A sso or account mapping names nobody; older versions could deny by one.
    const who = typeof arnLike === "string" ? arnLike : parameter;
    if (typeof notAfter === "string" && isExpired(notAfter, now)) continue;
    const end = (typeof notAfter === "string" ? notAfterTime(notAfter) : undefined) ?? Number.POSITIVE_INFINITY;
    const key = asciiLowerCase(who);
    // Twice in a list, somebody is denied until the later end.
    if (end >= (found.get(key)?.end ?? end)) found.set(key, { who, end });
  }
  return found;
}

/** The ARN patterns of denials that are for a part of what `pattern` means, perhaps for the very one that exists. */
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
