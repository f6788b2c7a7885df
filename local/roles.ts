// IAM roles that a service account may assume, and the OIDC providers in IAM that their trust policies name.

/** An IAM OIDC provider: whose tokens an account takes, and for which audiences. */
export interface OidcProvider {
  /** The `iss` of its tokens, exactly. */
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
  /** The longest session in seconds; 3600 by default, as in IAM. */
  readonly maxSessionDuration?: number;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, as far as web identities need it. */
export interface TrustPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly TrustStatement[];
}

export interface TrustStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal: { readonly Federated: OneOrMore };
  readonly Action: OneOrMore;
  /** Operator, key such as `oidc.example.com:sub`, values. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

export type OneOrMore = string | readonly string[];

export function roleArn({ account, name }: Pick<LocalRole, "account" | "name">): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

export function providerArn({ account, issuer }: Pick<OidcProvider, "account" | "issuer">): string {
  return `arn:aws:iam::${account}:oidc-provider/${providerName(issuer)}`;
}

/** What leads the condition keys of an issuer: its URL without the scheme. */
export function providerName(issuer: string): string {
  return issuer.replace(/^https:\/\//, "");
}

export interface ServiceAccountRole extends Pick<LocalRole, "name" | "roleId"> {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** A role for one service account of the provider's cluster: `sub` and `aud` by StringEquals. */
export function serviceAccountRole(provider: OidcProvider, role: ServiceAccountRole): LocalRole {
  const { name, roleId, namespace, serviceAccount } = role;
  const key = providerName(provider.issuer);
  const conditions = {
    [`${key}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
    [`${key}:aud`]: provider.audiences,
  };
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
          Condition: { StringEquals: conditions },
        },
      ],
    },
  };
}
