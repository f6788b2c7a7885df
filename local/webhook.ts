// The sandbox's names, folder and files, its webhook kubeconfig, and TokenReviews that are posted with it.

import { spawnSync } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";

export const CLUSTER_ID = "local";

export const REGION = "us-west-2";

export const LOG_GROUP = `IamAuthenticator-${CLUSTER_ID}`;

/** The issuers of AWS-signed tokens, by account. The local STS serves their keys. */
export const TOKEN_ISSUERS: ReadonlyMap<string, string> = new Map(
  ["111122223333", "444455556666"].map((account) => [account, `https://local-${account}.tokens.sts.global.api.aws`]),
);

/** Ignored by git. LOCAL_FOLDER selects another folder, for a second sandbox. */
export const SANDBOX_FOLDER = process.env["LOCAL_FOLDER"] || fileURLToPath(new URL("../.local", import.meta.url));

/** The folder of a running sandbox, to which this one's gateway redirects while its function fails. */
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
    reviews: join(folder, "reviews"),
    log: join(folder, "function.log"),
    issuerLog: join(folder, "issuer.log"),
    /** The private key that signs service account tokens, like kubeadm's sa.key. */
    serviceAccountKey: join(folder, "service-account.key"),
    /** The token that kubelet would write into a Pod. */
    serviceAccountToken: join(folder, "service-account-token"),
    /** The authority of the issuer's TLS certificate. */
    issuerCa: join(folder, "issuer-ca.crt"),
  };
}

/**
 * Creates the folder, which only its owner can read, and its secret, which later starts keep. `shared`: that of another
 * sandbox, whose keys this one accepts instead.
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

export interface Webhook {
  readonly server: string;
  readonly token: string;
}

/** Parameter Store stores only the hash of the caller's token. */
export function writeWebhook(files: SandboxFiles, server: string, token = randomBytes(32).toString("base64url")): void {
  const callers = [{ name: "kube-apiserver", sha256: hash("sha256", token, "hex") }];
  writeFileSync(join(files.mappings, "callers.yaml"), stringify(callers));
  writeFileSync(files.callerToken, token, { mode: 0o600 });
  // https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "iam-authenticator", cluster: { server } }],
    users: [{ name: "kube-apiserver", user: { token } }],
    contexts: [{ name: "webhook", context: { cluster: "iam-authenticator", user: "kube-apiserver" } }],
    "current-context": "webhook",
  };
  writeFileSync(files.kubeconfig, stringify(kubeconfig), { mode: 0o600 });
}

export function readWebhook(files: SandboxFiles): Webhook {
  const { clusters, users } = parse(readFileSync(files.kubeconfig, "utf8"));
  return { server: clusters[0].cluster.server, token: users[0].user.token };
}

/** The message contains the symptom and the command to start a sandbox. */
export class SandboxNotRunning extends Error {
  constructor(seen: string, options?: ErrorOptions) {
    super(`The sandbox is not running: ${seen}. Start it in another terminal: npm start`, options);
    this.name = "SandboxNotRunning";
  }
}

/** Posts a review of `token` to the sandbox of `files`; throws `SandboxNotRunning`. */
export async function reviewToken(files: SandboxFiles, token: string): Promise<{ status: number; review: Review }> {
  if (!existsSync(files.kubeconfig)) throw new SandboxNotRunning(`${files.kubeconfig} not found`);
  const webhook = readWebhook(files);
  try {
    const { status, body } = await postReview(webhook, tokenReview(token));
    // 401: a sandbox of another folder, with another caller token, uses the port
    if (status !== 401) return { status, review: JSON.parse(body) };
  } catch (error) {
    throw new SandboxNotRunning(`no response from ${webhook.server}`, { cause: error });
  }
  throw new SandboxNotRunning(`another program uses ${webhook.server}`);
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

/** Posts a TokenReview as kube-apiserver does. */
async function postReview({ server, token }: Webhook, review: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${server}?timeout=30s`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", accept: "application/json, */*" },
    body: review,
    // fetch would follow without the token, which kube-apiserver's client sends again.
    redirect: "manual",
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const standby = response.headers.get("location");
  if (response.status === 307 && standby !== null) return postReview({ server: standby, token }, review);
  return { status: response.status, body: await response.text() };
}

export function tokenReview(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}
