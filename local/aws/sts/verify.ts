// Verifies the signature of a request and returns the identity that signed it.

import { timingSafeEqual } from "node:crypto";
import type { LocalIdentity } from "../../identities.ts";
import type { LocalRequest } from "../http-server.ts";
import { type Authentication, readAuthentication } from "./authentication.ts";
import { expiredToken, incompleteSignature, signatureMismatch, unknownKey } from "./errors.ts";
import type { Parameter } from "./query.ts";
import { expectedSignature } from "./signature.ts";

export interface Dependencies {
  /** By access key id. */
  readonly identities: ReadonlyMap<string, LocalIdentity>;
  readonly extraHosts: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const TOLERANCE_MS = 15 * 60 * 1000;

/** Returns the identity whose key signed `request`; throws a `ServiceError` otherwise. */
export function verify(
  request: LocalRequest,
  query: readonly Parameter[],
  { identities, extraHosts, now }: Dependencies,
): LocalIdentity {
  const authentication = readAuthentication(request, query);
  checkTime(authentication.timestamp, now);

  const identity = identities.get(authentication.accessKeyId);
  if (identity === undefined || identity.sessionToken !== authentication.sessionToken) throw unknownKey();
  if (identity.expiresAt !== undefined && identity.expiresAt <= now) throw expiredToken();

  checkScope(authentication, request.headers["host"] ?? "", extraHosts);
  const expected = expectedSignature(request, authentication, identity.secretAccessKey);
  if (expected === undefined || !same(expected, authentication.signature)) {
    throw signatureMismatch(
      "The request signature we calculated does not match the signature you provided. " +
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
  return identity;
}

/** Allows 15 minutes before or after now. STS ignores X-Amz-Expires: https://github.com/aws/aws-sdk-go/issues/2167 */
function checkTime(timestamp: string, now: number): void {
  const signed = Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(signed) || compact(signed) !== timestamp) {
    throw incompleteSignature(`Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`);
  }
  if (signed < now - TOLERANCE_MS) {
    const limit = compact(now - TOLERANCE_MS);
    throw signatureMismatch(`Signature expired: ${timestamp} is now earlier than ${limit} (${compact(now)} - 15 min.)`);
  }
  if (signed > now + TOLERANCE_MS) {
    const limit = compact(now + TOLERANCE_MS);
    throw signatureMismatch(
      `Signature not yet current: ${timestamp} is still later than ${limit} (${compact(now)} + 15 min.)`,
    );
  }
}

function checkScope(
  { scope: [date, region, service, terminator], signedHeaders, timestamp }: Authentication,
  host: string,
  extraHosts: readonly string[],
): void {
  if (date !== timestamp.slice(0, 8)) {
    throw signatureMismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  if (!servesRegion(host, region, extraHosts)) {
    throw signatureMismatch(`Credential should be scoped to a valid region, not '${region}'.`);
  }
  if (service !== "sts") throw signatureMismatch("Credential should be scoped to correct service: 'sts'.");
  if (terminator !== "aws4_request") {
    throw signatureMismatch(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    );
  }
  if (!signedHeaders.includes("host")) {
    throw signatureMismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

function compact(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a, "latin1"), Buffer.from(b, "latin1"));
}

// Host names: https://docs.aws.amazon.com/general/latest/gr/sts.html

const REGIONAL = /^sts(?:-fips)?\.((?!us-gov-)[a-z]{2}(?:-[a-z]+)+-[0-9]+)\.(?:amazonaws\.com|api\.aws)$/;
const INTERFACE_ENDPOINT = /^vpce-[a-z0-9-]+\.sts\.([a-z0-9-]+)\.vpce\.amazonaws\.com$/;

/** Valid for any region: clients that connect to the local address sign one of these names. */
const LOCAL = new Set(["127.0.0.1", "localhost", "host.docker.internal"]);

/** Whether `host` accepts a signature for `region`; the global endpoint is in `us-east-1`. */
function servesRegion(host: string, region: string, extraHosts: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:[0-9]+$/, "");
  if (name === "sts.amazonaws.com") return region === "us-east-1";
  const match = REGIONAL.exec(name) ?? INTERFACE_ENDPOINT.exec(name);
  return match === null ? LOCAL.has(name) || extraHosts.includes(name) : match[1] === region;
}
