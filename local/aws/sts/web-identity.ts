// AssumeRoleWithWebIdentity: verifies the token of an OIDC issuer (issuer, audience, expiry and
// signature), evaluates the role's trust policy, and returns the credentials of a role session.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

import { randomBytes } from "node:crypto";
import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { matchesGlob } from "../../../functions/authenticator/mapping/arn.ts";
import { providerName } from "../../../functions/issuer/trust-policy.ts";
import {
  type LocalRole,
  type OidcProvider,
  type OneOrMore,
  providerArn,
  roleArn,
  type TrustPolicy,
  type TrustStatement,
} from "../../service-account.ts";
import { ServiceError } from "../http-server.ts";
import { fetchIssuerKeys, type IssuerAccess } from "./issuer-documents.ts";
import {
  assumeRoleDenied,
  durationOf,
  expiredIdentityToken,
  invalidIdentityToken,
  noVerificationKey,
  validationError,
} from "./protocol.ts";

interface WebIdentity {
  readonly provider: OidcProvider;
  readonly subject: string;
  /** The first of the token's audiences that the provider accepts. */
  readonly audience: string;
}

/**
 * Accepted by IAM:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

/**
 * Returns the identity in `token` of one of `providers`; throws a `ServiceError` if it is invalid.
 */
async function verifyIdentityToken(
  token: string,
  providers: readonly OidcProvider[],
  access: IssuerAccess,
  now: number,
): Promise<WebIdentity> {
  const { iss } = unverifiedClaims(token);
  const provider = providers.find(({ issuer }) => issuer === iss);
  if (provider === undefined) {
    throw invalidIdentityToken(`No OpenIDConnect provider found in your account for ${iss}`);
  }
  const claims = await verifiedClaims(token, await fetchIssuerKeys(provider.issuer, access), now);
  const audience = [claims.aud ?? []].flat().find((name) => provider.audiences.includes(name));
  if (audience === undefined) throw invalidIdentityToken("Incorrect token audience");
  return { provider, subject: claims.sub, audience };
}

/** Returns claims that are not verified. Use them only to find the provider. */
function unverifiedClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    throw invalidIdentityToken(
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    );
  }
}

async function verifiedClaims(
  token: string,
  keys: JSONWebKeySet,
  now: number,
): Promise<JWTPayload & { sub: string }> {
  const seconds = Math.floor(now / 1000);
  const { iat, sub, ...claims } = await signedClaims(token, keys, seconds);
  if (typeof sub !== "string" || sub === "")
    throw invalidIdentityToken("Missing a required claim: sub");
  if (iat === undefined || iat > seconds) throw invalidIdentityToken("Token issued in the future");
  return { ...claims, sub };
}

async function signedClaims(
  token: string,
  keys: JSONWebKeySet,
  seconds: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ALGORITHMS,
      currentDate: new Date(seconds * 1000),
      requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw expiredIdentityToken(seconds, error.payload.exp ?? 0);
    const reason = error instanceof errors.JOSEError ? error.code : "";
    // Treats a malformed or weak key like a missing one.
    if (reason === "" || reason.startsWith("ERR_JWKS_")) throw noVerificationKey();
    throw invalidIdentityToken(`The ID Token is not valid: ${(error as Error).message}`);
  }
}

const ACTION = "sts:AssumeRoleWithWebIdentity";

type Operator = (actual: string | undefined, wanted: readonly string[]) => boolean;

/** A negated operator also matches if the key is missing. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: (actual, wanted) => actual !== undefined && wanted.includes(actual),
  StringNotEquals: (actual, wanted) => actual === undefined || !wanted.includes(actual),
  StringLike: (actual, wanted) =>
    actual !== undefined && wanted.some((pattern) => matchesGlob(pattern, actual)),
  StringNotLike: (actual, wanted) =>
    actual === undefined || !wanted.some((pattern) => matchesGlob(pattern, actual)),
};

/** Throws for unsupported operators, since ignoring them would change who is trusted. */
export function checkTrustPolicy({ Statement }: TrustPolicy): void {
  for (const operator of Statement.flatMap(({ Condition = {} }) => Object.keys(Condition))) {
    if (!Object.hasOwn(OPERATORS, operator)) {
      throw new Error(
        `the local STS does not support the condition operator ${operator} in a trust policy`,
      );
    }
  }
}

/** Returns whether at least one statement allows, and none denies. */
function trusts({ Statement }: TrustPolicy, identity: WebIdentity): boolean {
  const effects = Statement.filter((statement) => applies(statement, identity)).map(
    ({ Effect }) => Effect,
  );
  return effects.includes("Allow") && !effects.includes("Deny");
}

function applies(
  { Principal, Action, Condition = {} }: TrustStatement,
  identity: WebIdentity,
): boolean {
  if (!list(Principal.Federated).includes(providerArn(identity.provider))) return false;
  if (!list(Action).some((action) => matchesGlob(action.toLowerCase(), ACTION.toLowerCase())))
    return false;
  const name = providerName(identity.provider.issuer);
  // Condition keys are case-insensitive.
  const context = new Map([
    [`${name}:sub`.toLowerCase(), identity.subject],
    [`${name}:aud`.toLowerCase(), identity.audience],
  ]);
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) =>
      OPERATORS[operator]?.(context.get(key.toLowerCase()), list(values)),
    ),
  );
}

function list(values: OneOrMore): readonly string[] {
  return typeof values === "string" ? [values] : values;
}

export interface WebIdentityOptions extends IssuerAccess {
  readonly providers: readonly OidcProvider[];
  readonly roles: readonly LocalRole[];
}

type QueryParameters = ReadonlyMap<string, string>;

/** Returns the result, and the session as `identity`, which STS accepts in later calls. */
export async function assumeRoleWithWebIdentity(
  parameters: QueryParameters,
  { providers, roles, ...access }: WebIdentityOptions,
  now: number,
) {
  const wanted = required(parameters, "RoleArn", /^[\s\S]{20,2048}$/);
  const session = required(parameters, "RoleSessionName", /^[\w+=,.@-]{2,64}$/);
  const token = required(parameters, "WebIdentityToken", /^[\s\S]{4,20000}$/);
  refuseUnsupported(parameters);
  const role = roles.find((known) => roleArn(known) === wanted);
  const duration = sessionDuration(parameters);

  const account = accountOf(wanted);
  const ofAccount = providers.filter((provider) => provider.account === account);
  const webIdentity = await verifyIdentityToken(token, ofAccount, access, now);
  if (role === undefined || !trusts(role.trustPolicy, webIdentity)) throw assumeRoleDenied();

  const identity = newSession(role, session, now + duration * 1000);
  return {
    identity,
    result: {
      SubjectFromWebIdentityToken: webIdentity.subject,
      Audience: webIdentity.audience,
      AssumedRoleUser: { Arn: identity.arn, AssumedRoleId: identity.userId },
      Credentials: {
        AccessKeyId: identity.accessKeyId,
        SecretAccessKey: identity.secretAccessKey,
        SessionToken: identity.sessionToken,
        Expiration: new Date(identity.expiresAt),
      },
      Provider: providerArn(webIdentity.provider),
    },
  };
}

function required(parameters: QueryParameters, name: string, form: RegExp): string {
  const value = parameters.get(name);
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  if (value === undefined) throw validationError(member, value, "not be null");
  // A token of the wrong length is still a secret.
  const shown = name === "WebIdentityToken" ? "***" : value;
  if (!form.test(value))
    throw validationError(member, shown, `satisfy regular expression pattern: ${form.source}`);
  return value;
}

/** Rejects unsupported members that would change the session or the token check. */
function refuseUnsupported(parameters: QueryParameters): void {
  for (const name of parameters.keys()) {
    if (!/^(Policy|PolicyArns\..*|ProviderId)$/.test(name)) continue;
    throw new ServiceError("ValidationError", `This local STS does not support ${name}.`);
  }
}

/** IAM's default of a role's MaxSessionDuration is an hour. */
const MAX_SECONDS = 3_600;

function sessionDuration(parameters: QueryParameters): number {
  const seconds = durationOf(parameters.get("DurationSeconds") ?? String(MAX_SECONDS), 900, 43_200);
  if (seconds <= MAX_SECONDS) return seconds;
  const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
  throw new ServiceError("ValidationError", message);
}

function accountOf(arn: string): string {
  const account = /^arn:aws:iam::(\d{12}):role\/.+$/.exec(arn)?.[1];
  if (account === undefined) throw new ServiceError("ValidationError", "Request ARN is invalid");
  return account;
}

function newSession({ name, account, roleId }: LocalRole, session: string, expiresAt: number) {
  return {
    name: `${name}/${session}`,
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(300).toString("base64"),
    expiresAt,
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
    account,
    userId: `${roleId}:${session}`,
  };
}
