// The construct of an issuer: its API, function and OIDC provider. All of them remain when the stack is deleted.

import { CfnOutput, CfnResource, RemovalPolicy } from "aws-cdk-lib";
import { CfnOIDCProvider, type Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { readIssuerSettings } from "../../functions/issuer/settings.ts";
import { alarmTopicOf } from "../alarm-topic.ts";
import { checkMemory } from "../check-props.ts";
import type { CommonProps } from "../common-props.ts";
import { DEFAULTS } from "../defaults.ts";
import { deploySafely } from "../deployment/safe-deployment.ts";
import { checkDomain } from "../endpoint/check-endpoint.ts";
import type { CustomDomain } from "../endpoint/custom-domain.ts";
import type { Throttle } from "../endpoint/endpoint.ts";
import { knownSettings, namingProps, prefixOf } from "../function/environment.ts";
import { given } from "../given.ts";
import { grantIssuerKeys } from "../grants.ts";
import { logSettings } from "../log-settings.ts";
import { makeNewVersionAlarms } from "../monitoring/new-version-alarms.ts";
import { makeIssuerAlarms } from "./issuer-alarms.ts";
import { makeIssuerApi, routeIssuer } from "./issuer-api.ts";
import { makeIssuerFunction } from "./issuer-function.ts";

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
   * A new version receives a tenth of the requests for ten minutes, and is rolled back if it crashes or times out.
   *
   * @default true
   */
  readonly safeDeployments?: boolean;
}

export const ISSUER_OUTPUTS = ["IssuerUrl", "IssuerFlags", "ProviderArn", "ParameterPrefix"] as const;

/**
 * Publish the first key before the first deployment (`irsa keys publish`, which needs only the cluster's public key): IAM
 * reads the documents when it creates the provider, and without a key there are none.
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
    const live = makeIssuerFunction(this, props, { mappingPrefix: this.mappingPrefix, environment, logs });
    // CDK's types conflict under exactOptionalPropertyTypes.
    const handler = live as IFunction;
    const answering = routeIssuer(this, issuerApi, { handler, throttle, logs });

    const provider = new CfnOIDCProvider(this, "Provider", { url: this.url, clientIdList: [...audiences] });
    // IAM reads the URL when it creates the provider.
    provider.node.addDependency(...answering);
    this.providerArn = provider.attrArn;

    retainAll(this);
    const topic = alarmTopicOf(this, props);
    if (props.alarms !== false) makeIssuerAlarms(this, clusterId, issuerApi.api, topic);
    if (safeDeployments) deploySafely(this, live, undefined, makeNewVersionAlarms(this, live));
    this.#addOutputs();
  }

  /** Allows managing the keys. Not part of `grantManageMappings`: a key can impersonate every service account in AWS. */
  grantManageKeys(grantee: IGrantable): Grant {
    return grantIssuerKeys(this, this.mappingPrefix, grantee);
  }

  #addOutputs(): void {
    // Without the former issuer, a running cluster would immediately refuse the tokens of all its Pods.
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

/** Throws the error that the function would throw at its start. The API's default URL is valid, but not known at synth. */
function checkedPrefix(props: ServiceAccountIssuerProps, url: string): string {
  const environment = environmentOf(props, url);
  namingProps(() => readIssuerSettings({ ...knownSettings(environment), AWS_REGION: "us-east-1" }));
  return prefixOf(environment);
}

function environmentOf({ clusterId, mappingPrefix, logLevel }: ServiceAccountIssuerProps, url: string) {
  return {
    CLUSTER_ID: clusterId,
    ISSUER_URL: url,
    ...given({ MAPPING_PREFIX: mappingPrefix, LOG_LEVEL: logLevel }),
    // `sam local` passes only variables that the template declares.
    AWS_ENDPOINT_URL_SSM: "",
  };
}

/**
 * Keeps all resources when the stack is deleted by mistake, since tokens and trust policies contain the URL. A creation
 * that fails is still rolled back: otherwise the next try would find the provider and the names in use.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
function retainAll(construct: Construct): void {
  for (const child of construct.node.findAll()) {
    // Deletes the access log: its fixed name would block the next stack of this name, and nothing depends on it.
    if (!CfnResource.isCfnResource(child) || child.node.path.includes("/AccessLog/")) continue;
    child.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}
