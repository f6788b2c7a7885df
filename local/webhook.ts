// The sandbox's webhook kubeconfig, and TokenReviews that are posted with it.

import { hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse, stringify } from "yaml";
import { type SandboxFiles, SandboxNotRunning } from "./sandbox-files.ts";

export interface Webhook {
  readonly server: string;
  readonly token: string;
  /** The authorities of the server and of its standby, PEM; absent for plain HTTP. */
  readonly ca?: string;
}

/**
 * Writes the kubeconfig for kube-apiserver. Keeps the caller's token of an earlier start, or uses
 * the standby's.
 */
export function writeWebhook(
  files: SandboxFiles,
  server: string,
  ca: string,
  standby?: Webhook,
): void {
  const earlier = existsSync(files.callerToken) ? readFileSync(files.callerToken, "utf8") : "";
  const token = standby?.token ?? (earlier || randomBytes(32).toString("base64url"));
  writeFileSync(files.callerToken, token, { mode: 0o600 });
  // Parameter Store stores only the hash of the caller's token. Callers that the user added stay.
  const sha256 = hash("sha256", token, "hex");
  const callers = join(files.mappings, "callers.yaml");
  const stored = existsSync(callers) ? readFileSync(callers, "utf8") : "[]";
  if (!stored.includes(sha256)) {
    const others = (parse(stored) as { name: string }[]).filter(
      ({ name }) => name !== "kube-apiserver",
    );
    writeFileSync(callers, stringify([...others, { name: "kube-apiserver", sha256 }]));
  }
  writeFileSync(
    files.kubeconfig,
    webhookKubeconfig({ server, token, ca: ca + (standby?.ca ?? "") }),
    { mode: 0o600 },
  );
}

/**
 * Returns a kubeconfig for kube-apiserver:
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 * The certificate names `localhost`, whatever address kube-apiserver connects to.
 */
export function webhookKubeconfig({ server, token, ca = "" }: Webhook): string {
  const cluster = {
    server,
    "tls-server-name": "localhost",
    "certificate-authority-data": Buffer.from(ca).toString("base64"),
  };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "iam-authenticator", cluster }],
    users: [{ name: "kube-apiserver", user: { token } }],
    contexts: [
      { name: "webhook", context: { cluster: "iam-authenticator", user: "kube-apiserver" } },
    ],
    "current-context": "webhook",
  });
}

/** Reads the kubeconfig, also that of another endpoint with plain HTTP, such as an emulator's. */
export function readWebhook(files: SandboxFiles): Webhook {
  const { clusters, users } = parse(readFileSync(files.kubeconfig, "utf8"));
  const { server, "certificate-authority-data": data } = clusters[0].cluster;
  const ca = typeof data === "string" ? { ca: Buffer.from(data, "base64").toString() } : {};
  return { server, token: users[0].user.token, ...ca };
}

/** Error codes of `node:http`: no listener, and the time limit. */
const NO_RESPONSE = ["ECONNREFUSED", "ABORT_ERR"];

/** Posts a review of `token` to the sandbox of `files`; throws `SandboxNotRunning`. */
export async function reviewToken(
  files: SandboxFiles,
  token: string,
): Promise<{ status: number; review: Review }> {
  if (!existsSync(files.kubeconfig)) throw new SandboxNotRunning(`${files.kubeconfig} not found`);
  const webhook = readWebhook(files);
  try {
    const { status, body } = await postReview(webhook, tokenReview(token));
    return { status, review: JSON.parse(body) };
  } catch (error) {
    // Any other error, such as an unknown certificate, comes from another program.
    if (error instanceof Error && "code" in error && NO_RESPONSE.includes(String(error.code))) {
      throw new SandboxNotRunning(`no response from ${webhook.server}`, { cause: error });
    }
  }
  throw new SandboxNotRunning(`another program uses ${webhook.server}`);
}

/** Sends a request: a lock file would survive a sandbox that was killed. */
export async function isRunning(files: SandboxFiles): Promise<boolean> {
  try {
    await reviewToken(files, "not a token");
    return true;
  } catch (error) {
    if (error instanceof SandboxNotRunning) return false;
    throw error;
  }
}

/** A TokenReview, or a Status with an error. */
export interface Review {
  readonly kind: "TokenReview" | "Status";
  readonly status: {
    readonly authenticated: boolean;
    readonly user?: { readonly username: string; readonly groups?: readonly string[] };
    readonly error?: string;
  };
}

/** Another program uses the port if a response takes longer: a review takes at most 5 s. */
const LIMIT_MS = 10_000;

/** Posts a TokenReview as kube-apiserver does: follows a redirect to the standby with the token. */
async function postReview(
  { server, token, ca }: Webhook,
  review: string,
): Promise<{ status: number; body: string }> {
  const request = (server.startsWith("https:") ? tlsRequest : plainRequest)(
    `${server}?timeout=30s`,
    {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, */*",
      },
      agent: false,
      ...(ca !== undefined && { ca, servername: "localhost" }),
      signal: AbortSignal.timeout(LIMIT_MS),
    },
  );
  request.end(review);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const body = await text(response);
  const { location } = response.headers;
  if (response.statusCode === 307 && location !== undefined) {
    return postReview({ server: location, token, ...(ca !== undefined && { ca }) }, review);
  }
  return { status: response.statusCode ?? 0, body };
}

export function tokenReview(token: string): string {
  return JSON.stringify({
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token },
  });
}
