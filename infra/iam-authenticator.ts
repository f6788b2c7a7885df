// The construct: one cluster's authenticator, with its endpoint, its mappings, and what watches over it.

import { join } from "node:path";
import { CfnOutput, Stack, Token } from "aws-cdk-lib";
import { Grant, type IGrantable, type IRole, type IUser } from "aws-cdk-lib/aws-iam";
import { Architecture, type IFunction } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Caller } from "../functions/authenticator/caller/bearer.ts";
import { parseMappedArn } from "../functions/authenticator/mapping/arn.ts";
import type { Mapping } from "../functions/authenticator/mapping/mapping.ts";
import { makeFunction } from "./authenticator/authenticator-function.ts";
import { functionEnvironment } from "./authenticator/environment.ts";
import { callersAt, checkCaller, checkPattern, mappingAt, patternsAt } from "./authenticator/mapping-parameters.ts";
import { prefixArn } from "./authenticator/prefix-arn.ts";
import type { IamAuthenticatorProps } from "./authenticator/props.ts";
import { checkEndpoint } from "./endpoint/check-endpoint.ts";
import type { Endpoint } from "./endpoint/endpoint.ts";
import { serveHttp } from "./endpoint/http-endpoint.ts";
import { servePrivately } from "./endpoint/private-endpoint.ts";
import { makeAlarms } from "./operations/alarms.ts";
import { makeDashboard } from "./operations/dashboard.ts";
import { deploySafely } from "./operations/safe-deployment.ts";

const BUNDLE = join(import.meta.dirname, "..", "dist", "authenticator");

/** Everything a mapping has but whom it is for, which the method says. */
export type MappedUser = Omit<Mapping, "arn" | "arnLike">;

export class IamAuthenticator extends Construct {
  /** What kube-apiserver's kubeconfig has as `server`. */
  readonly url: string;
  /** Begins with `/`, does not end with one. */
  readonly mappingPrefix: string;
  /** What the endpoint calls. */
  readonly handler: IFunction;
  readonly #patterns = new Map<string, Mapping[]>();
  readonly #callers: Caller[] = [];

  constructor(scope: Construct, id: string, props: IamAuthenticatorProps) {
    super(scope, id);
    const { clusterId, endpoint = { kind: "http" } as Endpoint, throttle = { rateLimit: 50, burstLimit: 100 } } = props;
    const { logRetention = RetentionDays.THREE_MONTHS, safeDeployments = true } = props;
    checkEndpoint(endpoint);
    this.mappingPrefix = props.mappingPrefix ?? `/iam-authenticator/${clusterId}`;

    const live = makeFunction(this, {
      mappingPrefix: this.mappingPrefix,
      environment: functionEnvironment(props, endpoint),
      nodes: props.nodes ?? false,
      architecture: props.architecture ?? Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      logRetention,
      provisionedConcurrency: props.provisionedConcurrency,
      reservedConcurrency: props.reservedConcurrency,
      vpc: props.vpc,
      bundle: BUNDLE,
    });
    // CDK's own types do not agree under exactOptionalPropertyTypes.
    this.handler = live as IFunction;

    const options = { handler: this.handler, throttle, logRetention };
    const served =
      endpoint.kind === "private" ? servePrivately(this, endpoint, options) : serveHttp(this, endpoint, options);
    this.url = served.url;

    const alarms = makeAlarms(this, { clusterId, handler: this.handler, topic: props.alarmTopic });
    makeDashboard(this, clusterId, this.handler);
    if (safeDeployments) deploySafely(this, live, alarms.rollback);
    this.#output(clusterId);
  }

  /** Maps a role, given by its ARN or as a role whose name is known at synth. Throws when the mapping is invalid. */
  addRoleMapping(role: IRole | string, mapping: MappedUser): void {
    this.#addArn("role", typeof role === "string" ? role : role.roleArn, mapping);
  }

  /** Maps an IAM user, given by its ARN or as a user whose name is known at synth. */
  addUserMapping(user: IUser | string, mapping: MappedUser): void {
    this.#addArn("user", typeof user === "string" ? user : user.userArn, mapping);
  }

  /** Maps a permission set of IAM Identity Center in an account, whatever suffix its role has there. */
  addSsoMapping(subject: { readonly account: string; readonly permissionSet: string }, mapping: MappedUser): void {
    mappingAt(
      this,
      this.mappingPrefix,
      { kind: "sso", account: subject.account, name: subject.permissionSet },
      mapping,
    );
  }

  /** Maps every identity of an account that has no mapping of its own; without a username, each is its canonical ARN. */
  addAccountMapping(account: string, mapping: MappedUser = {}): void {
    mappingAt(this, this.mappingPrefix, { kind: "account", account }, mapping);
  }

  /** Appends to the patterns of one account, or of `any`; the first that matches counts. */
  addPattern(account: string, pattern: MappedUser & { readonly arnLike: string }): void {
    checkPattern(pattern);
    const known = this.#patterns.get(account);
    if (known !== undefined) {
      known.push(pattern);
      return;
    }
    const list: Mapping[] = [pattern];
    this.#patterns.set(account, list);
    patternsAt(this, this.mappingPrefix, account, () => list);
  }

  /** A caller's token, by its SHA-256; the token itself never comes near a template. */
  addCaller(caller: Caller): void {
    checkCaller(caller);
    if (this.#callers.length === 0) callersAt(this, this.mappingPrefix, () => this.#callers);
    this.#callers.push(caller);
  }

  /** Lets somebody write the mappings of one account, or all mappings; never the callers. */
  grantManageMappings(grantee: IGrantable, { account }: { readonly account?: string } = {}): Grant {
    const kinds = ["role", "user", "root", "federated-user", "sso", "pattern", "account"];
    const below =
      account === undefined
        ? kinds.map((kind) => `${kind}/*`)
        : kinds.flatMap((kind) => [`${kind}/${account}`, `${kind}/${account}/*`]);
    return Grant.addToPrincipal({
      grantee,
      actions: [
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "ssm:GetParameterHistory",
        "ssm:PutParameter",
        "ssm:DeleteParameter",
        "ssm:DeleteParameters",
      ],
      resourceArns: below.map((path) => prefixArn(this, this.mappingPrefix, path)),
    });
  }

  #addArn(kind: "role" | "user", arn: string, mapping: MappedUser): void {
    const parsed = Token.isUnresolved(arn) ? undefined : parseMappedArn(arn);
    if (parsed?.kind !== kind) {
      throw new Error(
        `the mapping of a ${kind} needs a ${kind}'s ARN that is known at synth: give the ARN itself, or a ${kind} with a fixed name in a fixed account`,
      );
    }
    mappingAt(this, this.mappingPrefix, { kind, account: parsed.accountId, name: parsed.name }, { arn, ...mapping });
  }

  #output(clusterId: string): void {
    const region = Stack.of(this).region;
    new CfnOutput(this, "Endpoint", { value: this.url });
    new CfnOutput(this, "KubeconfigCommand", {
      value: `npx iam-authenticator kubeconfig webhook --cluster ${clusterId} --region ${region} --endpoint ${this.url}`,
    });
    new CfnOutput(this, "ApiserverFlags", {
      value:
        "--authentication-token-webhook-config-file=/etc/kubernetes/iam-authenticator/webhook.kubeconfig --authentication-token-webhook-version=v1",
    });
  }
}
