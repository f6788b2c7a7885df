// Creates interface endpoints for STS and Parameter Store in the function's VPC.

import { InterfaceVpcEndpoint, InterfaceVpcEndpointAwsService, type IVpc } from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";

/** A VPC can have one of each: AWS rejects a second one with `conflicting DNS domain`. */
export function makeVpcEndpoints(scope: Construct, vpc: IVpc): void {
  new InterfaceVpcEndpoint(scope, "StsEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.STS });
  new InterfaceVpcEndpoint(scope, "ParametersEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.SSM });
}
