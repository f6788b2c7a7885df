// What the stack prints when it is deployed: all that kube-apiserver's operator types next.

import { CfnOutput } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { callerAuth, type Endpoint } from "../endpoint/endpoint.ts";

export const OUTPUTS = ["Endpoint", "KubeconfigCommand", "ApiserverFlags"] as const;

const CREDENTIALS = {
  bearer: " --token-file caller-token",
  mtls: " --client-cert kube-apiserver.crt --client-key kube-apiserver.key",
  none: "",
};

export function makeOutputs(scope: Construct, endpoint: Endpoint, url: string): void {
  const command = `npx iam-authenticator kubeconfig webhook --endpoint ${url}${CREDENTIALS[callerAuth(endpoint)]}`;
  const values: Readonly<Record<(typeof OUTPUTS)[number], string>> = {
    Endpoint: url,
    KubeconfigCommand: `${command} > webhook.kubeconfig`,
    ApiserverFlags:
      "--authentication-token-webhook-config-file=/etc/kubernetes/iam-authenticator/webhook.kubeconfig --authentication-token-webhook-version=v1",
  };
  for (const name of OUTPUTS) new CfnOutput(scope, name, { value: values[name] });
}
