// Verifies the token of a web identity: issuer, audience, expiry and signature.

import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import type { OidcProvider } from "../../../roles.ts";
import { expiredIdentityToken, invalidIdentityToken, noVerificationKey } from "../errors.ts";

export interface WebIdentity {
  readonly provider: OidcProvider;
  readonly subject: string;
  /** The first of the token's audiences that the provider accepts. */
  readonly audience: string;
}

export interface TokenChecks {
  readonly providers: readonly OidcProvider[];
  readonly fetchKeys: (issuer: string) => Promise<JSONWebKeySet>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Accepted by IAM: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

/** Returns the identity in `token`; throws a `ServiceError` if it is invalid. */
export async function verifyIdentityToken(
  token: string,
  { providers, fetchKeys, now }: TokenChecks,
): Promise<WebIdentity> {
  const { iss } = unverifiedClaims(token);
  const provider = providers.find(({ issuer }) => issuer === iss);
  if (provider === undefined) {
    throw invalidIdentityToken(`No OpenIDConnect provider found in your account for ${iss}`);
  }
  const claims = await verifiedClaims(token, await fetchKeys(provider.issuer), now);
  const audience = [claims.aud ?? []].flat().find((name) => provider.audiences.includes(name));
  if (audience === undefined) throw invalidIdentityToken("Incorrect token audience");
  return { provider, subject: claims.sub, audience };
}

/** Use only to find the provider. */
function unverifiedClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    throw invalidIdentityToken(
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    );
  }
}

async function verifiedClaims(token: string, keys: JSONWebKeySet, now: number): Promise<JWTPayload & { sub: string }> {
  const seconds = Math.floor(now / 1000);
  const { iat, sub, ...claims } = await signedClaims(token, keys, seconds);
  if (typeof sub !== "string" || sub === "") throw invalidIdentityToken("Missing a required claim: sub");
  if (iat === undefined || iat > seconds) throw invalidIdentityToken("Token issued in the future");
  return { ...claims, sub };
}

async function signedClaims(token: string, keys: JSONWebKeySet, seconds: number): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ALGORITHMS,
      currentDate: new Date(seconds * 1000),
      requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw expiredIdentityToken(seconds, error.payload.exp ?? 0);
    const reason = error instanceof errors.JOSEError ? error.code : "";
    // treats a malformed or weak key like a missing one
    if (reason === "" || reason.startsWith("ERR_JWKS_")) throw noVerificationKey();
    throw invalidIdentityToken(`The ID Token is not valid: ${(error as Error).message}`);
  }
}
