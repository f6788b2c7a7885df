// The Lambda function: the built bundle, its settings checked at synth, its rights, its log and its alias.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Duration, RemovalPolicy, Stack, Token } from "aws-cdk-lib";
import { InterfaceVpcEndpoint, InterfaceVpcEndpointAwsService, type IVpc } from "aws-cdk-lib/aws-ec2";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  type Alias,
  type Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { readSettings } from "../../functions/authenticator/settings.ts";
import { acknowledge, acknowledgeManagedPolicy, acknowledgeWildcard } from "../acknowledge.ts";
import { prefixArn } from "./prefix-arn.ts";

export interface FunctionOptions {
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodes: boolean;
  readonly architecture: Architecture;
  readonly memorySize: number;
  readonly logRetention: RetentionDays;
  readonly provisionedConcurrency: number | undefined;
  readonly reservedConcurrency: number | undefined;
  readonly vpc: IVpc | undefined;
  /** Folder with `index.mjs`. */
  readonly bundle: string;
}

/** Gives the alias that the endpoint calls: it moves to a new version only when that proves itself. */
export function makeFunction(scope: Construct, options: FunctionOptions): Alias {
  const { environment, bundle, vpc, provisionedConcurrency, reservedConcurrency } = options;
  checkSettings(scope, environment);
  if (!existsSync(join(bundle, "index.mjs")))
    throw new Error(`there is no ${bundle}/index.mjs: run npm run build first`);
  const log = new LogGroup(scope, "Log", { retention: options.logRetention, removalPolicy: RemovalPolicy.RETAIN });
  const role = executionRole(scope, options);
  log.grantWrite(role);
  if (vpc !== undefined) reachAwsFrom(scope, vpc);

  const authenticator = new LambdaFunction(scope, "Function", {
    description: "Answers TokenReviews of kube-apiserver",
    runtime: Runtime.NODEJS_24_X,
    architecture: options.architecture,
    code: Code.fromAsset(bundle),
    handler: "index.handler",
    // A review ends within 5 s by itself.
    timeout: Duration.seconds(8),
    memorySize: options.memorySize,
    environment,
    role,
    loggingFormat: LoggingFormat.JSON,
    logGroup: log,
    ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    ...(vpc !== undefined && { vpc }),
  });
  stableNameForSam(authenticator);
  return authenticator.addAlias("live", {
    ...(provisionedConcurrency !== undefined && { provisionedConcurrentExecutions: provisionedConcurrency }),
  });
}

/** `sam local invoke` finds a function in somebody's construct by this name, else only by its logical id. */
function stableNameForSam(authenticator: LambdaFunction): void {
  (authenticator.node.defaultChild as CfnFunction).addMetadata("SamResourceId", "Authenticator");
}

/** The function's own reading of its settings, so that a bad one fails here and not at its first start. */
function checkSettings(scope: Construct, environment: Readonly<Record<string, string>>): void {
  const { region } = Stack.of(scope);
  readSettings({ ...environment, AWS_REGION: Token.isUnresolved(region) ? "us-east-1" : region });
}

/** Nothing but what a review does; a role of its own, since Lambda's managed policy may write to every log group. */
function executionRole(scope: Construct, options: FunctionOptions): Role {
  const { mappingPrefix, nodes, vpc } = options;
  const role = new Role(scope, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  role.addToPolicy(
    new PolicyStatement({ actions: ["ssm:GetParameters"], resources: [prefixArn(scope, mappingPrefix, "*")] }),
  );
  if (nodes) {
    role.addToPolicy(
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html: no resource-level rights
      new PolicyStatement({ actions: ["ec2:DescribeInstances"], resources: ["*"] }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ["iam:GetInstanceProfile"],
        resources: [
          Stack.of(scope).formatArn({ service: "iam", region: "", resource: "instance-profile", resourceName: "*" }),
        ],
      }),
    );
  }
  if (vpc !== undefined) {
    role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName("service-role/AWSLambdaVPCAccessExecutionRole"));
  }
  acknowledgeRights(role, options);
  return role;
}

/** The regional STS and Parameter Store, without a way to the internet. Tokens of other regions cannot be verified then. */
function reachAwsFrom(scope: Construct, vpc: IVpc): void {
  new InterfaceVpcEndpoint(scope, "StsEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.STS });
  new InterfaceVpcEndpoint(scope, "ParametersEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.SSM });
}

function acknowledgeRights(role: Role, { mappingPrefix, nodes, vpc }: FunctionOptions): void {
  const all =
    "A review may be of any identity, so every name below the cluster's own prefix may be read, and no other.";
  acknowledgeWildcard(role, "ssm", `parameter${mappingPrefix}/*`, all);
  if (nodes) {
    acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "ec2:DescribeInstances knows no rights on single resources.");
    acknowledgeWildcard(
      role,
      "iam",
      "instance-profile/*",
      "A node may have any instance profile; reading it tells its role.",
    );
  }
  const network = "service-role/AWSLambdaVPCAccessExecutionRole";
  if (vpc !== undefined) acknowledgeManagedPolicy(role, network, "What Lambda needs for network interfaces in a VPC.");
}
