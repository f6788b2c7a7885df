import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
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

export async function webhook(
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
