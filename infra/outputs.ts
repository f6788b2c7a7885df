// The stack's outputs, with the command and flags that configure kube-apiserver.

import { CfnOutput, Lazy, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Caller } from "../functions/authenticator/caller/caller.ts";
import { callerAuth, type Endpoint } from "./endpoint/endpoint.ts";

export const OUTPUTS = [
  "Endpoint",
  "KubeconfigCommand",
  "ApiserverFlags",
  "FunctionName",
  "LogGroup",
  "FailoverUrl",
] as const;

export interface OutputOptions {
  readonly clusterId: string;
  readonly mappingPrefix: string;
  readonly endpoint: Endpoint;
  readonly url: string;
  /** The URL of the standby. Without it, no output FailoverUrl exists. */
  readonly failoverUrl: string | undefined;
  readonly functionName: string;
  readonly logGroup: string;
  /** Returns the callers at synth. The CLI must not change callers that the stack manages. */
  readonly callers: () => readonly Caller[];
}

/**
 * Uses the package's name: with `iam-authenticator`, npx could run a stranger's package of that
 * name with AWS credentials. `--no` runs only an installed package, since this one is not published
 * yet.
 */
const RUN = "npx --no -- lambda-iam-authenticator";

/**
 * The file of the token, in the folder of ApiserverFlags, which kube-apiserver mounts. A timer
 * renews the file (docs/callers.md).
 */
const TOKEN_FILE = "/etc/kubernetes/iam-authenticator/caller-token";

/** Adds the outputs whose values are known. */
export function makeOutputs(scope: Construct, options: OutputOptions): void {
  const values: Readonly<Record<(typeof OUTPUTS)[number], string | undefined>> = {
    Endpoint: options.url,
    KubeconfigCommand: Lazy.string({ produce: () => kubeconfigCommand(scope, options) }),
    ApiserverFlags:
      "--authentication-token-webhook-config-file=/etc/kubernetes/iam-authenticator/webhook.kubeconfig --authentication-token-webhook-version=v1",
    FunctionName: options.functionName,
    LogGroup: options.logGroup,
    FailoverUrl: options.failoverUrl,
  };
  for (const name of OUTPUTS) {
    const value = values[name];
    if (value !== undefined) new CfnOutput(scope, name, { value });
  }
}

/** Names the outputs of a stack with one construct, which need no suffix. */
export function nameOutputs({ node }: Construct, names: readonly string[]): void {
  for (const name of names)
    (node.tryFindChild(name) as CfnOutput | undefined)?.overrideLogicalId(name);
}

/**
 * Returns the command that generates the bearer token and writes it into the kubeconfig. AWS
 * receives only its hash.
 */
export function kubeconfigCommand(
  scope: Construct,
  {
    clusterId,
    mappingPrefix,
    endpoint,
    url,
    failoverUrl,
    callers,
  }: Omit<OutputOptions, "functionName" | "logGroup">,
): string {
  const { region } = Stack.of(scope);
  // --endpoint sets tls-server-name, which cannot follow a redirect. Without it, the command reads
  // this stack.
  const server =
    failoverUrl === undefined ? `--endpoint ${url}` : `--cluster ${clusterId} --region ${region}`;
  switch (callerAuth(endpoint)) {
    case "bearer": {
      const managed = callers();
      if (managed.length > 0) {
        const isByIam = managed.every((caller) => "arn" in caller);
        const token = isByIam ? `--token-file-path ${TOKEN_FILE}` : "--token-file caller-token";
        return `${RUN} kubeconfig webhook ${server} ${token} --out webhook.kubeconfig`;
      }
      const cluster = `--cluster ${clusterId} --region ${region} --prefix ${mappingPrefix}`;
      const added = `${RUN} callers add control-plane ${cluster}`;
      const written = "--out webhook.kubeconfig --new --yes";
      return failoverUrl === undefined
        ? `${added} ${server} ${written}`
        : `${added} ${written} # only in ${region}: docs/regions.md adds it to the standby too`;
    }
    case "mtls": {
      const certificate = "--client-cert kube-apiserver.crt --client-key kube-apiserver.key";
      return `${RUN} kubeconfig webhook ${server} ${certificate} --out webhook.kubeconfig`;
    }
    case "none":
      return `${RUN} kubeconfig webhook --endpoint ${url} --no-token --out webhook.kubeconfig`;
  }
}
