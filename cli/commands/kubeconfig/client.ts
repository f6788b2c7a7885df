// `kubeconfig client`: prints the kubeconfig for a user's kubectl.

import { type Command, InvalidArgumentError, Option } from "commander";
import { describe } from "../../cmdline/define.ts";
import { AWS, CLUSTER, readRoleArn, withOptions } from "../../cmdline/options.ts";
import { usage } from "../../io/errors.ts";
import { optionWords } from "../../io/print.ts";
import type { IOStreams } from "../../io/streams.ts";
import { stringifyYaml } from "../../io/yaml.ts";
import { kubeconfig } from "../../kube/kubeconfig.ts";
import { OUT, readAuthority, writeKubeconfig } from "../../kube/webhook-files.ts";

export function clientCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "It contains no secret: kubectl runs the program of --exec, which creates each token with the user's AWS " +
      "credentials. Other clients, such as the Java client, can use it too.",
    examples: [
      "iam-authenticator kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt \\",
      "    --region eu-west-1 --out prod.kubeconfig",
      "iam-authenticator kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt --jwt",
    ],
  });
  return withOptions(command, CLUSTER, AWS)
    .addOption(new Option("--server <url>", "URL of kube-apiserver").argParser(readServer).makeOptionMandatory())
    .option("--ca <file>", "the cluster's CA, PEM")
    .addOption(new Option("--exec <program>", "program that creates the tokens").choices(EXEC_PLUGINS).default("aws"))
    .option("--role <arn>", "IAM role to assume", readRoleArn)
    .addOption(
      new Option("--jwt", "use tokens that AWS STS signs; implies --exec iam-authenticator").implies({
        exec: "iam-authenticator",
      }),
    )
    .option("--out <file>", OUT)
    .action(async ({ out, ...options }: ClientOptions & { readonly out?: string }) => {
      if (options.jwt && options.exec !== "iam-authenticator") {
        throw usage(`--jwt needs --exec iam-authenticator: ${options.exec} makes no AWS-signed tokens.`);
      }
      const ca = options.ca === undefined ? undefined : await readAuthority(options.ca, io);
      const { AWS_REGION, AWS_DEFAULT_REGION } = io.environment;
      // The user's machine may have another region, or none.
      const region = options.region ?? (AWS_REGION || AWS_DEFAULT_REGION);
      writeKubeconfig(clientKubeconfig({ ...options, ...(region && { region }) }, ca), out, io);
      if (!region) {
        io.log("Without --region, the program uses the region of each user's machine, and fails where none is set.\n");
      }
      if (ca === undefined) {
        io.log(
          "Without --ca, kubectl trusts only the CAs of its machine. Most clusters have their own CA: give its certificate.\n",
        );
      }
    });
}

/** kube-apiserver serves only HTTPS, and clients send their tokens to it. */
function readServer(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === "https:") return text;
  throw new InvalidArgumentError("It must be an https:// URL, such as https://10.0.0.1:6443.");
}

export const EXEC_PLUGINS = ["aws", "iam-authenticator", "aws-iam-authenticator"] as const;

export interface ClientOptions {
  readonly cluster: string;
  readonly server: string;
  readonly ca?: string;
  readonly exec: (typeof EXEC_PLUGINS)[number];
  readonly region?: string;
  readonly profile?: string;
  readonly role?: string;
  readonly jwt?: true;
}

/**
 * The version that each program returns to clients that do not set KUBERNETES_EXEC_INFO, such as client-java, fabric8 and
 * kubeclient. These clients fail if the kubeconfig has another version. kubectl works with either version.
 */
const API_VERSION = "client.authentication.k8s.io/v1beta1";

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#configuration */
export function clientKubeconfig(options: ClientOptions, ca: string | undefined): string {
  const { cluster: name, server, exec, region, profile } = options;
  const environment = [
    ...(profile === undefined ? [] : [{ name: "AWS_PROFILE", value: profile }]),
    // Older versions of aws-iam-authenticator have no option for the region.
    ...(region === undefined || exec !== "aws-iam-authenticator" ? [] : [{ name: "AWS_REGION", value: region }]),
  ];
  const plugin = {
    apiVersion: API_VERSION,
    command: exec,
    args: execArguments(options),
    ...(environment.length > 0 && { env: environment }),
    interactiveMode: "IfAvailable",
  };
  return stringifyYaml(kubeconfig({ cluster: name, user: name, context: name }, { server, ca }, { exec: plugin }));
}

function execArguments({ exec, cluster, region, role, jwt }: ClientOptions): string[] {
  const inRegion = optionWords("--region", region);
  const roleWords = (name: string) => optionWords(name, role);
  switch (exec) {
    case "aws":
      // Overrides the profile's `output`: kubectl needs JSON. `aws eks update-kubeconfig` writes the same.
      return ["eks", "get-token", "--cluster-name", cluster, ...inRegion, ...roleWords("--role-arn"), ...AS_JSON];
    case "iam-authenticator":
      return ["token", "--cluster", cluster, ...(jwt ? ["--jwt"] : []), ...inRegion, ...roleWords("--role")];
    case "aws-iam-authenticator":
      return ["token", "--cluster-id", cluster, ...roleWords("--role")];
  }
}

const AS_JSON = ["--output", "json"];
