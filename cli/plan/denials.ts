// Who a parameter shuts out by name: the entries of a deny list, and mappings that say `deny: true`.

import { checkDenyList } from "../../functions/authenticator/mapping/deny-list.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { isExpired, notAfterTime } from "../../functions/lib/not-after.ts";

export interface NamedDenial {
  /** The ARN or ARN pattern, as it is written. */
  readonly who: string;
  /** Milliseconds since 1970, infinity without an end. */
  readonly end: number;
}

export function isDenyList(parameter: string): boolean {
  return /\/deny\/(?:\d{12}|any)$/.test(parameter);
}

/** A deny list that is invalid shuts out everybody that it is read for. */
export function refusesEverybody(parameter: string, value: string | undefined): boolean {
  return value !== undefined && isDenyList(parameter) && !checkDenyList({ value, secure: false }).valid;
}

/** By the ARN in lower case; those that are over are left out. */
export function denialsIn(parameter: string, value: string | undefined, now: number): Map<string, NamedDenial> {
  const content = value === undefined ? undefined : parseJson(value);
  const found = new Map<string, NamedDenial>();
  for (const item of Array.isArray(content) ? (content as unknown[]) : [content]) {
    if (!isObject(item) || !(isDenyList(parameter) || item["deny"] === true)) continue;
    const { arn, arnLike = arn, notAfter } = item;
    // A sso or account mapping names nobody; older versions could deny by one.
    const who = typeof arnLike === "string" ? arnLike : parameter;
    const end = typeof notAfter === "string" ? notAfterTime(notAfter) : undefined;
    if (typeof notAfter === "string" && isExpired(notAfter, now)) continue;
    found.set(asciiLowerCase(who), { who, end: end ?? Number.POSITIVE_INFINITY });
  }
  return found;
}
