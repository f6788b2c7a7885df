// The fake's AWS CLI: the calls of the checks, with AWS's members. Unknown calls fail.

import { AwsError } from "../aws.ts";
import type { VirtualClock } from "./clock.ts";
import {
  ACCOUNT,
  type Calls,
  type Cloud,
  type Input,
  newVersionAlarms,
  outputsOf,
  REGION,
  type ResourceType,
  stackNamed,
} from "./cloud.ts";
import { deleteStack } from "./deployments.ts";
import { DOMAIN_TARGET } from "./endpoint.ts";
import { access } from "./identities.ts";
import { signing } from "./signed-tokens.ts";

/** Calls that list the resources of a type: the type, the response's list, and its member with the id. */
const LISTS: Readonly<Record<string, readonly [type: ResourceType, list: string, id: string]>> = {
  "lambda list-functions": ["AWS::Lambda::Function", "Functions", "FunctionName"],
  "apigatewayv2 get-apis": ["AWS::ApiGatewayV2::Api", "Items", "ApiId"],
  "iam list-roles": ["AWS::IAM::Role", "Roles", "RoleName"],
  "iam list-open-id-connect-providers": ["AWS::IAM::OIDCProvider", "OpenIDConnectProviderList", "Arn"],
};

/** Calls that delete a resource: the type, and the input with its id. */
const DELETIONS: Readonly<Record<string, readonly [type: ResourceType, id: string]>> = {
  "lambda delete-function": ["AWS::Lambda::Function", "FunctionName"],
  "codedeploy delete-application": ["AWS::CodeDeploy::Application", "applicationName"],
  "logs delete-log-group": ["AWS::Logs::LogGroup", "logGroupName"],
  "apigatewayv2 delete-api": ["AWS::ApiGatewayV2::Api", "ApiId"],
  "iam delete-open-id-connect-provider": ["AWS::IAM::OIDCProvider", "OpenIDConnectProviderArn"],
};

/** By service and operation. Throws `AwsError` for an AWS error. */
export function awsCalls(cloud: Cloud, clock: VirtualClock): Calls {
  const { resources } = cloud;
  const [buckets, logGroups] = [resources["AWS::S3::Bucket"], resources["AWS::Logs::LogGroup"]];
  const alarms = resources["AWS::CloudWatch::Alarm"];
  const stackOf = (name: string) => {
    const found = stackNamed(cloud, name);
    if (found === undefined) throw new AwsError("ValidationError", `Stack with id ${name} does not exist`);
    return found;
  };
  const functionStack = (name: string) => stackOf(name.replace(/-Function$/, ""));
  const lists = Object.entries(LISTS).map(([call, [type, list, id]]) => [
    call,
    () => ({ [list]: [...resources[type].keys()].map((one) => ({ [id]: one })) }),
  ]);
  const deletions = Object.entries(DELETIONS).map(([call, [type, id]]) => [
    call,
    (input: Input) => {
      if (!resources[type].delete(input[id])) throw new AwsError("ResourceNotFound", `${input[id]} does not exist`);
      return {};
    },
  ]);

  return {
    ...access(cloud, clock),
    ...signing(cloud, clock),
    ...Object.fromEntries([...lists, ...deletions]),
    "cloudformation describe-stacks": ({ StackName }) => {
      const stack = stackOf(StackName);
      const Outputs = Object.entries(outputsOf(stack)).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
      return { Stacks: [{ StackStatus: stack.status, Outputs }] };
    },
    "cloudformation list-stacks": () => ({
      StackSummaries: cloud.stacks.map(({ id: StackId, name: StackName, status: StackStatus }) => ({
        ...{ StackId, StackName, StackStatus },
      })),
    }),
    "cloudformation list-stack-resources": ({ StackName }) => ({
      StackResourceSummaries: stackOf(StackName).resources,
    }),
    "cloudformation describe-stack-events": ({ StackName }) => ({ StackEvents: stackOf(StackName).events }),
    "cloudformation update-termination-protection": ({ StackName }) => {
      stackOf(StackName).isProtected = false;
      return {};
    },
    "cloudformation delete-stack": async ({ StackName }) => {
      const refusal = await deleteStack(cloud, clock, stackOf(StackName));
      if (refusal !== "") throw new AwsError("ValidationError", refusal);
      return {};
    },
    "cloudformation detect-stack-drift": () => ({ StackDriftDetectionId: "drift" }),
    "cloudformation describe-stack-drift-detection-status": () => ({
      DetectionStatus: "DETECTION_COMPLETE",
      StackDriftStatus: "IN_SYNC",
    }),

    "lambda put-function-concurrency": ({ FunctionName }) => cloud.throttledFunctions.add(FunctionName) && {},
    "lambda delete-function-concurrency": ({ FunctionName }) => cloud.throttledFunctions.delete(FunctionName) && {},
    "lambda get-alias": ({ FunctionName }) => {
      const { live, shares } = functionStack(FunctionName);
      return { FunctionVersion: live, RoutingConfig: { AdditionalVersionWeights: shares } };
    },
    "lambda get-account-settings": () => ({
      AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 },
    }),
    "lambda get-provisioned-concurrency-config": ({ FunctionName }) => {
      if (functionStack(FunctionName).settings["provisionedConcurrency"] === undefined) {
        throw new AwsError("ProvisionedConcurrencyConfigNotFoundException", "none");
      }
      return { Status: "READY" };
    },

    "codedeploy get-deployment-group": ({ deploymentGroupName }) => {
      const stack = stackOf(deploymentGroupName.replace(/-Group$/, ""));
      const ofGroup = newVersionAlarms(stack).map((name) => ({ name }));
      return { deploymentGroupInfo: { alarmConfiguration: { enabled: true, alarms: ofGroup } } };
    },
    "codedeploy list-deployments": () => ({ deployments: cloud.deployments.map(({ id }) => id) }),
    // Includes the rollback, which CodeDeploy lists as a separate deployment.
    "codedeploy batch-get-deployments": ({ deploymentIds }) => ({
      deploymentsInfo: cloud.deployments
        .filter(({ id }) => deploymentIds.includes(id))
        .flatMap(({ status, code }) => [
          ...(code === undefined ? [] : [{ status: "Succeeded", creator: "codeDeployRollback" }]),
          { status, creator: "CloudFormation", ...(code !== undefined && { errorInformation: { code } }) },
        ]),
    }),

    "cloudwatch delete-alarms": ({ AlarmNames: [name] }) => alarms.delete(name) && {},
    "cloudwatch set-alarm-state": ({ AlarmName, StateValue }) => {
      if (!alarms.has(AlarmName)) throw new AwsError("ResourceNotFound", "Alarm not found");
      return alarms.set(AlarmName, StateValue) && {};
    },
    "cloudwatch describe-alarms": ({ AlarmNames, StateValue }) => ({
      MetricAlarms: [...alarms].flatMap(([AlarmName, state]) => {
        const isWanted = (StateValue ?? state) === state && (AlarmNames?.includes(AlarmName) ?? true);
        return isWanted ? [{ AlarmName }] : [];
      }),
    }),
    "cloudwatch get-metric-statistics": ({ Namespace, MetricName, Dimensions: [dimension] }) => {
      const Sum = cloud.metrics.get(`${Namespace} ${MetricName} ${dimension.Value}`);
      return { Datapoints: Sum === undefined ? [] : [{ Sum }] };
    },

    "logs filter-log-events": ({ logGroupName, startTime }) => ({
      events: (logGroups.get(logGroupName) ?? [])
        .filter(({ time }) => time >= startTime)
        .map(({ time, stream, message }) => ({ timestamp: time, logStreamName: stream, message })),
    }),
    "logs describe-log-groups": ({ logGroupNamePattern }) => ({
      logGroups: [...logGroups.keys()].flatMap((logGroupName) =>
        logGroupName.includes(logGroupNamePattern) ? [{ logGroupName }] : [],
      ),
    }),

    "ssm get-parameter": ({ Name }) => {
      const Value = cloud.parameters.get(Name);
      if (Value === undefined) throw new AwsError("ParameterNotFound", "none");
      return { Parameter: { Value } };
    },
    "ssm get-parameters-by-path": ({ Path }) => ({
      Parameters: [...cloud.parameters.keys()].flatMap((Name) => (Name.startsWith(`${Path}/`) ? [{ Name }] : [])),
    }),
    "ssm delete-parameters": ({ Names }) => {
      for (const name of Names) cloud.parameters.delete(name);
      return {};
    },

    "apigatewayv2 get-domain-name": () => ({ DomainNameConfigurations: [{ ApiGatewayDomainName: DOMAIN_TARGET }] }),
    "apigateway get-account": () => ({ cloudwatchRoleArn: `arn:aws:iam::${ACCOUNT}:role/gateway-log` }),
    "apigateway get-resources": () => ({ items: [{ id: "r1", path: "/authenticate" }] }),
    "apigateway test-invoke-method": () => ({
      status: 401,
      body: JSON.stringify({ message: "caller_refused: the bearer token is not in the list of callers" }),
    }),

    "s3api create-bucket": ({ Bucket }) => {
      if (buckets.has(Bucket)) throw new AwsError("BucketAlreadyOwnedByYou", "it exists");
      return buckets.set(Bucket, new Set()) && {};
    },
    "s3api put-bucket-tagging": () => ({}),
    "s3api put-object": ({ Bucket, Key }) => buckets.get(Bucket)?.add(Key) && {},
    "s3api list-objects-v2": ({ Bucket }) => {
      const keys = buckets.get(Bucket);
      if (keys === undefined) throw new AwsError("NoSuchBucket", "none");
      return { Contents: [...keys].map((Key) => ({ Key })) };
    },
    "s3api delete-object": ({ Bucket, Key }) => buckets.get(Bucket)?.delete(Key) && {},
    "s3api delete-bucket": ({ Bucket }) => {
      if (buckets.get(Bucket)?.size) throw new AwsError("BucketNotEmpty", "The bucket is not empty");
      return buckets.delete(Bucket) && {};
    },
    "resourcegroupstaggingapi get-resources": () => ({
      ResourceTagMappingList: Object.values(resources).flatMap((ofType) =>
        [...ofType.keys()].map((name) => ({ ResourceARN: `arn:aws:some:${REGION}:${ACCOUNT}:${name}` })),
      ),
    }),
  };
}
