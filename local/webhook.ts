// The sandbox's names, folder and files, its webhook kubeconfig, and TokenReviews that are posted
// with it.

import { spawnSync } from "node:child_process";
import { hash, randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { createCertificateAuthority } from "./certificates.ts";

export const CLUSTER_ID = "local";

export const REGION = "us-west-2";

export const LOG_GROUP = `IamAuthenticator-${CLUSTER_ID}`;

/** The issuers of AWS-signed tokens, by account. The local STS serves their keys. */
export const TOKEN_ISSUERS: ReadonlyMap<string, string> = new Map(
  ["111122223333", "444455556666"].map((account) => [
    account,
    `https://local-${account}.tokens.sts.global.api.aws`,
  ]),
);

/** Ignored by git. LOCAL_FOLDER selects another folder, for a second sandbox. */
export const SANDBOX_FOLDER = resolve(
  process.env["LOCAL_FOLDER"] || fileURLToPath(new URL("../.local", import.meta.url)),
);

/**
 * The folder of a running sandbox, to which this one's gateway redirects while its function fails.
 */
export const STANDBY_FOLDER = process.env["LOCAL_STANDBY"];

/** The first start copies these into its folder. */
export const SAMPLE_MAPPINGS = fileURLToPath(new URL("mappings", import.meta.url));

export type SandboxFiles = Readonly<ReturnType<typeof sandboxFiles>>;

export function sandboxFiles(folder: string) {
  return {
    folder,
    mappings: join(folder, "mappings"),
    /** The keys of the local identities are derived from it. */
    secret: join(folder, "secret"),
    kubeconfig: join(folder, "webhook.kubeconfig"),
    callerToken: join(folder, "caller-token"),
    log: join(folder, "function.log"),
    issuerLog: join(folder, "issuer.log"),
    /** The private key that signs service account tokens, like kubeadm's sa.key. */
    serviceAccountKey: join(folder, "service-account.key"),
    /** The token that kubelet would write into a Pod. */
    serviceAccountToken: join(folder, "service-account-token"),
    /** The TLS certificate of the gateway and the issuer, as JSON of a `ServerCertificate`. */
    certificate: join(folder, "certificate.json"),
    /** The authority of that certificate. */
    ca: join(folder, "ca.crt"),
    /** The port of each service, kept for the next start. */
    ports: join(folder, "ports.json"),
    /** For a second terminal: terminal.ts. */
    env: join(folder, "env"),
    envFish: join(folder, "env.fish"),
    bin: join(folder, "bin"),
    aws: join(folder, "aws"),
    /** The command's contexts: `doctor` needs the webhook's kubeconfig. */
    config: join(folder, "config", "iam-authenticator", "config.yaml"),
    userKubeconfig: join(folder, "kubeconfig"),
    /** For kind: kind.ts. Only the folder of its kubeconfig is mounted into the node. */
    kind: join(folder, "kind.yaml"),
    mountedKubeconfig: join(folder, "mounted", "webhook.kubeconfig"),
  };
}

/**
 * Creates the folder, which only its owner can read, and its secret, which later starts keep.
 * `shared`: that of another sandbox, whose keys this one accepts instead.
 */
export function keepSecret({ folder, secret }: SandboxFiles, shared?: string): string {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  const earlier = existsSync(secret) ? readFileSync(secret, "utf8") : "";
  const kept = shared ?? (earlier || randomBytes(32).toString("base64url"));
  writeFileSync(secret, kept, { mode: 0o600 });
  // 1: the file is in a work tree, and not ignored
  if (spawnSync("git", ["check-ignore", "--quiet", "secret"], { cwd: folder }).status === 1) {
    console.error(
      `git does not ignore ${folder}, which contains secrets. Add it to .gitignore, or use another LOCAL_FOLDER.`,
    );
  }
  return kept;
}

/** Throws `SandboxNotRunning` for a folder that never had a sandbox. */
export function readSecret({ secret }: SandboxFiles): string {
  if (!existsSync(secret)) throw new SandboxNotRunning(`${secret} not found`);
  return readFileSync(secret, "utf8");
}

export interface ServerCertificate {
  /** The authority that issued it. All are PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function createServerCertificate(days = 30): ServerCertificate {
  const authority = createCertificateAuthority({ days });
  return { ca: authority.ca, ...authority.server() };
}

/**
 * Creates a certificate that is valid for a year. Keeps that of an earlier start, which a running
 * kube-apiserver trusts, until a month before it expires.
 */
export function keepCertificate({ certificate, ca }: SandboxFiles): ServerCertificate {
  let kept: ServerCertificate | undefined = existsSync(certificate)
    ? JSON.parse(readFileSync(certificate, "utf8"))
    : undefined;
  if (
    kept === undefined ||
    new X509Certificate(kept.cert).validToDate.getTime() < Date.now() + 30 * DAY_MS
  ) {
    kept = createServerCertificate(365);
    writeFileSync(certificate, JSON.stringify(kept), { mode: 0o600 });
  }
  writeFileSync(ca, kept.ca);
  return kept;
}

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

/** The message contains the symptom and the command to start a sandbox. */
export class SandboxNotRunning extends Error {
  constructor(seen: string, options?: ErrorOptions) {
    super(`The sandbox is not running: ${seen}. Start it in another terminal: npm start`, options);
    this.name = "SandboxNotRunning";
  }
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
