// The construct: one cluster's authenticator, with its endpoint, its mappings, and what watches over it.

import type { Grant, IGrantable, IRole, IUser } from "aws-cdk-lib/aws-iam";
import { Architecture, type IFunction } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Caller } from "../functions/authenticator/caller/bearer.ts";
import { parseMappedArn } from "../functions/authenticator/mapping/arn.ts";
import type { Mapping } from "../functions/authenticator/mapping/mapping.ts";
import { checkProps } from "./check-props.ts";
import { deploySafely } from "./deployment/safe-deployment.ts";
import { checkEndpoint } from "./endpoint/check-endpoint.ts";
import type { Endpoint } from "./endpoint/endpoint.ts";
import { serveHttp } from "./endpoint/http-endpoint.ts";
import { servePrivately } from "./endpoint/private-endpoint.ts";
import { makeFunction } from "./function/authenticator-function.ts";
import { checkedSettings, functionEnvironment } from "./function/environment.ts";
import { makeAlarms } from "./monitoring/alarms.ts";
import { makeDashboard } from "./monitoring/dashboard.ts";
import { makeOutputs } from "./outputs.ts";
import { grantMappings } from "./parameters/grant-mappings.ts";
import { knownArn } from "./parameters/known-arn.ts";
import { addCallers, addMapping, addPatterns } from "./parameters/mapping-parameters.ts";
import type { IamAuthenticatorProps } from "./props.ts";

export type {
  Endpoint,
  HttpEndpoint,
  MtlsEndpoint,
  PrivateEndpoint,
  Throttle,
  Truststore,
} from "./endpoint/endpoint.ts";
export type { IamAuthenticatorProps } from "./props.ts";
export type { Caller };

/** Everything a mapping has but whom it is for, which the method says. */
export type MappedUser = Omit<Mapping, "arn" | "arnLike">;

export class IamAuthenticator extends Construct {
  /** What kube-apiserver's kubeconfig has as `server`. */
  readonly url: string;
  /** Begins with `/`, does not end with one. */
  readonly mappingPrefix: string;
  /** What the endpoint calls. */
  readonly handler: IFunction;
  readonly #patterns = new Map<string, ReturnType<typeof addPatterns>>();
  #addCaller: ReturnType<typeof addCallers> | undefined;

  constructor(scope: Construct, id: string, props: IamAuthenticatorProps) {
    super(scope, id);
    const { clusterId, endpoint = { kind: "http" } as Endpoint, throttle = { rateLimit: 50, burstLimit: 100 } } = props;
    const { logRetention = RetentionDays.THREE_MONTHS, safeDeployments = true, quietHours = 24 } = props;
    checkProps(props);
    checkEndpoint(this, endpoint);
    const environment = functionEnvironment(this, props, endpoint);
    this.mappingPrefix = checkedSettings(this, environment).mappingPrefix;

    const { live, log } = makeFunction(this, {
      mappingPrefix: this.mappingPrefix,
      environment,
      nodes: props.nodes ?? false,
      architecture: props.architecture ?? Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      logRetention,
      provisionedConcurrency: props.provisionedConcurrency,
      reservedConcurrency: props.reservedConcurrency,
      vpc: props.vpc,
      vpcEndpoints: props.vpcEndpoints ?? true,
    });
    // CDK's own types do not agree under exactOptionalPropertyTypes.
    this.handler = live as IFunction;

    const options = { name: `iam-authenticator-${clusterId}`, handler: this.handler, throttle, logRetention };
    const served =
      endpoint.kind === "private" ? servePrivately(this, endpoint, options) : serveHttp(this, endpoint, options);
    this.url = served.url;

    const alarms = makeAlarms(this, { clusterId, handler: this.handler, topic: props.alarmTopic, quietHours });
    makeDashboard(this, { clusterId, handler: this.handler, log, served, alarms: alarms.all });
    if (safeDeployments) deploySafely(this, live, alarms.rollback);
    makeOutputs(this, {
      clusterId,
      mappingPrefix: this.mappingPrefix,
      endpoint,
      url: this.url,
      functionName: live.lambda.functionName,
      logGroup: log.logGroupName,
      hasCallers: () => this.#addCaller !== undefined,
    });
  }

  /** Maps a role, given by its ARN or as a role whose ARN is known at synth. Throws when the mapping is invalid. */
  addRoleMapping(role: IRole | string, mapping: MappedUser): void {
    this.#addByArn("role", knownArn(role), mapping);
  }

  /** Maps an IAM user, given by its ARN or as a user whose ARN is known at synth. */
  addUserMapping(user: IUser | string, mapping: MappedUser): void {
    this.#addByArn("user", knownArn(user), mapping);
  }

  /** Maps a permission set of IAM Identity Center in an account, whatever suffix its role has there. */
  addSsoMapping(subject: { readonly account: string; readonly permissionSet: string }, mapping: MappedUser): void {
    const { account, permissionSet } = subject;
    addMapping(this, this.mappingPrefix, { kind: "sso", account, name: permissionSet }, mapping);
  }

  /** Maps every identity of an account that has no mapping of its own; without a username, each is its canonical ARN. */
  addAccountMapping(account: string, mapping: MappedUser = {}): void {
    addMapping(this, this.mappingPrefix, { kind: "account", account }, mapping);
  }

  /** Appends to the patterns of one account, or of `any`; the first that matches counts. */
  addPattern(account: string, pattern: MappedUser & { readonly arnLike: string }): void {
    const add = this.#patterns.get(account) ?? addPatterns(this, this.mappingPrefix, account);
    this.#patterns.set(account, add);
    add(pattern);
  }

  /** A caller's token, by its SHA-256; the token itself never comes near a template. */
  addCaller(caller: Caller): void {
    this.#addCaller ??= addCallers(this, this.mappingPrefix);
    this.#addCaller(caller);
  }

  /** Lets somebody write the mappings of one account, or all mappings; never the callers. */
  grantManageMappings(grantee: IGrantable, { account }: { readonly account?: string } = {}): Grant {
    return grantMappings(this, this.mappingPrefix, grantee, account);
  }

  #addByArn(kind: "role" | "user", arn: string | undefined, mapping: MappedUser): void {
    const parsed = arn === undefined ? undefined : parseMappedArn(arn);
    if (arn === undefined || parsed?.kind !== kind) {
      throw new Error(
        `the mapping of a ${kind} needs a ${kind}'s ARN that is known at synth: give the ARN itself, or a ${kind} with a fixed name in a stack with a fixed account and region`,
      );
    }
    addMapping(this, this.mappingPrefix, { kind, account: parsed.accountId, name: parsed.name }, { ...mapping, arn });
  }
}
