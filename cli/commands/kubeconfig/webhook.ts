// `kubeconfig webhook`: creates the kubeconfig for kube-apiserver.

import { type Command, InvalidArgumentError, Option } from "commander";
import { type ChosenCluster, optionalClusterOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { OF_STACK, OUT, WEBHOOK_FILES, withOptions } from "../../cmdline/options.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { type Webhook, webhookKubeconfig, withServer } from "../../kube/kubeconfig.ts";
import { webhookServer } from "../../kube/server.ts";
import { readWebhookFiles, type WebhookFiles, writeKubeconfig } from "../../kube/webhook-files.ts";

const NO_CREDENTIALS =
  "The kubeconfig would have no credentials, and the function would reject it. Give --token-file, " +
  "--token-file-path, or --client-cert and --client-key. For a private endpoint with callerAuth none, give --no-token.";

interface WebhookOptions extends Partial<WebhookFiles> {
  readonly tokenFilePath?: string;
  readonly from?: string;
  readonly out?: string;
  /** --no-token sets it to `false`. */
  readonly token: boolean;
}

export function webhookCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Give it to kube-apiserver as --authentication-token-webhook-config-file, with " +
      "--authentication-token-webhook-version=v1. The file contains the certificates and the token, so that you can copy " +
      "it to another machine. kube-apiserver reads the file when it starts, and does not start without it. If " +
      "kube-apiserver does not trust the endpoint's CA by default, give the CA with --ca. If the URL has changed, --from " +
      "keeps everything else of the old file. With --cluster instead of --endpoint, the URL is that of the stack, and if " +
      "the stack has a failoverUrl, the CA is the roots of Amazon Trust Services.",
    examples: [
      "kubeconfig webhook --endpoint https://abc.execute-api.eu-west-1.amazonaws.com \\\n" +
        "    --token-file caller-token --out webhook.kubeconfig",
      "kubeconfig webhook --endpoint https://auth.example.com \\\n" +
        "    --client-cert apiserver.crt --client-key apiserver.key --out webhook.kubeconfig",
      "kubeconfig webhook --endpoint https://auth.example.com \\\n" +
        "    --token-file-path /etc/kubernetes/iam-authenticator/caller-token --out webhook.kubeconfig",
      "kubeconfig webhook --from old.kubeconfig --endpoint https://auth.example.com --out new.kubeconfig",
      "kubeconfig webhook -c prod --from old.kubeconfig --out new.kubeconfig",
    ],
  }).option("--endpoint <url>", "URL of the function; /authenticate is added if it has no path");
  return withOptions(command, OF_STACK, WEBHOOK_FILES)
    .addOption(
      new Option(
        "--no-token",
        "send no credentials: for a private endpoint with callerAuth none",
      ).conflicts(["tokenFile", "clientCert"]),
    )
    .addOption(
      new Option(
        "--token-file-path <path>",
        "file that kube-apiserver reads its token from every minute",
      )
        .argParser(readTokenFilePath)
        .conflicts(["tokenFile", "clientCert", "token"]),
    )
    .addOption(
      new Option(
        "--from <file>",
        "keep everything but the URL and tls-server-name of this webhook kubeconfig, and with --ca its CA",
      ).conflicts(["tokenFile", "tokenFilePath", "clientCert", "clientKey", "token"]),
    )
    .option("--out <file>", OUT)
    .action(async (options: WebhookOptions) =>
      webhook(await optionalClusterOf(command, run), options, run),
    );
}

async function webhook(
  cluster: ChosenCluster | undefined,
  options: WebhookOptions,
  run: Run,
): Promise<void> {
  const { endpoint, from, out } = options;
  if (cluster === undefined && endpoint === undefined) throw usage("Give --endpoint or --cluster.");
  const server = await webhookServer(options, cluster === undefined ? [] : [cluster], run);
  const kubeconfig =
    from === undefined ? await fromFiles(options, server, run) : await fromOld(from, server, run);
  writeKubeconfig(kubeconfig, out, run);
}

/**
 * Reads the path of the token's file, which need not exist on this machine. kube-apiserver resolves
 * a relative path against the kubeconfig's folder.
 */
function readTokenFilePath(text: string): string {
  if (text.startsWith("/") && !text.endsWith("/")) return text;
  throw new InvalidArgumentError(
    "It must be an absolute path on kube-apiserver's machine, such as /etc/kubernetes/iam-authenticator/caller-token.",
  );
}

type Server = Pick<Webhook, "server" | "ca">;

async function fromFiles(
  { token, tokenFilePath, ca: _, ...files }: WebhookOptions,
  server: Server,
  run: Run,
) {
  const read = await readWebhookFiles({ ...files, endpoint: server.server }, run);
  const hasCredentials = (tokenFilePath ?? read.token ?? read.clientCertificate) !== undefined;
  if (token && !hasCredentials) throw usage(NO_CREDENTIALS);
  return webhookKubeconfig({
    ...read,
    ...server,
    ...(tokenFilePath && { tokenFile: tokenFilePath }),
  });
}

async function fromOld(file: string, server: Server, run: Run): Promise<string> {
  const { kubeconfig, keepsAuthority } = await withServer(file, server, run);
  if (keepsAuthority) {
    run.log(
      "The new file keeps the CA of the old one. If the new endpoint has another CA, give it with --ca.\n",
    );
  }
  return kubeconfig;
}
