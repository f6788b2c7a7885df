// `kubeconfig`: the two files of a cluster, one for kube-apiserver and one for its users.

import { type Command, InvalidArgumentError, Option } from "commander";
import { newCommand } from "../command.ts";
import { usage } from "../errors.ts";
import { writeSecret } from "../io/files.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { type ClientOptions, clientKubeconfig, EXEC_PLUGINS } from "../kubeconfig/client.ts";
import { addWebhookFiles, readWebhookFiles, type WebhookFiles } from "../kubeconfig/files.ts";
import { readAuthority } from "../kubeconfig/pem.ts";
import { webhookKubeconfig } from "../kubeconfig/webhook.ts";
import { addAws, addCluster, readRoleArn } from "../options.ts";

export function kubeconfigCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "kubeconfig",
    summary: "make the kubeconfig of kube-apiserver (webhook) or of a user (client)",
    examples: ["iam-authenticator kubeconfig webhook --help", "iam-authenticator kubeconfig client --help"],
  })
    .addCommand(webhookCommand(io))
    .addCommand(clientCommand(io));
}

const NO_CREDENTIALS =
  "The kubeconfig would have no credentials, and the function would refuse it. Give --token-file, or --client-cert " +
  "and --client-key. For a private endpoint with callerAuth none, give --no-token.";

interface WebhookOptions extends WebhookFiles {
  readonly out?: string;
  /** `false` by --no-token. */
  readonly token: boolean;
}

function webhookCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "webhook",
    summary: "make the kubeconfig for kube-apiserver",
    details:
      "Give it to kube-apiserver as --authentication-token-webhook-config-file, with " +
      "--authentication-token-webhook-version=v1. Certificates and token are in the file itself, since it is read on " +
      "another machine. kube-apiserver reads the file when it starts, and does not start without it. If kube-apiserver " +
      "has no CA roots that know the endpoint, give the CA by --ca.",
    examples: [
      "iam-authenticator kubeconfig webhook --endpoint https://abc.execute-api.eu-west-1.amazonaws.com \\",
      "    --token-file caller-token --out webhook.kubeconfig",
      "iam-authenticator kubeconfig webhook --endpoint https://auth.example.com \\",
      "    --client-cert apiserver.crt --client-key apiserver.key --out webhook.kubeconfig",
    ],
  }).requiredOption("--endpoint <url>", "URL of the function; /authenticate is added where it has no path");
  return addWebhookFiles(command)
    .addOption(
      new Option("--no-token", "send no credentials: for a private endpoint with callerAuth none").conflicts([
        "tokenFile",
        "clientCert",
      ]),
    )
    .option("--out <file>", "write a new file that only you can read, instead of printing")
    .action(async ({ out, token, ...files }: WebhookOptions) => {
      const webhook = await readWebhookFiles(files, io);
      if (token && webhook.token === undefined && webhook.clientCertificate === undefined) throw usage(NO_CREDENTIALS);
      const kubeconfig = webhookKubeconfig(webhook);
      if (out === undefined) io.print(kubeconfig);
      else {
        writeSecret(out, kubeconfig);
        io.tell(`Wrote ${out}, which only you can read.\n`);
      }
    });
}

function clientCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "client",
    summary: "print the kubeconfig for a user's kubectl",
    details:
      "It holds no secret: kubectl runs the program of --exec, which makes each token with the user's own AWS credentials. " +
      "Clients that are not kubectl, such as the Java client, can use it too.",
    examples: [
      "iam-authenticator kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt \\",
      "    --region eu-west-1 > prod.kubeconfig",
    ],
  });
  return addAws(addCluster(command))
    .addOption(new Option("--server <url>", "URL of kube-apiserver").argParser(readServer).makeOptionMandatory())
    .option("--ca <file>", "the cluster's CA, PEM")
    .addOption(new Option("--exec <program>", "program that makes the tokens").choices(EXEC_PLUGINS).default("aws"))
    .option("--role <arn>", "IAM role to assume", readRoleArn)
    .action(async (options: ClientOptions) => {
      const ca = options.ca === undefined ? undefined : await readAuthority(options.ca, io);
      const { AWS_REGION, AWS_DEFAULT_REGION } = io.environment;
      // The user's machine may have another region, or none.
      const region = options.region ?? (AWS_REGION || AWS_DEFAULT_REGION);
      io.print(clientKubeconfig({ ...options, ...(region && { region }) }, ca));
      if (ca === undefined) {
        io.tell(
          "Without --ca, kubectl trusts only the CAs of its machine. Most clusters have their own: give its certificate.\n",
        );
      }
    });
}

/** kube-apiserver serves nothing else, and tokens go there. */
function readServer(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === "https:") return text;
  throw new InvalidArgumentError("It must be an https:// URL, such as https://10.0.0.1:6443.");
}
