// The kubeconfig that tells kube-apiserver where the webhook is and how to prove itself to it.

import { writeFileSync } from "node:fs";
import { stringify } from "yaml";

/** As a user of a kubeconfig: `{ token }`, `{ tokenFile }`, `{ "client-certificate-data": ... }` or nothing. */
export type WebhookUser = Readonly<Record<string, string>>;

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication */
export function writeWebhookKubeconfig(file: string, server: string, ca: string, user: WebhookUser): void {
  const cluster = { server, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "iam-authenticator", cluster }],
    users: [{ name: "kube-apiserver", user }],
    contexts: [{ name: "webhook", context: { cluster: "iam-authenticator", user: "kube-apiserver" } }],
    "current-context": "webhook",
  };
  writeFileSync(file, stringify(kubeconfig), { mode: 0o600 });
}
