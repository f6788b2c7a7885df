// The construct of an issuer: its public HTTP API, function and OIDC provider, which all remain
// when the stack is deleted, and its alarms. Every role's trust policy has the API's URL. Without
// the documents that it serves, no Pod of the cluster gets AWS credentials.

import { CfnOutput, CfnResource, Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  type DomainName,
  HttpApi,
  HttpMethod,
  PayloadFormatVersion,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import {
  CfnOIDCProvider,
  type Grant,
  type IGrantable,
  Policy,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import {
  type Alias,
  type IFunction,
  Function as LambdaFunction,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { ARecord } from "aws-cdk-lib/aws-route53";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { DISCOVERY_PATH, JWKS_PATH } from "../../functions/issuer/documents.ts";
import { readIssuerSettings } from "../../functions/issuer/settings.ts";
import { issuerPath } from "../../functions/parameters/names.ts";
import { acknowledge, given } from "../cdk-rules.ts";
import { checkDomain, checkMemory } from "../check-props.ts";
import { type CommonProps, DEFAULTS, logSettings } from "../common-props.ts";
import {
  type CustomDomain,
  type EndpointOptions,
  makeDomain,
  type Throttle,
} from "../endpoint/endpoint.ts";
import { makeStage } from "../endpoint/http-endpoint.ts";
import { deploySafely } from "../function/deployment.ts";
import { knownSettings, namingProps, prefixOf } from "../function/environment.ts";
import { allow } from "../function/execution-role.ts";
import { commonSettings, type FunctionOptions } from "../function/function.ts";
import { grantIssuerKeys } from "../grants.ts";
import { addAlarm, makeNewVersionAlarms, metricOf } from "../monitoring/alarms.ts";
import { alarmTopicOf } from "../monitoring/topic.ts";
import { prefixArn } from "../parameters/owned-parameter.ts";

/** `clusterId` and `mappingPrefix` are those of the authenticator. */
export interface ServiceAccountIssuerProps extends CommonProps {
  /**
   * A custom domain. The issuer's URL must not change while tokens and roles contain it.
   *
   * @default - the API's default URL
   */
  readonly domain?: CustomDomain;
  /**
   * Audiences of IAM's OIDC provider.
   *
   * @default - only `sts.amazonaws.com`
   */
  readonly audiences?: readonly string[];
  /**
   * Requests per second that the API accepts, and the burst above that.
   *
   * @default - 100 per second, burst 200
   */
  readonly throttle?: Throttle;
  /**
   * A new version receives a tenth of the requests for ten minutes, and is rolled back if it
   * crashes or times out.
   *
   * @default true
   */
  readonly safeDeployments?: boolean;
}

export const ISSUER_OUTPUTS = [
  "IssuerUrl",
  "IssuerFlags",
  "ProviderArn",
  "ParameterPrefix",
] as const;

/**
 * Publish the first key before the first deployment (`irsa keys publish`, which needs only the
 * cluster's public key): IAM reads the documents when it creates the provider, and without a key
 * there are none.
 */
export class ServiceAccountIssuer extends Construct {
  /** The exact value of `--service-account-issuer`. */
  readonly url: string;
  /** ARN of IAM's OIDC provider, which roles trust. */
  readonly providerArn: string;
  /** Starts with `/` and does not end with it. */
  readonly mappingPrefix: string;

  constructor(scope: Construct, id: string, props: ServiceAccountIssuerProps) {
    super(scope, id);
    const { clusterId, domain, audiences = ["sts.amazonaws.com"], safeDeployments = true } = props;
    const { throttle = DEFAULTS.issuerThrottle } = props;
    checkMemory(props.memorySize);
    const logs = logSettings(this, props);
    if (domain !== undefined) checkDomain(this, domain);
    const issuerApi = makeIssuerApi(this, clusterId, domain);
    this.url = issuerApi.url;
    this.mappingPrefix = checkedPrefix(props, this.url);

    const environment = environmentOf(props, this.url);
    const live = makeIssuerFunction(this, props, {
      mappingPrefix: this.mappingPrefix,
      environment,
      logs,
    });
    // CDK's types conflict under exactOptionalPropertyTypes.
    const handler = live as IFunction;
    const answering = routeIssuer(this, issuerApi, { handler, throttle, logs });

    const provider = new CfnOIDCProvider(this, "Provider", {
      url: this.url,
      clientIdList: [...audiences],
    });
    // IAM reads the URL when it creates the provider.
    provider.node.addDependency(...answering);
    this.providerArn = provider.attrArn;

    retainAll(this);
    const topic = alarmTopicOf(this, props);
    if (props.alarms !== false) makeIssuerAlarms(this, clusterId, issuerApi.api, topic);
    if (safeDeployments) deploySafely(this, live, undefined, makeNewVersionAlarms(this, live));
    this.#addOutputs();
  }

  /**
   * Allows managing the keys. Not part of `grantManageMappings`: a key can impersonate every
   * service account in AWS.
   */
  grantManageKeys(grantee: IGrantable): Grant {
    return grantIssuerKeys(this, this.mappingPrefix, grantee);
  }

  #addOutputs(): void {
    // Without the former issuer, a running cluster would immediately refuse the tokens of all its
    // Pods.
    const flags = [
      `--service-account-issuer=${this.url}`,
      "--service-account-issuer=<the current issuer; omit this flag for a new cluster>",
      `--service-account-jwks-uri=${this.url}${JWKS_PATH}`,
    ].join(" ");
    const values: Readonly<Record<(typeof ISSUER_OUTPUTS)[number], string>> = {
      IssuerUrl: this.url,
      IssuerFlags: flags,
      ProviderArn: this.providerArn,
      ParameterPrefix: this.mappingPrefix,
    };
    for (const name of ISSUER_OUTPUTS) new CfnOutput(this, name, { value: values[name] });
  }
}

/**
 * Throws the error that the function would throw at its start. The API's default URL is valid, but
 * not known at synth.
 */
function checkedPrefix(props: ServiceAccountIssuerProps, url: string): string {
  const environment = environmentOf(props, url);
  namingProps(() => readIssuerSettings({ ...knownSettings(environment), AWS_REGION: "us-east-1" }));
  return prefixOf(environment);
}

function environmentOf(
  { clusterId, mappingPrefix, logLevel }: ServiceAccountIssuerProps,
  url: string,
) {
  return {
    CLUSTER_ID: clusterId,
    ISSUER_URL: url,
    ...given({ MAPPING_PREFIX: mappingPrefix, LOG_LEVEL: logLevel }),
    // `sam local` passes only variables that the template declares.
    AWS_ENDPOINT_URL_SSM: "",
  };
}

/**
 * Keeps all resources when the stack is deleted by mistake, since tokens and trust policies contain
 * the URL. A creation that fails is still rolled back: otherwise the next try would find the
 * provider and the names in use.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
function retainAll(construct: Construct): void {
  for (const child of construct.node.findAll()) {
    // Deletes the access log: its fixed name would block the next stack of this name, and nothing
    // depends on it.
    if (!CfnResource.isCfnResource(child) || child.node.path.includes("/AccessLog/")) continue;
    child.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}

interface IssuerApi {
  readonly api: HttpApi;
  readonly domain: DomainName | undefined;
  /** The record that resolves the domain's name to the API. */
  readonly record: ARecord | undefined;
  /** The URL, which is known before the function, since this has it as a setting. */
  readonly url: string;
}

function makeIssuerApi(
  scope: Construct,
  clusterId: string,
  domain: CustomDomain | undefined,
): IssuerApi {
  const api = new HttpApi(scope, "Api", {
    apiName: `iam-authenticator-issuer-${clusterId}`,
    createDefaultStage: false,
    // The issuer has only one URL, which the discovery document contains.
    disableExecuteApiEndpoint: domain !== undefined,
  });
  if (domain === undefined)
    return { api, domain: undefined, record: undefined, url: api.apiEndpoint };
  return { api, ...makeDomain(scope, domain), url: `https://${domain.domainName}` };
}

/** Returns the constructs that must exist before the API can answer. */
function routeIssuer(
  scope: Construct,
  { api, domain, record }: IssuerApi,
  { handler, throttle, logs }: Omit<EndpointOptions, "name">,
): Construct[] {
  const integration = new HttpLambdaIntegration("Function", handler, {
    payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
  });
  const routes = [DISCOVERY_PATH, JWKS_PATH].flatMap((path) =>
    api.addRoutes({ path, methods: [HttpMethod.GET], integration }),
  );
  for (const route of routes) {
    acknowledge(
      route,
      "AwsSolutions-APIG4",
      "Both documents are public, since AWS reads them without credentials.",
    );
  }
  const stage = makeStage(scope, api, domain, { throttle, logs });
  return [...routes, stage, ...(record === undefined ? [] : [record])];
}

function makeIssuerFunction(
  scope: Construct,
  { architecture, memorySize }: CommonProps,
  { mappingPrefix, environment, logs }: FunctionOptions,
): Alias {
  const log = new LogGroup(scope, "Log", { ...logs });
  const role = new Role(scope, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  const policy = new Policy(scope, "Rights", {
    roles: [role],
    statements: [
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], log.logGroupArn),
      // IAM checks the path itself, not the parameters below it.
      allow(["ssm:GetParametersByPath"], prefixArn(scope, issuerPath(mappingPrefix))),
    ],
  });
  const issuer = new LambdaFunction(scope, "Function", {
    description: "Serves the discovery document and the JWKS of a service account issuer",
    ...commonSettings("issuer", { architecture, memorySize }),
    // STS waits 5 s, and a request ends within 4 s.
    timeout: Duration.seconds(5),
    environment,
    role,
    systemLogLevelV2: SystemLogLevel.WARN,
    logGroup: log,
  });
  issuer.node.addDependency(policy);
  return issuer.addAlias("live");
}

/** STS reads the documents rarely, so that a single request of five minutes counts. */
const PERIOD = Duration.minutes(5);

function makeIssuerAlarms(
  scope: Construct,
  clusterId: string,
  api: HttpApi,
  topic: ITopic | undefined,
): void {
  addAlarm(scope, "Failing", topic, {
    text: `Pods of the cluster ${clusterId} get no AWS credentials: the API of the issuer returns 5xx.`,
    heading: "issuer-failing",
    metric: api.metricServerError({ period: PERIOD }),
    threshold: 1,
  });
  addAlarm(scope, "InvalidKeys", topic, {
    text: `The issuer of the cluster ${clusterId} does not serve all its keys: a parameter has no valid key, or is the 11th.`,
    heading: "issuer-invalidkeys",
    metric: metricOf("InvalidIssuerKeys", { ClusterId: clusterId }).with({ period: PERIOD }),
    threshold: 1,
  });
}
