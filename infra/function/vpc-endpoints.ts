// Creates interface endpoints in the function's VPC: for STS, Parameter Store and the keys of AWS-signed tokens.

import { InterfaceVpcEndpoint, InterfaceVpcEndpointAwsService, type IVpc } from "aws-cdk-lib/aws-ec2";
import { ARecord, PrivateHostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { InterfaceVpcEndpointTarget } from "aws-cdk-lib/aws-route53-targets";
import type { Construct } from "constructs";
import { partitionOfIssuer } from "../../functions/authenticator/jwt/issuer.ts";
import type { AwsSignedTokens } from "../props.ts";

/** A VPC can have one of each: AWS rejects a second one with `conflicting DNS domain`. */
export function makeVpcEndpoints(scope: Construct, vpc: IVpc, signedTokens: readonly AwsSignedTokens[]): void {
  new InterfaceVpcEndpoint(scope, "StsEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.STS });
  new InterfaceVpcEndpoint(scope, "ParametersEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.SSM });
  const [first] = signedTokens;
  if (first !== undefined) makeKeysEndpoint(scope, vpc, first.issuer);
}

/**
 * Resolves all issuers of the partition to the endpoint, whose own private DNS name is another one. Never tried on AWS.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sts_oidc_vpc_endpoint_create.html
 */
function makeKeysEndpoint(scope: Construct, vpc: IVpc, issuer: string): void {
  const domain = partitionOfIssuer(issuer)?.tokenIssuerDomain;
  if (domain === undefined) {
    throw new Error(
      `awsSignedTokens with vpcEndpoints must have an issuer that is known at synth, such as https://<id>.tokens.sts.global.api.aws, not ${issuer}`,
    );
  }
  const service = new InterfaceVpcEndpointAwsService("sts-oidc");
  const endpoint = new InterfaceVpcEndpoint(scope, "TokenKeysEndpoint", { vpc, service, privateDnsEnabled: false });
  const zone = new PrivateHostedZone(scope, "TokenIssuers", { vpc, zoneName: `tokens.sts.global.${domain}` });
  const target = RecordTarget.fromAlias(new InterfaceVpcEndpointTarget(endpoint));
  new ARecord(scope, "TokenIssuer", { zone, recordName: "*", target });
}
