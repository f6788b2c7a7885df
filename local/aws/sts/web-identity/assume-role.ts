// AssumeRoleWithWebIdentity: exchanges a token of an OIDC issuer for the credentials of a role session.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

import { randomBytes } from "node:crypto";
import type { LocalIdentity } from "../../../identities.ts";
import { type LocalRole, type OidcProvider, providerArn, roleArn } from "../../../roles.ts";
import { ServiceError } from "../../service-error.ts";
import type { Result } from "../answer.ts";
import { durationOf } from "../duration.ts";
import { assumeRoleDenied, validationError } from "../errors.ts";
import { verifyIdentityToken } from "./identity-token.ts";
import { fetchIssuerKeys, type IssuerAccess } from "./issuer-documents.ts";
import { trusts } from "./trust-policy.ts";

export interface WebIdentityOptions extends IssuerAccess {
  readonly providers: readonly OidcProvider[];
  readonly roles: readonly LocalRole[];
}

export interface AssumedRole {
  /** The session, which STS accepts in later calls. */
  readonly identity: LocalIdentity;
  readonly result: Result;
}

type QueryParameters = ReadonlyMap<string, string>;

export async function assumeRoleWithWebIdentity(
  parameters: QueryParameters,
  { providers, roles, ...access }: WebIdentityOptions,
  now: number,
): Promise<AssumedRole> {
  const wanted = required(parameters, "RoleArn", /^[\s\S]{20,2048}$/);
  const session = required(parameters, "RoleSessionName", /^[\w+=,.@-]{2,64}$/);
  const token = required(parameters, "WebIdentityToken", /^[\s\S]{4,20000}$/);
  refuseUnsupported(parameters);
  const role = roles.find((known) => roleArn(known) === wanted);
  const duration = sessionDuration(parameters, role);

  const webIdentity = await verifyIdentityToken(token, {
    // only providers in the role's account
    providers: providers.filter(({ account }) => account === accountOf(wanted)),
    fetchKeys: (issuer) => fetchIssuerKeys(issuer, access),
    now,
  });
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
  // a token of the wrong length is still a secret
  const shown = name === "WebIdentityToken" ? "***" : value;
  if (!form.test(value)) throw validationError(member, shown, `satisfy regular expression pattern: ${form.source}`);
  return value;
}

/** Rejects unsupported members that would change the session or the token check. */
function refuseUnsupported(parameters: QueryParameters): void {
  for (const name of parameters.keys()) {
    if (!/^(Policy|PolicyArns\..*|ProviderId)$/.test(name)) continue;
    throw new ServiceError("ValidationError", `This local STS does not support ${name}.`);
  }
}

function sessionDuration(parameters: QueryParameters, role: LocalRole | undefined): number {
  const text = parameters.get("DurationSeconds");
  const most = role?.maxSessionDuration ?? 3_600;
  if (text === undefined) return Math.min(3_600, most);
  const seconds = durationOf(text, 900, 43_200);
  if (seconds > most) {
    const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    throw new ServiceError("ValidationError", message);
  }
  return seconds;
}

function accountOf(arn: string): string {
  const account = /^arn:aws:iam::(\d{12}):role\/.+$/.exec(arn)?.[1];
  if (account === undefined) throw new ServiceError("ValidationError", "Request ARN is invalid");
  return account;
}

function newSession(
  { name, account, roleId }: LocalRole,
  session: string,
  expiresAt: number,
): LocalIdentity & { readonly sessionToken: string; readonly expiresAt: number } {
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
