// The construct of a role for one service account: IAM trusts a token whose `sub` and `aud` are exactly these.

import { Stack, Token } from "aws-cdk-lib";
import { FederatedPrincipal, type IManagedPolicy, Role } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { ISSUER_URL_FORM, isIssuerUrl } from "../../functions/issuer/settings.ts";
import {
  providerName,
  subjectProblem,
  type TrustedSubject,
  trustConditions,
} from "../../functions/issuer/trust-policy.ts";

export interface ServiceAccountRoleProps {
  /**
   * The URL of an issuer that is deployed in this account (output IssuerUrl), or a `ServiceAccountIssuer` with a domain of
   * your own: CloudFormation takes no reference in a condition's key.
   */
  readonly issuer: { readonly url: string; readonly providerArn: string } | string;
  /** Of the service account. */
  readonly namespace: string;
  /** Of the service account. */
  readonly name: string;
  /**
   * That the token must have.
   *
   * @default - `sts.amazonaws.com`
   */
  readonly audience?: string;
  /**
   * Lets `*` and `?` stand in namespace and name: anybody who may create what they match gets the role.
   *
   * @default false
   */
  readonly allowPattern?: boolean;
  /**
   * Name of the role.
   *
   * @default - CloudFormation makes one
   */
  readonly roleName?: string;
  /**
   * What the role may do.
   *
   * @default - nothing: add policies to `role`
   */
  readonly managedPolicies?: IManagedPolicy[];
}

export class ServiceAccountRole extends Construct {
  /** What the Pods of the service account get. */
  readonly role: Role;
  /** For the ServiceAccount: its annotations. */
  readonly annotations: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: ServiceAccountRoleProps) {
    super(scope, id);
    const { namespace, name, audience = "sts.amazonaws.com", allowPattern = false, roleName, managedPolicies } = props;
    const subject: TrustedSubject = { namespace, name };
    const problem = subjectProblem(subject, allowPattern);
    if (problem !== undefined) throw new Error(`the role of ${namespace}/${name}: ${problem}`);
    this.role = new Role(this, "Role", {
      description: `For the service account ${namespace}/${name}`,
      assumedBy: trusting(this, props.issuer, subject, audience),
      ...(roleName !== undefined && { roleName }),
      ...(managedPolicies !== undefined && { managedPolicies }),
    });
    this.annotations = {
      "eks.amazonaws.com/role-arn": this.role.roleArn,
      ...(audience !== "sts.amazonaws.com" && { "eks.amazonaws.com/audience": audience }),
    };
  }
}

function trusting(
  scope: Construct,
  issuer: ServiceAccountRoleProps["issuer"],
  subject: TrustedSubject,
  audience: string,
): FederatedPrincipal {
  const { url, providerArn } =
    typeof issuer === "string"
      ? {
          url: issuer,
          providerArn: Stack.of(scope).formatArn({
            service: "iam",
            region: "",
            resource: "oidc-provider",
            resourceName: providerName(issuer),
          }),
        }
      : issuer;
  if (Token.isUnresolved(url)) {
    throw new Error(
      "the issuer's URL must be known at synth, since the trust policy's conditions are named by it: deploy the issuer first and give its output IssuerUrl, or give the issuer a domain",
    );
  }
  // A slash at the end is another issuer to IAM: the role would refuse every token.
  if (!isIssuerUrl(url)) throw new Error(`the issuer of a role must be ${ISSUER_URL_FORM}, not ${url}`);
  return new FederatedPrincipal(providerArn, trustConditions(url, subject, audience), "sts:AssumeRoleWithWebIdentity");
}
