// The webhook kubeconfig of the sandbox: written for kube-apiserver, and read by `npm run review`.

import { hash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { webhookKubeconfig } from "../cli/kubeconfig/webhook.ts";
import type { SandboxFiles } from "./sandbox.ts";

export interface Webhook {
  readonly server: string;
  readonly token: string;
}

/** Makes a new caller token; Parameter Store gets only its hash. */
export function writeWebhook(files: SandboxFiles, server: string): void {
  const token = randomBytes(32).toString("base64url");
  const callers = [{ name: "kube-apiserver", sha256: hash("sha256", token, "hex") }];
  writeFileSync(join(files.mappings, "callers.yaml"), stringify(callers));
  writeFileSync(files.callerToken, token, { mode: 0o600 });
  writeFileSync(files.kubeconfig, webhookKubeconfig({ server, token }), { mode: 0o600 });
}

export function readWebhook(files: SandboxFiles): Webhook {
  const { clusters, users } = parse(readFileSync(files.kubeconfig, "utf8"));
  return { server: clusters[0].cluster.server, token: users[0].user.token };
}

/** Posts a TokenReview as kube-apiserver does, and gives the answer's status and body. */
export async function postReview(
  { server, token }: Webhook,
  review: string,
): Promise<{ status: number; body: string }> {
  const response = await fetch(`${server}?timeout=30s`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", accept: "application/json, */*" },
    body: review,
  });
  return { status: response.status, body: await response.text() };
}

export function tokenReview(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}
