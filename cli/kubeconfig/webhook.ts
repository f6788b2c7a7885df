// `kubeconfig webhook`: the file by which kube-apiserver finds the function, whole in itself.

import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { newCommand } from "../command.ts";
import { usage } from "../failure.ts";
import { readText } from "../lib/text-file.ts";
import type { World } from "../world.ts";

interface FileOptions {
  readonly endpoint: string;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

export interface Webhook {
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
}

export function webhookCommand(world: World): Command {
  return newCommand(world, {
    name: "webhook",
    summary: "print the kubeconfig for kube-apiserver",
    details:
      "Give it to kube-apiserver as --authentication-token-webhook-config-file, with " +
      "--authentication-token-webhook-version=v1. Everything is inline, since the file is read on another machine.",
    examples: [
      "iam-authenticator kubeconfig webhook --endpoint https://abc.execute-api.eu-west-1.amazonaws.com \\",
      "    --token-file caller-token > webhook.kubeconfig",
      "iam-authenticator kubeconfig webhook --endpoint https://auth.example.com \\",
      "    --client-cert apiserver.crt --client-key apiserver.key > webhook.kubeconfig",
    ],
  })
    .requiredOption("--endpoint <url>", "of the function; /authenticate is added where there is no path")
    .option("--ca <file>", "PEM of the CA behind the endpoint; default: the system's")
    .addOption(new Option("--token-file <file>", "the caller's token (- for stdin)").conflicts("clientCert"))
    .option("--client-cert <file>", "PEM of the client certificate, for mTLS")
    .option("--client-key <file>", "PEM of its key")
    .action(async (options: FileOptions) => world.print(webhookKubeconfig(await readWebhook(options, world))));
}

async function readWebhook(options: FileOptions, world: World): Promise<Webhook> {
  const { endpoint, ca, tokenFile, clientCert, clientKey } = options;
  if ((clientCert === undefined) !== (clientKey === undefined)) throw usage("--client-cert goes with --client-key.");
  return {
    server: reviewUrl(endpoint),
    ...(ca !== undefined && { ca: await readPem(ca, world) }),
    ...(tokenFile !== undefined && { token: (await readText(tokenFile, world)).trim() }),
    ...(clientCert !== undefined &&
      clientKey !== undefined && {
        clientCertificate: { certificate: await readPem(clientCert, world), key: await readPem(clientKey, world) },
      }),
  };
}

async function readPem(file: string, world: World): Promise<string> {
  const pem = await readText(file, world);
  if (!pem.includes("-----BEGIN ")) throw usage(`${file} is no PEM file.`);
  return pem;
}

/** Where TokenReviews go. */
export function reviewUrl(endpoint: string): string {
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw usage(`${endpoint} is no https:// URL.`);
  }
  const url = new URL(endpoint);
  if (!url.pathname.endsWith("/authenticate")) url.pathname = `${url.pathname.replace(/\/$/, "")}/authenticate`;
  return url.href;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication */
export function webhookKubeconfig({ server, ca, token, clientCertificate }: Webhook): string {
  const cluster = { server, ...(ca !== undefined && { "certificate-authority-data": base64(ca) }) };
  const user = {
    ...(token !== undefined && { token }),
    ...(clientCertificate !== undefined && {
      "client-certificate-data": base64(clientCertificate.certificate),
      "client-key-data": base64(clientCertificate.key),
    }),
  };
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
