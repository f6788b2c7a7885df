// AWS-signed tokens of a run: the account's issuer, a role that may get tokens, and tokens that STS
// signs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jwtAudience } from "../../functions/authenticator/jwt/parse-jwt.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { type Aws, AwsError, unlessMissing } from "./aws.ts";
import { assume, createRole, statement } from "./identities.ts";
import type { Rows } from "./rows.ts";
import type { Site } from "./site.ts";
import { CACHES_MS, type Credentials, until } from "./world.ts";

export const ENABLE = "aws iam enable-outbound-web-identity-federation";
export const DISABLE = "aws iam disable-outbound-web-identity-federation";

/** `undefined` if the account does not sign tokens. */
export async function issuerOf(aws: Aws): Promise<string | undefined> {
  try {
    const { IssuerIdentifier, JwtVendingEnabled } = await aws<{
      IssuerIdentifier: string;
      JwtVendingEnabled: boolean;
    }>("iam", "get-outbound-web-identity-federation-info");
    return JwtVendingEnabled ? IssuerIdentifier : undefined;
  } catch (error) {
    if (error instanceof AwsError && error.code.startsWith("FeatureDisabled")) return undefined;
    throw error;
  }
}

/**
 * Returns the reason if the AWS CLI is older than AWS-signed tokens. Prints the call's input
 * without a call.
 */
export async function cannotSign({ world }: Site): Promise<string | undefined> {
  const { exitCode } = await world.run("aws", [
    "sts",
    "get-web-identity-token",
    "--generate-cli-skeleton",
  ]);
  return exitCode === 0
    ? undefined
    : "the AWS CLI has no get-web-identity-token: install a newer one";
}

/**
 * Enables signing only if the operator asked for it. Otherwise records that the row `name` and
 * those after it are not run.
 */
export async function ensureIssuer({ world, aws, inputs }: Site, rows: Rows, name: string) {
  const look = () => issuerOf(aws);
  const known = await look();
  if (known !== undefined) return known;
  if (inputs.enableTokenSigning) {
    await aws("iam", "enable-outbound-web-identity-federation");
    const enabled = await until(world, CACHES_MS, look, (issuer) => issuer !== undefined);
    if (enabled === undefined)
      throw new Error("signing was enabled, but the account has no issuer");
    return enabled;
  }
  rows.leaveOut(
    name,
    "-",
    `the account does not sign tokens. Run ${ENABLE}, or use --enable-token-signing`,
  );
  return undefined;
}

/** Values of the tag `team`: of a session, and of its role. */
export const TEAM = "acceptance-team";
export const ROLE_TEAM = "acceptance-role";
export const SOURCE = "acceptance-source";

/**
 * A role with a path, which may get tokens and sessions with tags and a source identity. Returns
 * its ARN.
 */
export async function makeSigningRole(site: Site): Promise<string> {
  const { aws, clusterId } = site;
  const { id, partition } = await site.account();
  const Action = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
  const trust = statement({ Principal: { AWS: `arn:${partition}:iam::${id}:root` }, Action });
  const RoleName = signingRoleName(site);
  const tags = [{ Key: "team", Value: ROLE_TEAM }];
  const arn = await createRole(aws, RoleName, trust, clusterId, { path: "/acceptance/", tags });
  const PolicyDocument = signingPolicy(site, "policy.json");
  await aws("iam", "put-role-policy", { RoleName, PolicyName: "sign", PolicyDocument });
  // A kept cluster may have this policy, which denies tokens. So may the user.
  await unlessMissing(aws("iam", "delete-role-policy", { RoleName, PolicyName: CONTROL_POLICY }));
  return arn;
}

/** The name of a role's or user's policy with the statements of the service control policy. */
export const CONTROL_POLICY = "control";

export function signingRoleName({ clusterId }: Site): string {
  return `${clusterId}-jwt`;
}

export async function makeSigningUser(site: Site): Promise<Credentials> {
  const { credentials } = await site.user();
  const PolicyDocument = signingPolicy(site, "policy.json");
  await site.aws("iam", "put-user-policy", {
    UserName: site.clusterId,
    PolicyName: "sign",
    PolicyDocument,
  });
  await unlessMissing(
    site.aws("iam", "delete-user-policy", { UserName: site.clusterId, PolicyName: CONTROL_POLICY }),
  );
  return credentials;
}

/** A policy that the documents recommend, for this run's cluster. */
export function signingPolicy({ clusterId }: Site, file: "policy.json" | "scp.json"): string {
  const text = readFileSync(
    join(import.meta.dirname, "..", "..", "examples", "aws-signed-tokens", file),
    "utf8",
  );
  return text.replace("iam-authenticator/my-cluster", jwtAudience(clusterId));
}

export function assumeSigningRole(
  { world, aws }: Site,
  arn: string,
  more: object = {},
): Promise<Credentials> {
  return assume(world, aws, arn, {
    Tags: [{ Key: "team", Value: TEAM }],
    SourceIdentity: SOURCE,
    ...more,
  });
}

export interface SignedToken {
  /** Never print it. */
  readonly text: string;
  readonly expiration: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The claims below `https://sts.amazonaws.com/`. */
  readonly own: Readonly<Record<string, unknown>>;
}

/**
 * `more`: further input of GetWebIdentityToken. The default is what this project's command asks
 * for.
 */
export async function getSignedToken(
  site: Site,
  as: Credentials,
  more: object = {},
): Promise<SignedToken> {
  const { WebIdentityToken: text, Expiration: expiration } = await site.aws<{
    WebIdentityToken: string;
    Expiration: string;
  }>("sts", "get-web-identity-token", signingRequest(site, more), { as });
  return { expiration, ...readToken(text) };
}

export function signingRequest({ clusterId }: Site, more: object = {}): object {
  return {
    Audience: [jwtAudience(clusterId)],
    SigningAlgorithm: "RS256",
    DurationSeconds: 900,
    ...more,
  };
}

export function readToken(text: string): Omit<SignedToken, "expiration"> {
  const parts = text.split(".").map((part) => parseJson(Buffer.from(part, "base64url").toString()));
  const [header, claims] = parts.map((part) => (isObject(part) ? part : {}));
  const own = claims?.["https://sts.amazonaws.com/"];
  return { text, header: header ?? {}, claims: claims ?? {}, own: isObject(own) ? own : {} };
}

/** "allowed", or the code of AWS's refusal. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "allowed";
  } catch (error) {
    if (error instanceof AwsError && error.code !== "unknown") return error.code;
    throw error;
  }
}

/**
 * The answer for a token, once it is as expected: a changed setting or policy takes some seconds to
 * apply.
 */
export function untilRefusal(
  site: Site,
  as: Credentials,
  isExpected: (answer: string) => boolean,
): Promise<string> {
  return until(site.world, CACHES_MS, () => refusalOf(getSignedToken(site, as)), isExpected);
}
