// Mints AWS-signed tokens, valid and hostile ones, and publishes their keys.

import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import { type KeySet, parseKeySet } from "../../../../functions/authenticator/jwt/key-set.ts";
import type { JwtRules } from "../../../../functions/authenticator/jwt/parse-jwt.ts";
import { createSignedTokens } from "../../../../functions/authenticator/jwt/signed-tokens.ts";
import type { Settings } from "../../../../functions/authenticator/settings.ts";
import { SERVICES } from "../../../../functions/aws/services.ts";
import { fault } from "../../../../functions/errors.ts";
import type { Clock } from "../../../../functions/lib/deadline.ts";
import { guarded } from "../../guards.ts";
import { reviewer } from "../attacks/review.ts";
import { fixedClock, HOME, NOW, OTHER, type Stored } from "../fixtures.ts";

export const ISSUER = "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws";
export const OTHER_ISSUER =
  "https://99999999-1111-2222-3333-444455556666.tokens.sts.global.api.aws";
export const RULES: JwtRules = {
  clusterId: "test",
  partition: "aws",
  accountByIssuer: new Map([
    [ISSUER, HOME],
    [OTHER_ISSUER, OTHER],
  ]),
};

export const EC = generateKeyPairSync("ec", { namedCurve: "P-384" });
export const OTHER_EC = generateKeyPairSync("ec", { namedCurve: "P-384" });
export const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });

export function jwkOf(key: KeyObject, members: Record<string, unknown> = {}): JsonWebKey {
  return { ...key.export({ format: "jwk" }), use: "sig", ...members };
}

export const EC_JWK = jwkOf(EC.publicKey, { kid: "ec-1", alg: "ES384" });
export const RSA_JWK = jwkOf(RSA.publicKey, { kid: "rsa-1", alg: "RS256" });

export function keySetBody(...keys: unknown[]): string {
  return JSON.stringify({ keys });
}

export const ROLE_ARN = `arn:aws:iam::${HOME}:role/Developers`;
export const AWS_CLAIMS = "https://sts.amazonaws.com/";
const IAT = NOW / 1000;

export type Claims = Record<string, unknown>;

/** Valid claims of a role's session. `aws` replaces claims below `https://sts.amazonaws.com/`. */
export function claimsOf(changes: Claims = {}, aws: Claims = {}): Claims {
  const sub = changes["sub"] ?? ROLE_ARN;
  const account = /::(\d{12}):/.exec(String(sub))?.[1];
  return {
    iss: account === OTHER ? OTHER_ISSUER : ISSUER,
    aud: "iam-authenticator/test",
    sub,
    iat: IAT,
    exp: IAT + 900,
    jti: "6b0f2a52-0000-4000-8000-000000000000",
    [AWS_CLAIMS]: { aws_account: account, principal_id: sub, source_region: "us-east-1", ...aws },
    ...changes,
  };
}

export function encoded(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString(
    "base64url",
  );
}

/** Signs as `alg` of the header says, with any key. `header` and `claims` are texts or values. */
export function minted(
  claims: unknown = claimsOf(),
  header: unknown = { alg: "ES384", kid: "ec-1", typ: "JWT" },
  key: KeyObject = EC.privateKey,
): string {
  const signed = `${encoded(header)}.${encoded(claims)}`;
  return `${signed}.${signatureOf(signed, key).toString("base64url")}`;
}

function signatureOf(text: string, key: KeyObject): Buffer {
  const data = Buffer.from(text);
  if (key.asymmetricKeyType === "rsa") return sign("sha256", data, key);
  return sign("sha384", data, { key, dsaEncoding: "ieee-p1363" });
}

export const RSA_HEADER = { alg: "RS256", kid: "rsa-1", typ: "JWT" };

/** Keys by issuer, which a test can replace or make unreachable, and the number of reads. */
export interface FakeIssuers {
  body: string | undefined;
  reads: number;
}

export function signedTokensWith(issuers: FakeIssuers, clock: Clock, rules: JwtRules = RULES) {
  const fetchKeySet = async (): Promise<KeySet> => {
    issuers.reads += 1;
    const keys = issuers.body === undefined ? undefined : parseKeySet(issuers.body);
    if (keys === undefined) throw fault("token_keys_unavailable", "no keys here");
    return keys;
  };
  return createSignedTokens(rules, guarded(SERVICES.tokenKeys, fetchKeySet, clock), clock);
}

/** The function with JWT_ISSUERS of two accounts, whose keys are the same. */
export function jwtReviewer(stored: Stored = {}, settings: Partial<Settings> = {}) {
  const clock = fixedClock();
  const issuers: FakeIssuers = { body: keySetBody(EC_JWK, RSA_JWK), reads: 0 };
  return {
    ...reviewer(stored, { clock, signedTokens: signedTokensWith(issuers, clock) }, settings),
    issuers,
    clock,
  };
}

export const MAPPED: Stored = {
  [`role/${HOME}/developers`]: { arn: ROLE_ARN, username: "developer", groups: ["developers"] },
};
