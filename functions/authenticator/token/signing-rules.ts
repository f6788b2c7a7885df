// Checks the values of a presigned GetCallerIdentity: action, credential, date, expiry, signed
// headers, signature.

import { denial } from "../../errors.ts";
import type { EpochMs } from "../../lib/deadline.ts";
import { calendarTime } from "../../lib/time.ts";
import { named, parameterRefused, type Query, type QueryName } from "./query.ts";

/**
 * STS accepts a presigned GetCallerIdentity for 15 minutes after X-Amz-Date and ignores
 * X-Amz-Expires.
 */
const TOKEN_LIFETIME_MS = 15 * 60 * 1000;
const MAX_AHEAD_MS = 15 * 60 * 1000;
const MAX_EXPIRES_SECONDS = 900;

const FIXED: Partial<Record<QueryName, string>> = {
  Action: "GetCallerIdentity",
  Version: "2011-06-15",
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
};

export function checkFixedValues(query: Query): void {
  for (const [name, value] of Object.entries(FIXED)) {
    if (query[name as QueryName] !== value) throw parameterRefused(`${name} must be ${value}`);
  }
}

/**
 * Checks `<access key id>/<yyyymmdd>/<region>/sts/aws4_request`, whose day must be that of
 * X-Amz-Date.
 */
export function checkCredential(query: Query): {
  readonly accessKeyId: string;
  readonly region: string;
} {
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html: 16 to 128 word
  // characters
  const match = /^(\w{16,128})\/(\d{8})\/([a-z0-9-]{1,64})\/sts\/aws4_request$/.exec(
    query["X-Amz-Credential"],
  );
  const [, accessKeyId = "", day, region] = match ?? [];
  if (region === undefined) {
    throw parameterRefused(
      "X-Amz-Credential must be <access key id>/<yyyymmdd>/<region>/sts/aws4_request",
    );
  }
  if (day !== query["X-Amz-Date"].slice(0, 8)) {
    throw parameterRefused("X-Amz-Credential and X-Amz-Date have different days");
  }
  return { accessKeyId, region };
}

/**
 * Checks the region of the credential. `hostRegion` is undefined for a host of `STS_EXTRA_HOSTS`:
 * the credential determines its region.
 */
export function checkRegion(
  region: string,
  hostRegion: string | undefined,
  accepted: ReadonlySet<string>,
): void {
  if (hostRegion !== undefined && region !== hostRegion) {
    throw denial(
      "token_region_refused",
      `signed for region${named(region)}, but the host serves ${hostRegion}`,
    );
  }
  if (!accepted.has(region))
    throw denial("token_region_refused", `region${named(region)} is not accepted here`);
}

export function checkDate(query: Query, now: EpochMs): { readonly expiresAt: EpochMs } {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query["X-Amz-Date"]);
  const [, year, month, day, hour, minute, second] = match ?? [];
  const signedAt =
    match === null
      ? undefined
      : calendarTime(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
  if (signedAt === undefined)
    throw parameterRefused("X-Amz-Date must be a valid time, yyyymmddThhmmssZ");
  const expiresAt = signedAt + TOKEN_LIFETIME_MS;
  if (now > expiresAt) {
    throw denial(
      "token_expired",
      `signed ${minutes(now - signedAt)} min ago: a token is valid for 15 min (or a clock is wrong)`,
    );
  }
  if (signedAt > now + MAX_AHEAD_MS) {
    throw denial(
      "token_not_yet_valid",
      `signed ${minutes(signedAt - now)} min in the future: the client's clock is ahead`,
    );
  }
  return { expiresAt };
}

function minutes(ms: number): number {
  return Math.ceil(ms / 60_000);
}

export function checkExpires(query: Query): void {
  const text = query["X-Amz-Expires"];
  if (!/^(0|[1-9]\d{0,2})$/.test(text) || Number(text) > MAX_EXPIRES_SECONDS) {
    throw parameterRefused("X-Amz-Expires must be an integer from 0 to 900");
  }
}

/**
 * Accepts only two headers: the function must send signed headers again with the same values, and
 * it knows only those of these two.
 */
export function checkSignedHeaders(query: Query): void {
  const headers = query["X-Amz-SignedHeaders"].toLowerCase().split(";");
  const foreign = headers.find((header) => header !== "host" && header !== "x-k8s-aws-id");
  if (foreign !== undefined) {
    throw denial(
      "token_headers_refused",
      `signed header${named(foreign)} cannot be reproduced; sign host and x-k8s-aws-id only`,
    );
  }
  if (headers.join(";") !== "host;x-k8s-aws-id") {
    throw denial("token_headers_refused", "X-Amz-SignedHeaders must be host;x-k8s-aws-id");
  }
}

export function checkSignature(query: Query): void {
  if (!/^[0-9a-f]{64}$/.test(query["X-Amz-Signature"])) {
    throw parameterRefused("X-Amz-Signature must be 64 lower-case hex digits");
  }
}
