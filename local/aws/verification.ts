// Verifies the SigV4 signature of a request (time, access key, credential scope and signature), and
// returns the identity that signed it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { timingSafeEqual } from "node:crypto";
import type { LocalIdentity } from "../identities.ts";
import { type LocalRequest, ServiceError } from "./http-server.ts";
import {
  type Authentication,
  expectedSignature,
  incompleteSignature,
  type Parameter,
  readAuthentication,
} from "./signature.ts";

/** Options of each service. */
export interface ServiceOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Another address of this machine to listen at, for containers; default none. */
  readonly bridge?: string | undefined;
  /** Who may call. Of identities with the same access key, the first applies. */
  readonly identities: readonly LocalIdentity[];
  /**
   * Milliseconds since the epoch, to compare with the time of a signature, which it gets; default
   * Date.now.
   */
  readonly clock?: (signed: number) => number;
  /**
   * Whether the endpoint `host` is in the region of the credential scope. Default: only the
   * service's region is.
   */
  readonly servesRegion?: (region: string, host: string) => boolean;
}

/** What a service accepts. */
interface SignatureRules
  extends Required<Pick<ServiceOptions, "servesRegion">>,
    Pick<ServiceOptions, "clock"> {
  /** By access key id. */
  readonly identities: ReadonlyMap<string, LocalIdentity>;
  /** In the credential scope, such as `ssm`. */
  readonly service: string;
}

const TOLERANCE_MS = 15 * 60 * 1000;

/** Returns the identities by access key id. Of several with one id, the first applies. */
export function byAccessKey(identities: readonly LocalIdentity[]): Map<string, LocalIdentity> {
  return new Map(identities.toReversed().map((identity) => [identity.accessKeyId, identity]));
}

/** Returns the identity whose key signed `request`; throws a `ServiceError` otherwise. */
export function verify(
  request: LocalRequest,
  query: readonly Parameter[],
  rules: SignatureRules,
): LocalIdentity {
  const authentication = readAuthentication(request, query);
  const signed = timeOf(authentication);
  const now = (rules.clock ?? Date.now)(signed);
  checkTime(signed, now);

  const identity = rules.identities.get(authentication.accessKeyId);
  if (identity === undefined || identity.sessionToken !== authentication.sessionToken)
    throw unknownKey();
  // For AWS, an inactive key is an unknown one.
  if (identity.isInactive) throw unknownKey();
  if (identity.expiresAt !== undefined && identity.expiresAt <= now) throw expiredToken();

  checkScope(authentication, request.headers, rules);
  const expected = expectedSignature(request, authentication, identity.secretAccessKey);
  if (expected === undefined || !same(expected, authentication.signature)) {
    throw signatureMismatch(
      "The request signature we calculated does not match the signature you provided. " +
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
  return identity;
}

function timeOf({ timestamp }: Authentication): number {
  const signed = Date.parse(
    timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  if (!Number.isNaN(signed) && compact(signed) === timestamp) return signed;
  throw incompleteSignature(`Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`);
}

/**
 * Allows 15 minutes before or after now. STS ignores X-Amz-Expires:
 * https://github.com/aws/aws-sdk-go/issues/2167
 */
function checkTime(signed: number, now: number): void {
  const least = now - TOLERANCE_MS;
  const most = now + TOLERANCE_MS;
  const time = compact(signed);
  const current = compact(now);
  if (signed < least) {
    throw signatureMismatch(
      `Signature expired: ${time} is now earlier than ${compact(least)} (${current} - 15 min.)`,
    );
  }
  if (signed > most) {
    throw signatureMismatch(
      `Signature not yet current: ${time} is still later than ${compact(most)} (${current} + 15 min.)`,
    );
  }
}

function checkScope(
  { scope: [date, region, service, terminator], signedHeaders, timestamp }: Authentication,
  headers: LocalRequest["headers"],
  { service: wanted, servesRegion }: SignatureRules,
): void {
  if (date !== timestamp.slice(0, 8)) {
    throw signatureMismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  if (!servesRegion(region, headers["host"] ?? "")) {
    throw signatureMismatch(`Credential should be scoped to a valid region, not '${region}'.`);
  }
  if (service !== wanted)
    throw signatureMismatch(`Credential should be scoped to correct service: '${wanted}'.`);
  if (terminator !== "aws4_request") {
    throw signatureMismatch(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    );
  }
  if (!signedHeaders.includes("host")) {
    throw signatureMismatch(
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  if (headers["x-amz-target"] !== undefined && !signedHeaders.includes("x-amz-target")) {
    throw signatureMismatch("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

function compact(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function same(a: string, b: string): boolean {
  return (
    a.length === b.length && timingSafeEqual(Buffer.from(a, "latin1"), Buffer.from(b, "latin1"))
  );
}

const unknownKey = (): ServiceError =>
  new ServiceError(
    "InvalidClientTokenId",
    "The security token included in the request is invalid.",
    403,
  );

const expiredToken = (): ServiceError =>
  new ServiceError("ExpiredToken", "The security token included in the request is expired", 403);

/** Returns the error of a wrong signature, date or scope. */
const signatureMismatch = (message: string): ServiceError =>
  new ServiceError("SignatureDoesNotMatch", message, 403);
