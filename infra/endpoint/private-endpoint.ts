// A REST API that only answers through one interface endpoint of one VPC.

import {
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import { type IInterfaceVpcEndpoint, InterfaceVpcEndpoint, InterfaceVpcEndpointAwsService } from "aws-cdk-lib/aws-ec2";
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { acknowledge, acknowledgeManagedPolicy } from "../acknowledge.ts";
import { ACCESS_LOG_FORMAT, accessLogGroup } from "./access-log.ts";
import type { PrivateEndpoint, ServedEndpoint } from "./endpoint.ts";
import type { EndpointOptions } from "./http-endpoint.ts";

export function servePrivately(
  scope: Construct,
  { vpc, vpcEndpoint = makeVpcEndpoint(scope, vpc) }: PrivateEndpoint,
  { handler, throttle, logRetention }: EndpointOptions,
): ServedEndpoint {
  const api = new RestApi(scope, "Api", {
    endpointConfiguration: { types: [EndpointType.PRIVATE], vpcEndpoints: [vpcEndpoint] },
    policy: onlyThrough(vpcEndpoint),
    cloudWatchRole: true,
    deployOptions: {
      throttlingRateLimit: throttle.rateLimit,
      throttlingBurstLimit: throttle.burstLimit,
      metricsEnabled: true,
      // Errors of the gateway itself; never bodies, which hold tokens.
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      accessLogDestination: new LogGroupLogDestination(accessLogGroup(scope, logRetention)),
      accessLogFormat: ACCESS_LOG_FORMAT,
    },
  });
  const method = api.root.addResource("authenticate").addMethod("POST", new LambdaIntegration(handler));
  acknowledgeRules(api, method);
  return { url: api.urlForPath("/authenticate") };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html: deny all other ways */
function onlyThrough({ vpcEndpointId }: IInterfaceVpcEndpoint): PolicyDocument {
  const anyone = { principals: [new AnyPrincipal()], actions: ["execute-api:Invoke"], resources: ["execute-api:/*"] };
  return new PolicyDocument({
    statements: [
      new PolicyStatement({ effect: Effect.ALLOW, ...anyone }),
      new PolicyStatement({
        effect: Effect.DENY,
        ...anyone,
        conditions: { StringNotEquals: { "aws:SourceVpce": vpcEndpointId } },
      }),
    ],
  });
}

function makeVpcEndpoint(scope: Construct, vpc: PrivateEndpoint["vpc"]): InterfaceVpcEndpoint {
  return new InterfaceVpcEndpoint(scope, "VpcEndpoint", {
    vpc,
    service: InterfaceVpcEndpointAwsService.APIGATEWAY,
    privateDnsEnabled: true,
  });
}

function acknowledgeRules(api: RestApi, method: Construct): void {
  const caller = "The function checks the caller itself, or the network does; kube-apiserver cannot sign requests.";
  acknowledge(method, "AwsSolutions-APIG4", caller);
  acknowledge(method, "AwsSolutions-COG4", "The caller is kube-apiserver, which no Cognito user pool knows.");
  acknowledge(
    api,
    "AwsSolutions-APIG2",
    "The function refuses what is no TokenReview, and says why; a model could not.",
  );
  acknowledge(
    api,
    "AwsSolutions-APIG3",
    "One VPC reaches this API, and it is throttled; a web ACL is its owner's choice.",
  );
  const policy = "service-role/AmazonAPIGatewayPushToCloudWatchLogs";
  acknowledgeManagedPolicy(
    api,
    policy,
    "API Gateway's own policy for writing logs, of the account-wide role that it needs.",
  );
}
