// The fake's AWS CLI: the calls of the checks, with AWS's members. Unknown calls fail.

import type { LocalIdentity } from "../../../local/identities.ts";
import { AwsError } from "../aws.ts";
import type { VirtualClock } from "./clock.ts";
import { ACCOUNT, type Cloud, newVersionAlarms, outputsOf, REGION, stackNamed } from "./cloud.ts";
import { deleteStack, remove } from "./deployments.ts";
import { DOMAIN_TARGET } from "./endpoint.ts";
import { access } from "./identities.ts";
import { signing } from "./signed-tokens.ts";

type Input = Readonly<Record<string, unknown>>;
type Call = (input: Input, identity?: LocalIdentity) => unknown;

/** By service and operation. Throws `AwsError` for an AWS error. */
export function awsCalls(cloud: Cloud, clock: VirtualClock): Readonly<Record<string, Call>> {
  const stackOf = (name: unknown) => {
    const found = stackNamed(cloud, name);
    if (found === undefined) throw new AwsError("ValidationError", `Stack with id ${String(name)} does not exist`);
    return found;
  };
  const functionStack = (name: unknown) => stackOf(String(name).replace(/-Function$/, ""));
  const text = (value: unknown) => String(value);

  return {
    ...access(cloud, clock),
    ...signing(cloud, clock),
    "cloudformation describe-stacks": ({ StackName }) => {
      const stack = stackOf(StackName);
      const Outputs = Object.entries(outputsOf(stack)).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
      return { Stacks: [{ StackStatus: stack.status, Outputs }] };
    },
    "cloudformation list-stacks": () => ({
      StackSummaries: cloud.stacks.map(({ id, name, status }) => ({
        StackId: id,
        StackName: name,
        StackStatus: status,
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
    "cloudformation describe-stack-resource-drifts": () => ({
      StackResourceDrifts: [{ LogicalResourceId: "Function" }],
    }),

    "lambda put-function-concurrency": ({ FunctionName }) => cloud.throttledFunctions.add(text(FunctionName)) && {},
    "lambda delete-function-concurrency": ({ FunctionName }) =>
      cloud.throttledFunctions.delete(text(FunctionName)) && {},
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
    "lambda list-functions": () => ({
      Functions: keptOf(cloud, "AWS::Lambda::Function").map((FunctionName) => ({ FunctionName })),
    }),
    "lambda delete-function": ({ FunctionName }) => {
      if (!cloud.kept.has(`AWS::Lambda::Function ${text(FunctionName)}`)) {
        throw new AwsError("ResourceNotFoundException", "Function not found");
      }
      return remove(cloud, "AWS::Lambda::Function", text(FunctionName)) ?? {};
    },

    "codedeploy get-deployment-group": ({ deploymentGroupName }) => {
      const stack = stackOf(text(deploymentGroupName).replace(/-Group$/, ""));
      const alarms = newVersionAlarms(stack).map((name) => ({ name }));
      return { deploymentGroupInfo: { alarmConfiguration: { enabled: true, alarms } } };
    },
    "codedeploy list-deployments": () => ({ deployments: cloud.deployments.map(({ id }) => id) }),
    // Includes the rollback, which CodeDeploy lists as a separate deployment.
    "codedeploy batch-get-deployments": ({ deploymentIds }) => ({
      deploymentsInfo: cloud.deployments
        .filter(({ id }) => (deploymentIds as string[]).includes(id))
        .flatMap(({ status, code }) => [
          ...(code === undefined ? [] : [{ status: "Succeeded", creator: "codeDeployRollback" }]),
          { status, creator: "CloudFormation", ...(code !== undefined && { errorInformation: { code } }) },
        ]),
    }),

    "codedeploy delete-application": ({ applicationName }) =>
      remove(cloud, "AWS::CodeDeploy::Application", text(applicationName)) ?? {},

    "cloudwatch delete-alarms": ({ AlarmNames }) =>
      remove(cloud, "AWS::CloudWatch::Alarm", (AlarmNames as string[])[0] ?? "") ?? {},
    "cloudwatch set-alarm-state": ({ AlarmName, StateValue }) => {
      if (!cloud.alarms.has(text(AlarmName))) throw new AwsError("ResourceNotFound", "Alarm not found");
      return cloud.alarms.set(text(AlarmName), text(StateValue)) && {};
    },
    "cloudwatch describe-alarms": ({ AlarmNames, StateValue }) => ({
      MetricAlarms: [...cloud.alarms]
        .filter(
          ([name, state]) =>
            (StateValue ?? state) === state && ((AlarmNames as string[] | undefined)?.includes(name) ?? true),
        )
        .map(([AlarmName]) => ({ AlarmName })),
    }),
    "cloudwatch get-metric-statistics": ({ Namespace, MetricName, Dimensions }) => {
      const [dimension] = Dimensions as { Value: string }[];
      const Sum = cloud.metrics.get(`${text(Namespace)} ${text(MetricName)} ${dimension?.Value}`);
      return { Datapoints: Sum === undefined ? [] : [{ Sum }] };
    },

    "logs filter-log-events": ({ logGroupName, startTime }) => ({
      events: (cloud.logGroups.get(text(logGroupName)) ?? [])
        .filter(({ time }) => time >= Number(startTime))
        .map(({ time, stream, message }) => ({ timestamp: time, logStreamName: stream, message })),
    }),
    "logs describe-log-groups": ({ logGroupNamePattern }) => ({
      logGroups: [...cloud.logGroups.keys()]
        .filter((name) => name.includes(text(logGroupNamePattern)))
        .map((logGroupName) => ({ logGroupName })),
    }),
    "logs delete-log-group": ({ logGroupName }) => remove(cloud, "AWS::Logs::LogGroup", text(logGroupName)) ?? {},

    "ssm get-parameter": ({ Name }) => {
      const Value = cloud.parameters.get(text(Name));
      if (Value === undefined) throw new AwsError("ParameterNotFound", "none");
      return { Parameter: { Value } };
    },
    "ssm get-parameters-by-path": ({ Path }) => ({
      Parameters: [...cloud.parameters.keys()]
        .filter((Name) => Name.startsWith(`${text(Path)}/`))
        .map((Name) => ({ Name })),
    }),
    "ssm delete-parameters": ({ Names }) => {
      for (const name of Names as string[]) cloud.parameters.delete(name);
      return {};
    },

    "apigatewayv2 get-apis": () => ({ Items: keptOf(cloud, "AWS::ApiGatewayV2::Api").map((ApiId) => ({ ApiId })) }),
    "apigatewayv2 delete-api": ({ ApiId }) => remove(cloud, "AWS::ApiGatewayV2::Api", text(ApiId)) ?? {},
    "apigatewayv2 get-domain-name": () => ({ DomainNameConfigurations: [{ ApiGatewayDomainName: DOMAIN_TARGET }] }),
    "apigateway get-account": () => ({ cloudwatchRoleArn: `arn:aws:iam::${ACCOUNT}:role/gateway-log` }),
    "apigateway get-resources": () => ({ items: [{ id: "r1", path: "/authenticate" }] }),
    "apigateway test-invoke-method": () => ({
      status: 401,
      body: JSON.stringify({ message: "caller_refused: the bearer token is not in the list of callers" }),
    }),

    "s3api create-bucket": ({ Bucket }) => {
      if (cloud.buckets.has(text(Bucket))) throw new AwsError("BucketAlreadyOwnedByYou", "it exists");
      return cloud.buckets.set(text(Bucket), new Set()) && {};
    },
    "s3api put-bucket-tagging": () => ({}),
    "s3api put-object": ({ Bucket, Key }) => cloud.buckets.get(text(Bucket))?.add(text(Key)) && {},
    "s3api list-objects-v2": ({ Bucket }) => {
      const keys = cloud.buckets.get(text(Bucket));
      if (keys === undefined) throw new AwsError("NoSuchBucket", "none");
      return { Contents: [...keys].map((Key) => ({ Key })) };
    },
    "s3api delete-object": ({ Bucket, Key }) => cloud.buckets.get(text(Bucket))?.delete(text(Key)) && {},
    "s3api delete-bucket": ({ Bucket }) => {
      if ((cloud.buckets.get(text(Bucket))?.size ?? 0) > 0)
        throw new AwsError("BucketNotEmpty", "The bucket is not empty");
      cloud.buckets.delete(text(Bucket));
      return {};
    },
    "resourcegroupstaggingapi get-resources": () => ({
      ResourceTagMappingList: [
        ...cloud.kept,
        ...cloud.logGroups.keys(),
        ...cloud.buckets.keys(),
        ...cloud.roles.keys(),
      ].map((name) => ({ ResourceARN: `arn:aws:some:${REGION}:${ACCOUNT}:${name}` })),
    }),
  };
}

function keptOf({ kept, stacks }: Cloud, type: string): string[] {
  const live = stacks.filter(({ status }) => status !== "DELETE_COMPLETE").flatMap(({ resources }) => resources);
  return [
    ...[...kept].filter((one) => one.startsWith(`${type} `)).map((one) => one.slice(type.length + 1)),
    ...live.filter(({ ResourceType }) => ResourceType === type).map(({ PhysicalResourceId }) => PhysicalResourceId),
  ];
}
