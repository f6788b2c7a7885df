// Ways from the function's VPC to the region's STS and Parameter Store, without the internet.

import { InterfaceVpcEndpoint, InterfaceVpcEndpointAwsService, type IVpc } from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";

/** A VPC can have one of each: `conflicting DNS domain` is what AWS says to a second. */
export function makeVpcEndpoints(scope: Construct, vpc: IVpc): void {
  new InterfaceVpcEndpoint(scope, "StsEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.STS });
  new InterfaceVpcEndpoint(scope, "ParametersEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.SSM });
}
