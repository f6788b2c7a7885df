// GetWebIdentityToken: signs a JWT for the caller, and serves the keys of its issuer.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html

import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import { iamArn, type LocalIdentity } from "../../identities.ts";
import type { LocalRequest, LocalResponse } from "../http-server.ts";
import { ServiceError } from "../http-server.ts";
import type { Result } from "./protocol.ts";
import { durationOf, validationError } from "./protocol.ts";

export interface SignedTokenOptions {
  /**
   * By account: the issuer of its tokens. Other accounts have not enabled outbound web identity
   * federation.
   */
  readonly issuers: ReadonlyMap<string, string>;
  /** Names of local identities whose policies do not allow the call. Default: none. */
  readonly forbidden?: readonly string[];
  /**
   * Claims below `https://sts.amazonaws.com/` by name of the identity, such as `principal_tags`.
   */
  readonly claims?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type QueryParameters = ReadonlyMap<string, string>;

const ALGORITHMS = ["RS256", "ES384"] as const;
type Algorithm = (typeof ALGORITHMS)[number];

/**
 * Created when first needed, and shared by all issuers of this process: an RSA key takes 100 ms.
 */
const keys = new Map<
  Algorithm,
  { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
>();

function keyPair(algorithm: Algorithm) {
  const known = keys.get(algorithm);
  if (known !== undefined) return known;
  const made =
    algorithm === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-384" });
  keys.set(algorithm, made);
  return made;
}

/**
 * Returns the keys of an issuer, at `/<host of the issuer>/.well-known/jwks.json`; `undefined` for
 * any other request.
 */
export async function keysOf(
  { method, target }: LocalRequest,
  { issuers }: SignedTokenOptions,
): Promise<LocalResponse | undefined> {
  const [, host] = /^\/([^/]+)\/\.well-known\/jwks\.json$/.exec(target) ?? [];
  if (method !== "GET" || ![...issuers.values()].includes(`https://${host}`)) return undefined;
  const published = ALGORITHMS.map(async (alg) => {
    return { ...(await exportJWK(keyPair(alg).publicKey)), kid: `local-${alg}`, use: "sig", alg };
  });
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ keys: await Promise.all(published) }),
  };
}

export async function getWebIdentityToken(
  parameters: QueryParameters,
  identity: LocalIdentity,
  { issuers, forbidden = [], claims = {} }: SignedTokenOptions,
  now: number,
): Promise<Result> {
  const audience = audiencesIn(parameters);
  const algorithm = algorithmIn(parameters);
  const seconds = durationOf(parameters.get("DurationSeconds") ?? "300", 60, 3_600);
  if (forbidden.includes(identity.name)) {
    const message = `User: ${identity.arn} is not authorized to perform: sts:GetWebIdentityToken`;
    throw new ServiceError("AccessDenied", message, 403);
  }
  const issuer = issuers.get(identity.account);
  if (issuer === undefined) {
    const message = "Outbound web identity federation is not enabled for this account";
    throw new ServiceError("OutboundWebIdentityFederationDisabledException", message, 403);
  }
  const iat = Math.floor(now / 1000);
  if (identity.expiresAt !== undefined && (iat + seconds) * 1000 > identity.expiresAt) {
    throw new ServiceError(
      "SessionDurationEscalationException",
      "The token would outlive the session",
      403,
    );
  }
  const sub = iamArn(identity);
  if (sub === undefined) {
    throw new ServiceError(
      "ValidationError",
      "This local STS signs tokens for roles and users only.",
    );
  }
  const aws = { aws_account: identity.account, principal_id: sub, source_region: "us-east-1" };
  const token = await new SignJWT({
    "https://sts.amazonaws.com/": { ...aws, ...claims[identity.name] },
  })
    .setProtectedHeader({ alg: algorithm, kid: `local-${algorithm}`, typ: "JWT" })
    .setIssuer(issuer)
    .setSubject(sub)
    .setAudience(audience)
    .setIssuedAt(iat)
    .setExpirationTime(iat + seconds)
    .setJti(randomUUID())
    .sign(keyPair(algorithm).privateKey);
  return { WebIdentityToken: token, Expiration: new Date((iat + seconds) * 1000) };
}

/** Returns the audiences. One is a string in the token, and several are a list. */
function audiencesIn(parameters: QueryParameters): string | string[] {
  const found = [...parameters]
    .filter(([name]) => name.startsWith("Audience.member."))
    .map(([, value]) => value);
  const [first, ...more] = found;
  if (first === undefined) throw validationError("audience", undefined, "not be null");
  if (found.length > 10)
    throw validationError("audience", String(found.length), "have length less than or equal to 10");
  return more.length === 0 ? first : found;
}

function algorithmIn(parameters: QueryParameters): Algorithm {
  const text = parameters.get("SigningAlgorithm");
  const algorithm = ALGORITHMS.find((known) => known === text);
  if (algorithm === undefined) {
    throw validationError(
      "signingAlgorithm",
      text,
      `satisfy enum value set: [${ALGORITHMS.join(", ")}]`,
    );
  }
  return algorithm;
}
