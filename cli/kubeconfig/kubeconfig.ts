// `kubeconfig webhook` and `kubeconfig client`: create the kubeconfigs for kube-apiserver and for users.

import { type Command, InvalidArgumentError, Option } from "commander";
import { describe } from "../command.ts";
import { usage } from "../errors.ts";
import { addAws, addCluster, readRoleArn } from "../options.ts";
import { writeSecret } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { stringifyYaml } from "../terminal/yaml.ts";
import { addWebhookFiles, readAuthority, readWebhookFiles, type WebhookFiles } from "./files.ts";
import { reviewUrl, webhookKubeconfig, withServer } from "./webhook.ts";

const NO_CREDENTIALS =
  "The kubeconfig would have no credentials, and the function would reject it. Give --token-file, " +
  "--token-file-path, or --client-cert and --client-key. For a private endpoint with callerAuth none, give --no-token.";

interface WebhookOptions extends WebhookFiles {
  readonly tokenFilePath?: string;
  readonly from?: string;
  readonly out?: string;
  /** `false` by --no-token. */
  readonly token: boolean;
}

export function webhookCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Give it to kube-apiserver as --authentication-token-webhook-config-file, with " +
      "--authentication-token-webhook-version=v1. The file contains the certificates and the token, so that you can copy " +
      "it to another machine. kube-apiserver reads the file when it starts, and does not start without it. If " +
      "kube-apiserver does not trust the endpoint's CA by default, give the CA with --ca. If the URL has changed, --from " +
      "keeps everything else of the old file.",
    examples: [
      "iam-authenticator kubeconfig webhook --endpoint https://abc.execute-api.eu-west-1.amazonaws.com \\",
      "    --token-file caller-token --out webhook.kubeconfig",
      "iam-authenticator kubeconfig webhook --endpoint https://auth.example.com \\",
      "    --client-cert apiserver.crt --client-key apiserver.key --out webhook.kubeconfig",
      "iam-authenticator kubeconfig webhook --endpoint https://auth.example.com \\",
      "    --token-file-path /etc/kubernetes/iam-authenticator/caller-token --out webhook.kubeconfig",
      "iam-authenticator kubeconfig webhook --from old.kubeconfig --endpoint https://auth.example.com --out new.kubeconfig",
    ],
  }).requiredOption("--endpoint <url>", "URL of the function; /authenticate is added if it has no path");
  return addWebhookFiles(command)
    .addOption(
      new Option("--no-token", "send no credentials: for a private endpoint with callerAuth none").conflicts([
        "tokenFile",
        "clientCert",
      ]),
    )
    .addOption(
      new Option("--token-file-path <path>", "file that kube-apiserver reads its token from every minute")
        .argParser(readTokenFilePath)
        .conflicts(["tokenFile", "clientCert", "token"]),
    )
    .addOption(
      new Option(
        "--from <file>",
        "keep everything but the URL of this webhook kubeconfig, and with --ca its CA",
      ).conflicts(["tokenFile", "tokenFilePath", "clientCert", "clientKey", "token"]),
    )
    .option("--out <file>", "write a new file that only you can read, instead of printing")
    .action(async ({ out, ...options }: WebhookOptions) => {
      const kubeconfig =
        options.from === undefined ? await fromFiles(options, io) : await fromOld(options.from, options, io);
      writeKubeconfig(kubeconfig, out, io);
    });
}

/** Helm warns about a kubeconfig that others can read. */
function writeKubeconfig(kubeconfig: string, out: string | undefined, io: IOStreams): void {
  if (out === undefined) io.print(kubeconfig);
  else {
    writeSecret(out, kubeconfig);
    io.tell(`Wrote ${out}, which only you can read.\n`);
  }
}

/** The file need not exist on this machine. kube-apiserver resolves a relative path against the kubeconfig's folder. */
function readTokenFilePath(text: string): string {
  if (text.startsWith("/") && !text.endsWith("/")) return text;
  throw new InvalidArgumentError(
    "It must be an absolute path on kube-apiserver's machine, such as /etc/kubernetes/iam-authenticator/caller-token.",
  );
}

async function fromFiles({ token, tokenFilePath, ...files }: WebhookOptions, io: IOStreams): Promise<string> {
  const webhook = await readWebhookFiles(files, io);
  const hasCredentials = (tokenFilePath ?? webhook.token ?? webhook.clientCertificate) !== undefined;
  if (token && !hasCredentials) throw usage(NO_CREDENTIALS);
  return webhookKubeconfig({ ...webhook, ...(tokenFilePath && { tokenFile: tokenFilePath }) });
}

async function fromOld(file: string, { endpoint, ca: path }: WebhookFiles, io: IOStreams): Promise<string> {
  const ca = path === undefined ? undefined : await readAuthority(path, io);
  const webhook = { server: reviewUrl(endpoint), ...(ca !== undefined && { ca }) };
  const { kubeconfig, keepsAuthority } = await withServer(file, webhook, io);
  if (keepsAuthority) {
    io.tell("The new file keeps the CA of the old one. If the new endpoint has another CA, give it with --ca.\n");
  }
  return kubeconfig;
}

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
  return addAws(addCluster(command))
    .addOption(new Option("--server <url>", "URL of kube-apiserver").argParser(readServer).makeOptionMandatory())
    .option("--ca <file>", "the cluster's CA, PEM")
    .addOption(new Option("--exec <program>", "program that creates the tokens").choices(EXEC_PLUGINS).default("aws"))
    .option("--role <arn>", "IAM role to assume", readRoleArn)
    .addOption(
      new Option("--jwt", "use tokens that AWS STS signs; implies --exec iam-authenticator").implies({
        exec: "iam-authenticator",
      }),
    )
    .option("--out <file>", "write a new file that only you can read, instead of printing")
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
        io.tell("Without --region, the program uses the region of each user's machine, and fails where none is set.\n");
      }
      if (ca === undefined) {
        io.tell(
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
  const authority = ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const environment = [
    ...(profile === undefined ? [] : [{ name: "AWS_PROFILE", value: profile }]),
    // Older versions of aws-iam-authenticator have no option for the region.
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

function execArguments({ exec, cluster, region, role, jwt }: ClientOptions): string[] {
  const inRegion = region === undefined ? [] : ["--region", region];
  switch (exec) {
    case "aws":
      // Overrides the profile's `output`: kubectl needs JSON. `aws eks update-kubeconfig` writes the same.
      return ["eks", "get-token", "--cluster-name", cluster, ...inRegion, ...option("--role-arn", role), ...AS_JSON];
    case "iam-authenticator":
      return ["token", "--cluster", cluster, ...(jwt ? ["--jwt"] : []), ...inRegion, ...option("--role", role)];
    case "aws-iam-authenticator":
      return ["token", "--cluster-id", cluster, ...option("--role", role)];
  }
}

const AS_JSON = ["--output", "json"];

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}
