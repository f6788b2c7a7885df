// The kubeconfig by which a user's kubectl finds the cluster and makes its tokens.

import { stringifyYaml } from "../terminal/yaml.ts";

export const EXEC_PLUGINS = ["aws", "iam-authenticator", "aws-iam-authenticator"] as const;

export interface ClientOptions {
  readonly cluster: string;
  readonly server: string;
  readonly ca?: string;
  readonly exec: (typeof EXEC_PLUGINS)[number];
  readonly region?: string;
  readonly profile?: string;
  readonly role?: string;
}

/**
 * What each program answers to a client that does not set KUBERNETES_EXEC_INFO, such as client-java, fabric8 and kubeclient.
 * These clients fail where the answer has another version than the kubeconfig. kubectl works with either version.
 */
const API_VERSION = "client.authentication.k8s.io/v1beta1";

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#configuration */
export function clientKubeconfig(options: ClientOptions, ca: string | undefined): string {
  const { cluster: name, server, exec, region, profile } = options;
  const authority = ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const environment = [
    ...(profile === undefined ? [] : [{ name: "AWS_PROFILE", value: profile }]),
    // aws-iam-authenticator takes no region as an argument that older versions know.
    ...(region === undefined || exec !== "aws-iam-authenticator" ? [] : [{ name: "AWS_REGION", value: region }]),
  ];
  return stringifyYaml({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, ...authority } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: API_VERSION,
            command: exec,
            args: execArguments(options),
            ...(environment.length > 0 && { env: environment }),
            interactiveMode: "IfAvailable",
          },
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

function execArguments({ exec, cluster, region, role }: ClientOptions): string[] {
  const inRegion = region === undefined ? [] : ["--region", region];
  switch (exec) {
    case "aws":
      // The AWS CLI obeys the profile's `output`, and kubectl needs JSON. `aws eks update-kubeconfig` writes the same.
      return ["eks", "get-token", "--cluster-name", cluster, ...inRegion, ...option("--role-arn", role), ...AS_JSON];
    case "iam-authenticator":
      return ["token", "--cluster", cluster, ...inRegion, ...option("--role", role)];
    case "aws-iam-authenticator":
      return ["token", "--cluster-id", cluster, ...option("--role", role)];
  }
}

const AS_JSON = ["--output", "json"];

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}
