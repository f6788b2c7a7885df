// The webhook kubeconfig of the sandbox: written for kube-apiserver, and the way to a running sandbox for `npm run review`.

import { hash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { webhookKubeconfig } from "../cli/kubeconfig/webhook.ts";
import type { SandboxFiles } from "./sandbox-settings.ts";

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

/** No sandbox of these files runs; the message says how that was seen, and what to do. */
export class SandboxNotRunning extends Error {
  constructor(seen: string, options?: ErrorOptions) {
    super(`The sandbox is not running: ${seen}. Start it in another terminal: npm start`, options);
    this.name = "SandboxNotRunning";
  }
}

/** What the sandbox of `files` answers to `token`; throws `SandboxNotRunning`. */
export async function reviewToken(files: SandboxFiles, token: string): Promise<{ status: number; review: Review }> {
  if (!existsSync(files.kubeconfig)) throw new SandboxNotRunning(`${files.kubeconfig} does not exist`);
  const webhook = readWebhook(files);
  try {
    const { status, body } = await postReview(webhook, tokenReview(token));
    // a sandbox of another folder has taken the port: it does not know this folder's caller token
    if (status !== 401) return { status, review: JSON.parse(body) };
  } catch (error) {
    throw new SandboxNotRunning(`nothing answers at ${webhook.server}`, { cause: error });
  }
  throw new SandboxNotRunning(`another program answers at ${webhook.server}`);
}

/** A TokenReview, or the Status that explains why there is none. */
export interface Review {
  readonly kind: "TokenReview" | "Status";
  readonly status: {
    readonly authenticated: boolean;
    readonly user?: { readonly username: string; readonly groups?: readonly string[] };
    readonly error?: string;
  };
}

/** A review ends within 5 s (design, section 3): what takes longer is another program. */
const LIMIT_MS = 10_000;

/** Posts a TokenReview as kube-apiserver does, and gives the answer's status and body. */
export async function postReview(
  { server, token }: Webhook,
  review: string,
): Promise<{ status: number; body: string }> {
  const response = await fetch(`${server}?timeout=30s`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", accept: "application/json, */*" },
    body: review,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  return { status: response.status, body: await response.text() };
}

export function tokenReview(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}
