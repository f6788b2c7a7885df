// The construct of an issuer: its URL, the function behind it, and IAM's trust in it. All of it stays when the stack goes.

import { CfnOutput, CfnResource, RemovalPolicy } from "aws-cdk-lib";
import { CfnOIDCProvider, type Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Architecture, type IFunction } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { readIssuerSettings } from "../../functions/issuer/settings.ts";
import { checkAlarmTopic, checkMemory } from "../check-props.ts";
import { DEFAULTS } from "../defaults.ts";
import { deploySafely } from "../deployment/safe-deployment.ts";
import { checkDomain } from "../endpoint/check-endpoint.ts";
import type { CustomDomain } from "../endpoint/custom-domain.ts";
import type { Throttle } from "../endpoint/endpoint.ts";
import { knownSettings, namingProps, prefixOf } from "../function/environment.ts";
import { logSettings } from "../log-settings.ts";
import { makeRollbackAlarms } from "../monitoring/rollback-alarms.ts";
import { grantIssuerKeys } from "../parameters/grant.ts";
import { makeIssuerAlarms } from "./issuer-alarms.ts";
import { makeIssuerApi, routeIssuer } from "./issuer-api.ts";
import { makeIssuerFunction } from "./issuer-function.ts";

export interface ServiceAccountIssuerProps {
  /** The authenticator's. */
  readonly clusterId: string;
  /**
   * The authenticator's.
   *
   * @default - `/iam-authenticator/<clusterId>`
   */
  readonly mappingPrefix?: string;
  /**
   * A domain of your own. The issuer's URL can never be changed while tokens and roles name it.
   *
   * @default - the API's own URL
   */
  readonly domain?: CustomDomain;
  /**
   * Of the provider in IAM.
   *
   * @default - `sts.amazonaws.com` alone
   */
  readonly audiences?: readonly string[];
  /**
   * Requests a second, and at once above that, that the API lets through.
   *
   * @default - 100 a second, 200 at once
   */
  readonly throttle?: Throttle;
  /**
   * From which level on requests are logged; metrics are always written.
   *
   * @default "info"
   */
  readonly logLevel?: "debug" | "info" | "warn" | "error";
  /**
   * Processor architecture of the function.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;
  /**
   * Memory of the function, in MB.
   *
   * @default 512
   */
  readonly memorySize?: number;
  /**
   * How long the function's log and the API's access log are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
  /**
   * Encrypts these logs, as the authenticator's `encryptionKey` does.
   *
   * @default - the key of CloudWatch Logs
   */
  readonly encryptionKey?: IKey;
  /**
   * Makes the alarms.
   *
   * @default true
   */
  readonly alarms?: boolean;
  /**
   * SNS topic that alarms notify.
   *
   * @default - none: alarms are only shown
   */
  readonly alarmTopic?: ITopic;
  /**
   * A new version gets a tenth of the requests for ten minutes, and is taken back when it fails more of them than the old
   * one.
   *
   * @default true
   */
  readonly safeDeployments?: boolean;
}

export const ISSUER_OUTPUTS = ["IssuerUrl", "IssuerFlags", "ProviderArn", "ParameterPrefix"] as const;

/**
 * The first key must be in Parameter Store before the first deployment (`irsa keys publish`, which needs only the cluster's
 * public key): IAM reads the documents when the provider is made, and without a key there are none.
 */
export class ServiceAccountIssuer extends Construct {
  /** `--service-account-issuer`, exactly. */
  readonly url: string;
  /** Of the provider in IAM, which roles trust. */
  readonly providerArn: string;
  /** Begins with `/`, does not end with one. */
  readonly mappingPrefix: string;

  constructor(scope: Construct, id: string, props: ServiceAccountIssuerProps) {
    super(scope, id);
    const { clusterId, domain, audiences = ["sts.amazonaws.com"], safeDeployments = true } = props;
    const { throttle = DEFAULTS.issuerThrottle } = props;
    checkMemory(props.memorySize);
    checkAlarmTopic(this, props.alarmTopic, props.alarms);
    const logs = logSettings(this, props);
    if (domain !== undefined) checkDomain(this, domain);
    const issuerApi = makeIssuerApi(this, clusterId, domain);
    this.url = issuerApi.url;
    this.mappingPrefix = checkedPrefix(props, this.url);

    const live = makeIssuerFunction(this, {
      mappingPrefix: this.mappingPrefix,
      environment: environmentOf(props, this.url),
      architecture: props.architecture ?? Architecture.ARM_64,
      memorySize: props.memorySize ?? DEFAULTS.memorySize,
      logs,
    });
    // CDK's own types do not agree under exactOptionalPropertyTypes.
    const handler = live as IFunction;
    const answering = routeIssuer(this, issuerApi, { handler, throttle, logs });

    const provider = new CfnOIDCProvider(this, "Provider", { url: this.url, clientIdList: [...audiences] });
    // IAM looks at the URL when the provider is made.
    provider.node.addDependency(...answering);
    this.providerArn = provider.attrArn;

    retainAll(this);
    const hasAlarms = props.alarms !== false;
    if (hasAlarms) makeIssuerAlarms(this, { clusterId, handler, api: issuerApi.api, topic: props.alarmTopic });
    if (safeDeployments) {
      const alarms = hasAlarms ? makeRollbackAlarms(this, { clusterId, live, requests: "IssuerRequests" }) : [];
      deploySafely(this, live, undefined, alarms);
    }
    this.#addOutputs();
  }

  /** Who may write an issuer's keys can become every service account in AWS: never part of `grantManageMappings`. */
  grantManageKeys(grantee: IGrantable): Grant {
    return grantIssuerKeys(this, this.mappingPrefix, grantee);
  }

  #addOutputs(): void {
    // Without the former issuer, a cluster that runs already refuses the tokens of all its Pods at once.
    const flags = [
      `--service-account-issuer=${this.url}`,
      "--service-account-issuer=<the issuer until now; leave this flag out for a new cluster>",
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

/** Throws what the function would throw at its first start. The API's own URL is right by itself, and not known yet. */
function checkedPrefix(props: ServiceAccountIssuerProps, url: string): string {
  const environment = environmentOf(props, url);
  namingProps(() => readIssuerSettings({ ...knownSettings(environment), AWS_REGION: "us-east-1" }));
  return prefixOf(environment);
}

function environmentOf({ clusterId, mappingPrefix, logLevel }: ServiceAccountIssuerProps, url: string) {
  return {
    CLUSTER_ID: clusterId,
    ISSUER_URL: url,
    ...(mappingPrefix !== undefined && { MAPPING_PREFIX: mappingPrefix }),
    ...(logLevel !== undefined && { LOG_LEVEL: logLevel }),
    // `sam local` passes only variables that the template declares.
    AWS_ENDPOINT_URL_SSM: "",
  };
}

/**
 * The URL is in tokens and in trust policies: deleting a stack by mistake must not take it away. A creation that fails
 * is undone all the same, or the next try would find the provider or the names in use:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
function retainAll(construct: Construct): void {
  for (const child of construct.node.findAll()) {
    // The access log has a fixed name, and nothing depends on it: left behind, it would stop the next stack of this name.
    if (!CfnResource.isCfnResource(child) || child.node.path.includes("/AccessLog/")) continue;
    child.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}
