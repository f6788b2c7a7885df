// Finds the URL of a cluster's endpoint.

import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { defaultStackName } from "../../functions/settings/stack.ts";
import { type AwsOptions, clientConfig } from "../aws/client.ts";
import { outputsOfCluster } from "../aws/stacks.ts";
import { usage } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import { reviewUrl, type Webhook } from "./kubeconfig.ts";
import { readAuthority, type WebhookFiles } from "./webhook-files.ts";

/**
 * Returns the URL of the webhook.
 *
 * @param clusters those of which the stack is read without `endpoint`: of several, the one with a
 * failoverUrl
 */
export async function webhookServer(
  { endpoint, ca: file }: Partial<WebhookFiles>,
  clusters: readonly (AwsOptions & { readonly cluster: string })[],
  run: Run,
): Promise<Pick<Webhook, "server" | "ca">> {
  const given = file === undefined ? {} : { ca: await readAuthority(file, run) };
  if (endpoint !== undefined) return { server: reviewUrl(endpoint), ...given };
  const stacks = [];
  for (const cluster of clusters)
    stacks.push(
      await outputsOfCluster(cluster.cluster, (await clientConfig(cluster, run)).config, run),
    );
  const { Endpoint, FailoverUrl } =
    stacks.find((outputs) => stacks.length === 1 || outputs["FailoverUrl"] !== undefined) ?? {};
  if (Endpoint === undefined) {
    const names = [...new Set(clusters.map(({ cluster }) => defaultStackName(cluster)))].join(", ");
    throw usage(
      `Give --endpoint: the endpoint cannot be read from the stack ${names}. If the stack has a failoverUrl, ` +
        "give --ca too: without it, the file has tls-server-name, which breaks the redirect.",
    );
  }
  if (FailoverUrl === undefined || file !== undefined)
    return { server: reviewUrl(Endpoint), ...given };
  run.log(
    "The stack has a failoverUrl: the file trusts the roots of Amazon Trust Services, and has no tls-server-name. For " +
      "certificates of another CA, give --ca.\n",
  );
  return { server: reviewUrl(Endpoint), ca: amazonRoots() };
}

/**
 * Returns the roots under which AWS may issue certificates for API Gateway, as PEM, from Node.js.
 * Those of the present chain would not be enough. Root programs will remove Starfield's root for
 * its age. https://www.amazontrust.com/repository/
 */
export function amazonRoots(known: readonly string[] = rootCertificates): string {
  const named = (name: RegExp) =>
    known.filter((pem) => name.test(new X509Certificate(pem).subject));
  const roots = named(/^CN=Amazon Root CA [1-4]$/m);
  if (roots.length !== 4)
    throw usage("This Node.js lacks roots of Amazon Trust Services. Give --ca.");
  return `${[...roots, ...named(/^CN=Starfield Services Root Certificate Authority - G2$/m)].join("\n")}\n`;
}
