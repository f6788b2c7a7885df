// IAM roles for service accounts, and the OIDC providers that their trust policies trust.

import { providerName, trustConditions } from "../functions/issuer/trust-policy.ts";

/** An IAM OIDC provider: the issuer and audiences of tokens that an account accepts. */
export interface OidcProvider {
  /** Must equal the `iss` of tokens. */
  readonly issuer: string;
  readonly account: string;
  readonly audiences: readonly string[];
}

export interface LocalRole {
  readonly name: string;
  readonly account: string;
  /** `AROA...` */
  readonly roleId: string;
  readonly trustPolicy: TrustPolicy;
  /** In seconds; default 3600, as in IAM. */
  readonly maxSessionDuration?: number;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, reduced to web identities. */
export interface TrustPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly TrustStatement[];
}

export interface TrustStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal: { readonly Federated: OneOrMore };
  readonly Action: OneOrMore;
  /** Values by operator and by key, such as `oidc.example.com:sub`. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

export type OneOrMore = string | readonly string[];

export function roleArn({ account, name }: Pick<LocalRole, "account" | "name">): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

export function providerArn({ account, issuer }: Pick<OidcProvider, "account" | "issuer">): string {
  return `arn:aws:iam::${account}:oidc-provider/${providerName(issuer)}`;
}

export interface ServiceAccountRole extends Pick<LocalRole, "name" | "roleId"> {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** A role that trusts one service account: StringEquals on `sub` and `aud`, the first audience. */
export function serviceAccountRole(provider: OidcProvider, role: ServiceAccountRole): LocalRole {
  const { name, roleId, namespace, serviceAccount } = role;
  const [audience = ""] = provider.audiences;
  return {
    name,
    roleId,
    account: provider.account,
    trustPolicy: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: providerArn(provider) },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: trustConditions(provider.issuer, { namespace, name: serviceAccount }, audience),
        },
      ],
    },
  };
}
