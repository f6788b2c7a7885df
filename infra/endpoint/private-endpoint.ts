// Creates a REST API that is reachable only through one interface endpoint of a VPC.

import { Annotations, RemovalPolicy, Stack } from "aws-cdk-lib";
import {
  EndpointType,
  LambdaIntegration,
  MethodLoggingLevel,
  ResponseType,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import {
  type IInterfaceVpcEndpoint,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
} from "aws-cdk-lib/aws-ec2";
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledge, acknowledgeManagedPolicy } from "../cdk-rules.ts";
import type { LogSettings } from "../common-props.ts";
import {
  ACCESS_LOG_FORMAT,
  accessLogArn,
  type EndpointOptions,
  type Gateway,
  type PrivateEndpoint,
} from "./endpoint.ts";

const STAGE = "live";

/** Creates the API, and the interface endpoint unless one is given. */
export function servePrivately(
  scope: Construct,
  { vpc, vpcEndpoint = makeVpcEndpoint(scope, vpc), accountLogRole }: PrivateEndpoint,
  { name, handler, throttle, logs }: EndpointOptions,
): Gateway {
  if (accountLogRole === undefined) {
    Annotations.of(scope).addWarningV2(
      "lambda-iam-authenticator:account-log-role",
      "the deployment fails unless API Gateway has a log role in this account and Region: run aws apigateway get-account --query cloudwatchRoleArn. If it prints a role, set accountLogRole: false, otherwise true",
    );
  }
  const destinationArn = accessLogArn(scope, logs);
  const api = new RestApi(scope, "Api", {
    restApiName: name,
    endpointConfiguration: { types: [EndpointType.PRIVATE], vpcEndpoints: [vpcEndpoint] },
    policy: onlyThrough(vpcEndpoint),
    cloudWatchRole: accountLogRole ?? false,
    deployOptions: {
      stageName: STAGE,
      throttlingRateLimit: throttle.rateLimit,
      throttlingBurstLimit: throttle.burstLimit,
      // Logs errors of the gateway, but never bodies, which contain tokens.
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      accessLogDestination: { bind: () => ({ destinationArn }) },
      accessLogFormat: ACCESS_LOG_FORMAT,
    },
  });
  // RestApi's output is a URL that requires private DNS.
  api.node.tryRemoveChild("Endpoint");
  keepErrorLog(scope, api, logs);
  const integration = new LambdaIntegration(handler, { allowTestInvoke: false });
  const method = api.root.addResource("authenticate").addMethod("POST", integration);
  // kube-apiserver retries a 500, but not a 503. Applies to all 5xx of the gateway, including
  // throttling by Lambda:
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
  api.addGatewayResponse("ServerErrors", { type: ResponseType.DEFAULT_5XX, statusCode: "500" });
  acknowledgeRules(api, method, accountLogRole);
  return { api, url: `https://${hostName(api, vpcEndpoint)}/${STAGE}/authenticate` };
}

/**
 * Returns the host name that API Gateway generates for an endpoint that is associated with the API.
 * It resolves without private DNS, which would make public APIs of API Gateway unreachable from the
 * VPC.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html
 */
function hostName(api: RestApi, { vpcEndpointId }: IInterfaceVpcEndpoint): string {
  const { region, urlSuffix } = Stack.of(api);
  return `${api.restApiId}-${vpcEndpointId}.execute-api.${region}.${urlSuffix}`;
}

/**
 * Returns a policy that denies all other ways:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
 */
function onlyThrough({ vpcEndpointId }: IInterfaceVpcEndpoint): PolicyDocument {
  const anyone = {
    principals: [new AnyPrincipal()],
    actions: ["execute-api:Invoke"],
    resources: ["execute-api:/*"],
  };
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
  const service = InterfaceVpcEndpointAwsService.APIGATEWAY;
  return new InterfaceVpcEndpoint(scope, "VpcEndpoint", { vpc, service, privateDnsEnabled: false });
}

/** Creates the log group of errors, which API Gateway would otherwise create and keep forever. */
function keepErrorLog(scope: Construct, api: RestApi, logs: LogSettings): void {
  const log = new LogGroup(scope, "ErrorLog", {
    logGroupName: `API-Gateway-Execution-Logs_${api.restApiId}/${STAGE}`,
    ...logs,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  api.deploymentStage.node.addDependency(log);
}

function acknowledgeRules(
  api: RestApi,
  method: Construct,
  accountLogRole: boolean | undefined,
): void {
  const caller =
    "The function or the network authenticates the caller, since kube-apiserver cannot sign requests.";
  acknowledge(method, "AwsSolutions-APIG4", caller);
  acknowledge(
    method,
    "AwsSolutions-COG4",
    "The caller is kube-apiserver, which is not a user of a Cognito user pool.",
  );
  const validation =
    "The function rejects requests that are not a TokenReview, and returns the reason, which a model cannot.";
  acknowledge(api, "AwsSolutions-APIG2", validation);
  acknowledge(
    api,
    "AwsSolutions-APIG3",
    "Only one VPC can reach this API, which is throttled. Its owner can add a web ACL.",
  );
  if (accountLogRole === true) {
    const policy = "service-role/AmazonAPIGatewayPushToCloudWatchLogs";
    acknowledgeManagedPolicy(
      api,
      policy,
      "AWS's managed policy for the role that API Gateway uses to write the account's logs.",
    );
  }
}
