// Parses an AWS-signed token (sts:GetWebIdentityToken) and checks every rule that needs neither
// network nor key.

import { partitionOfIssuer } from "../../aws/partitions.ts";
import { denial } from "../../errors.ts";
import type { EpochMs } from "../../lib/deadline.ts";
import { isObject, parseStored, repeatedKey } from "../../lib/json.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { decodeBase64Url } from "../token/encoding.ts";
import { type AwsClaims, identityOf } from "./jwt-identity.ts";

export const ALGORITHMS = ["RS256", "ES384"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A token with valid claims. Only its issuer's key can verify them. */
export interface UnverifiedJwt {
  /** The entire token. Contains the signature: never log it. */
  readonly text: string;
  readonly issuer: string;
  readonly keyId: string;
  readonly algorithm: Algorithm;
  /** What the token claims. Verified only after its signature. */
  readonly unverifiedIdentity: VerifiedIdentity;
  readonly expiresAt: EpochMs;
}

export interface JwtRules {
  readonly clusterId: string;
  /** The function's partition, such as `aws-cn`. */
  readonly partition: string;
  /** By issuer URL: the account whose tokens it issues. */
  readonly accountByIssuer: ReadonlyMap<string, string>;
}

const MAX_BYTES = 16 * 1024;

export const MAX_LIFETIME_SECONDS = 900;
/** How far in the future a token may be signed: clocks differ. */
export const MAX_AHEAD_SECONDS = 60;

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
 */
const AWS_CLAIMS = "https://sts.amazonaws.com/";

/**
 * Header parameters that would change how the signature is verified, or which key verifies it (RFC
 * 7515, sections 4.1 and 4.1.11; RFC 7797), and those of encrypted and nested tokens (RFC 7519,
 * section 5.2; RFC 7516, section 4.1).
 */
export const REFUSED_PARAMETERS = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "cty", "enc", "zip"];

/**
 * Returns the audience of a cluster. A cluster id has no slash, so a token for one cluster is never
 * valid for another.
 */
export function jwtAudience(clusterId: string): string {
  return `iam-authenticator/${clusterId}`;
}

/**
 * Returns whether the token names an issuer of AWS. False for service account and OIDC tokens,
 * which other authenticators handle.
 */
export function isAwsSigned(text: string): boolean {
  return partitionOfIssuer(decodeParts(text)?.claims["iss"]) !== undefined;
}

/**
 * Returns the token with its claims. Throws a `Denial` that names the rule, and never a claim,
 * since none is verified yet.
 */
export function parseJwt(
  text: string,
  { clusterId, partition, accountByIssuer }: JwtRules,
  now: EpochMs,
): UnverifiedJwt {
  const parts = decodeParts(text);
  if (parts === undefined)
    throw denial(
      "token_malformed",
      `not a signed JWT of three parts and at most ${MAX_BYTES} bytes`,
    );
  const { rawHeader, claims } = parts;
  const { keyId, algorithm } = readHeader(rawHeader);
  if (repeatedKey(claims) !== undefined)
    throw denial("token_claim_refused", "a claim appears more than once");
  // Of any other type, it is not a key of the map.
  const issuer = claims["iss"] as string;
  const issuerAccount = accountByIssuer.get(issuer);
  if (issuerAccount === undefined)
    throw denial("token_issuer_refused", "the issuer is not in JWT_ISSUERS");
  checkAudience(claims["aud"], jwtAudience(clusterId));
  const expiresAt = checkTimes(claims, now);
  const unverifiedIdentity = identityOf(awsClaims(claims), partition);
  if (unverifiedIdentity.accountId !== issuerAccount) {
    throw denial("identity_impossible", "sub must be in the account of the token's issuer");
  }
  return { text, issuer, keyId, algorithm, unverifiedIdentity, expiresAt };
}

/**
 * Parses the claims without checking them. Returns `undefined` unless there are three parts, with a
 * JSON object as claims.
 */
function decodeParts(text: string) {
  // Before any work: a token of this size is not one of AWS.
  if (text.length > MAX_BYTES) return undefined;
  const [rawHeader = "", payload = "", signature, ...more] = text.split(".", 4);
  if (!signature || more.length > 0 || decodeBase64Url(signature) === undefined) return undefined;
  const claims = decodeObject(payload);
  return claims && { rawHeader, claims };
}

/**
 * Returns a JSON object; `undefined` for other text than canonical base64url of its UTF-8, without
 * byte order mark.
 */
function decodeObject(part: string): Record<string, unknown> | undefined {
  const bytes = decodeBase64Url(part);
  if (bytes === undefined) return undefined;
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const value = parseStored(decoder.decode(Buffer.from(bytes, "latin1")));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readHeader(raw: string): { readonly keyId: string; readonly algorithm: Algorithm } {
  const header = decodeObject(raw);
  if (header === undefined)
    throw denial("token_malformed", "the header is not a JSON object in base64url");
  if (repeatedKey(header) !== undefined)
    throw denial("token_malformed", "a header parameter appears more than once");
  const refused = REFUSED_PARAMETERS.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined)
    throw denial("token_malformed", `the header parameter ${refused} is not allowed`);
  const algorithm = ALGORITHMS.find((known) => known === header["alg"]);
  if (algorithm === undefined)
    throw denial("token_malformed", `alg must be ${ALGORITHMS.join(" or ")}`);
  const { kid } = header;
  if (typeof kid !== "string" || kid === "" || kid.length > 256) {
    throw denial("token_malformed", "kid must be the id of a key, of 1 to 256 characters");
  }
  return { keyId: kid, algorithm };
}

function checkAudience(aud: unknown, expected: string): void {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.length !== 1)
    throw denial(
      "token_claim_refused",
      `aud must be only ${expected}: a token must not be valid elsewhere`,
    );
  if (audiences[0] !== expected)
    throw denial(
      "token_claim_refused",
      `aud must be ${expected}: the token is for another service`,
    );
}

/** Returns the end of the token. It has no grace: AWS checks nothing after this. */
function checkTimes({ iat, exp, nbf = iat }: Record<string, unknown>, now: EpochMs): EpochMs {
  if (!isSeconds(iat) || !isSeconds(exp) || !isSeconds(nbf)) {
    throw denial(
      "token_claim_refused",
      "iat, nbf and exp must be whole seconds since 1970, as numbers",
    );
  }
  if (iat >= exp) throw denial("token_claim_refused", "exp must be after iat");
  if (exp - iat > MAX_LIFETIME_SECONDS) {
    throw denial(
      "token_claim_refused",
      `the token is valid for more than ${MAX_LIFETIME_SECONDS} s: ask for less`,
    );
  }
  if (now >= exp * 1000)
    throw denial("token_expired", "the token has expired (or a clock is wrong)");
  if (Math.max(iat, nbf) * 1000 > now + MAX_AHEAD_SECONDS * 1000) {
    throw denial(
      "token_not_yet_valid",
      `signed more than ${MAX_AHEAD_SECONDS} s in the future: a clock is wrong`,
    );
  }
  return exp * 1000;
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function awsClaims(claims: Record<string, unknown>): AwsClaims {
  const ofAws = claims[AWS_CLAIMS];
  if (!isObject(ofAws))
    throw denial("token_claim_refused", `the claim ${AWS_CLAIMS} must be an object`);
  // OriginIdentity puts a user of the client's choice into `sub`.
  for (const { subject_mode: mode } of [claims, ofAws]) {
    if (mode !== undefined && mode !== "AWSIdentity")
      throw denial("token_claim_refused", "subject_mode must be AWSIdentity");
  }
  return { ...ofAws, sub: claims["sub"] };
}
