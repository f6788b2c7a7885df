// The webhook kubeconfig: how kube-apiserver finds the function, whole in itself.

import { stringify } from "yaml";
import { usage } from "../errors.ts";

export interface Webhook {
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
}

/** Where tokens in clear do not leave the machine. */
const LOCAL = ["localhost", "127.0.0.1", "[::1]", "host.docker.internal"];

/** Where TokenReviews go. */
export function reviewUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && LOCAL.includes(url.hostname));
  if (url === undefined || !isSafe) throw usage(`${endpoint || "The endpoint"} is no https:// URL.`);
  if (!url.pathname.endsWith("/authenticate")) url.pathname = `${url.pathname.replace(/\/$/, "")}/authenticate`;
  return url.href;
}

/** With everything inline. */
export function webhookKubeconfig({ server, ca, token, clientCertificate }: Webhook): string {
  return kubeconfigOf(server, ca, {
    ...(token !== undefined && { token }),
    ...(clientCertificate !== undefined && {
      "client-certificate-data": base64(clientCertificate.certificate),
      "client-key-data": base64(clientCertificate.key),
    }),
  });
}

/**
 * `user` as a kubeconfig has it.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export function kubeconfigOf(server: string, ca: string | undefined, user: Readonly<Record<string, string>>): string {
  const cluster = { server, ...(ca !== undefined && { "certificate-authority-data": base64(ca) }) };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "iam-authenticator", cluster }],
    users: [{ name: "kube-apiserver", user }],
    contexts: [{ name: "webhook", context: { cluster: "iam-authenticator", user: "kube-apiserver" } }],
    "current-context": "webhook",
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
