// The construct of a cluster's authenticator, with its endpoint, mappings and monitoring.

import type { RestApi } from "aws-cdk-lib/aws-apigateway";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { Alarm, Metric, MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import type { Grant, IGrantable, IRole, IUser } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Caller, IamCaller, TokenCaller } from "../functions/authenticator/caller/caller.ts";
import { parseMappedArn } from "../functions/authenticator/mapping/arn.ts";
import type { Mapping } from "../functions/authenticator/mapping/mapping.ts";
import type { Outcome } from "../functions/authenticator/review/record.ts";
import { settingsParameter } from "../functions/parameters/names.ts";
import { storedSettingsText } from "../functions/settings/stored-settings.ts";
import packageJson from "../package.json" with { type: "json" };
import { checkProps } from "./check-props.ts";
import { deployEndpoint } from "./deploy-endpoint.ts";
import { makeVpcEndpoints } from "./function/function.ts";
import { grantCluster, grantMappings, grantReviews } from "./grants.ts";
import { metricOf } from "./monitoring/alarms.ts";
import { alarmTopicOf } from "./monitoring/topic.ts";
import { makeOutputs } from "./outputs.ts";
import {
  addCaller,
  addDenial,
  addMapping,
  addPattern,
  addSession,
  type DenyEntry,
  knownArn,
} from "./parameters/entries.ts";
import { addParameter } from "./parameters/owned-parameter.ts";
import type { IamAuthenticatorProps } from "./props.ts";

export type {
  CustomDomain,
  Endpoint,
  HttpEndpoint,
  MtlsEndpoint,
  PrivateEndpoint,
  Throttle,
  Truststore,
} from "./endpoint/endpoint.ts";
// biome-ignore lint/performance/noBarrelFile: this file is the package's only entry
export {
  ServiceAccountIssuer,
  type ServiceAccountIssuerProps,
} from "./issuer/service-account-issuer.ts";
export { ServiceAccountRole, type ServiceAccountRoleProps } from "./issuer/service-account-role.ts";
export type { AwsSignedTokens, IamAuthenticatorProps } from "./props.ts";
export type { Caller, DenyEntry, IamCaller, Outcome, TokenCaller };

/** A mapping without its principal, which is an argument of the method. */
export type MappedUser = Omit<Mapping, "arn" | "arnLike" | "session">;

export type ReviewMetric =
  | "Refused"
  | "StsThrottled"
  | "InvalidMappings"
  | "StaleReads"
  | "TokenKeysFailed";

/**
 * A permission set of IAM Identity Center in an account, or with `session` only the sessions of one
 * user.
 */
export interface SsoSubject {
  readonly account: string;
  readonly permissionSet: string;
  /** The user name in Identity Center. Case-sensitive. */
  readonly session?: string;
}

export class IamAuthenticator extends Construct {
  /** The `server` of kube-apiserver's webhook kubeconfig. */
  readonly url: string;
  /** Starts with `/` and does not end with it. */
  readonly mappingPrefix: string;
  /** The alias that the endpoint calls. */
  readonly handler: IFunction;
  /** The role of the function. */
  readonly role: IRole;
  /** The log of the function. */
  readonly logGroup: ILogGroup;
  /** The API of the endpoint: an HTTP API, or a REST API for a private one. */
  readonly api: HttpApi | RestApi;
  /** The alarms that notify. Empty with `alarms: false`. */
  readonly alarms: readonly Alarm[];
  readonly #clusterId: string;
  /** The logs of the endpoint's function and of the former endpoint's. */
  readonly #logs: ILogGroup[] = [];
  readonly #callers: Caller[] = [];
  readonly #acceptsSignedTokens: boolean;

  constructor(scope: Construct, id: string, props: IamAuthenticatorProps) {
    super(scope, id);
    const {
      clusterId,
      endpoint = { kind: "http" },
      formerEndpoint,
      vpc,
      vpcEndpoints = true,
    } = props;
    checkProps(props);
    const topic = alarmTopicOf(this, props);
    if (vpc !== undefined && vpcEndpoints === true)
      makeVpcEndpoints(this, vpc, props.awsSignedTokens ?? []);
    const { functionName, log, live, environment, ...deployed } = deployEndpoint(
      this,
      endpoint,
      props,
      topic,
    );
    this.#logs.push(log);
    const { failoverUrl, ...former } = props;
    if (formerEndpoint !== undefined)
      this.#logs.push(deployEndpoint(this, formerEndpoint, former, topic).log);
    this.url = deployed.url;
    this.handler = deployed.handler;
    this.mappingPrefix = deployed.mappingPrefix;
    this.role = deployed.role;
    this.logGroup = log;
    this.api = deployed.api;
    this.alarms = deployed.alarms;
    this.#clusterId = clusterId;
    this.#acceptsSignedTokens = props.awsSignedTokens !== undefined;
    const { mappingPrefix } = this;
    const settings = storedSettingsText(environment, {
      version: packageJson.version,
      nodeLookup: props.nodes ?? false,
    });
    const parameterName = settingsParameter(mappingPrefix, clusterId);
    // It changes after the alias, so that a deployment that fails changes neither.
    const parameter = addParameter(this, "the function's settings", parameterName, settings);
    parameter.node.addDependency(live.node.defaultChild ?? live);
    const logGroup = log.logGroupName;
    makeOutputs(this, {
      clusterId,
      mappingPrefix,
      endpoint,
      url: this.url,
      failoverUrl,
      functionName,
      logGroup,
      callers: () => this.#callers,
    });
  }

  /**
   * Maps a role: an ARN, or a role whose ARN is known at synth. Throws if the mapping is invalid.
   */
  addRoleMapping(role: IRole | string, mapping: MappedUser): void {
    this.#addByArn("role", knownArn(role), mapping);
  }

  /** Maps an IAM user: an ARN, or a user whose ARN is known at synth. */
  addUserMapping(user: IUser | string, mapping: MappedUser): void {
    this.#addByArn("user", knownArn(user), mapping);
  }

  /**
   * Maps a permission set of IAM Identity Center in an account, for any suffix of its role. With
   * `session`, maps the sessions of one user and replaces the permission set's mapping for them.
   * Administrators of Identity Center, SCIM and the identity provider can change a user name or
   * assign it to another person.
   */
  addSsoMapping(subject: SsoSubject, mapping: MappedUser): void {
    const { account, permissionSet, session } = subject;
    if (session === undefined) {
      addMapping(this, this.mappingPrefix, { kind: "sso", account, name: permissionSet }, mapping);
    } else {
      addSession(this, this.mappingPrefix, { account, permissionSet }, { ...mapping, session });
    }
  }

  /**
   * Maps every identity of an account that has no other mapping. The default username is the
   * identity's canonical ARN.
   */
  addAccountMapping(account: string, mapping: MappedUser = {}): void {
    addMapping(this, this.mappingPrefix, { kind: "account", account }, mapping);
  }

  /** Appends to the patterns of an account, or of `any`. The first match applies. */
  addPattern(account: string, pattern: MappedUser & { readonly arnLike: string }): void {
    addPattern(this, this.mappingPrefix, account, pattern);
  }

  /**
   * Denies the identities that `arnLike` matches, in spite of any mapping: a role or user, all
   * matches of a pattern, or one session of a shared role by its ARN,
   * `arn:aws:sts::<account>:assumed-role/<role>/<session>`. `name` denies every session, IAM user
   * and federated user of that name, of any account or of `account`. It is refused with
   * `awsSignedTokens`, since a name denies all such tokens of every role.
   */
  addDenial(denial: DenyEntry): void {
    addDenial(this, this.mappingPrefix, denial, this.#acceptsSignedTokens);
  }

  /**
   * Accepts a caller's token by its SHA-256, or tokens that the caller's IAM role or user signs. No
   * token is ever in a template.
   */
  addCaller(caller: Caller): void {
    addCaller(this, this.mappingPrefix, caller);
    this.#callers.push(caller);
  }

  /**
   * Allows a role, user or group of the stack's account to manage all mappings and denials, and to
   * publish the cluster. With `account`, allows it to manage only the mappings of that account and
   * to read its denials. Never includes the callers.
   */
  grantManageMappings(grantee: IGrantable, { account }: { readonly account?: string } = {}): Grant {
    return grantMappings(this, this.#place, grantee, account);
  }

  /**
   * Allows a role, user or group of the stack's account to read the published cluster, with which
   * `iam-authenticator kubeconfig client` needs no `--server` and `--ca`.
   */
  grantClusterRead(grantee: IGrantable): Grant {
    return grantCluster(this, this.#place, grantee);
  }

  /**
   * Allows a role, user or group of the stack's account to read the function's log with
   * `iam-authenticator reviews` and `report`. `report` also reads the mappings.
   */
  grantReadReviews(grantee: IGrantable): Grant {
    return grantReviews(this, this.#logs, grantee);
  }

  /** Returns the number of reviews with this outcome, per minute. */
  metricReviews(outcome: Outcome, options: MetricOptions = {}): Metric {
    return metricOf("Reviews", { ClusterId: this.#clusterId, Outcome: outcome }).with(options);
  }

  /**
   * Returns another metric of the reviews, per minute: see "Logs and metrics" in docs/reference.md.
   */
  metric(name: ReviewMetric, options: MetricOptions = {}): Metric {
    return metricOf(name, { ClusterId: this.#clusterId }).with(options);
  }

  get #place() {
    return { prefix: this.mappingPrefix, clusterId: this.#clusterId };
  }

  #addByArn(kind: "role" | "user", arn: string | undefined, mapping: MappedUser): void {
    const parsed = arn === undefined ? undefined : parseMappedArn(arn);
    if (arn === undefined || parsed?.kind !== kind) {
      throw new Error(
        `the mapping of a ${kind} requires a ${kind}'s ARN that is known at synth: use the ARN itself, or a ${kind} with a fixed name in a stack with a fixed account and region`,
      );
    }
    addMapping(
      this,
      this.mappingPrefix,
      { kind, account: parsed.accountId, name: parsed.name },
      { ...mapping, arn },
    );
  }
}
