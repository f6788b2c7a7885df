// The sandbox's names, its folder and files, and what they keep for the next start: its secret and
// its certificate.

import { spawnSync } from "node:child_process";
import { randomBytes, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
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
    /** The next four are for a second terminal; terminal.ts writes them. */
    env: join(folder, "env"),
    envFish: join(folder, "env.fish"),
    bin: join(folder, "bin"),
    aws: join(folder, "aws"),
    /** The command's contexts: `doctor` needs the webhook's kubeconfig. */
    config: join(folder, "config", "iam-authenticator", "config.yaml"),
    userKubeconfig: join(folder, "kubeconfig"),
    /** This one and the next are for kind. The node mounts only the folder of its kubeconfig. */
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

/** The message contains the symptom and the command to start a sandbox. */
export class SandboxNotRunning extends Error {
  constructor(seen: string, options?: ErrorOptions) {
    super(`The sandbox is not running: ${seen}. Start it in another terminal: npm start`, options);
    this.name = "SandboxNotRunning";
  }
}
