// Starts a complete system: local AWS, the built bundle behind a TLS gateway, and a control plane that uses it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigOf } from "../../cli/kubeconfig/webhook.ts";
import { localIdentity } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { mintToken } from "../../local/token.ts";
import { type Binaries, findBinaries } from "./binaries/binaries.ts";
import { type Backend, type BackendOptions, startBackend } from "./cluster/backend.ts";
import { sandboxMappings } from "./cluster/mappings.ts";
import type { WebhookFlags } from "./control-plane/apiserver.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

/** The webhook of one kube-apiserver; each part has a default. */
export interface WebhookOptions extends Partial<Pick<WebhookFlags, "version" | "cacheTtl">> {
  /** Path of a webhook kubeconfig; overrides the other options. */
  readonly configFile?: string;
  /** The webhook's URL; default: the backend. */
  readonly url?: (backend: Backend) => string;
  /** The credentials; default: the valid bearer token. */
  readonly user?: (backend: Backend, folder: string) => Readonly<Record<string, string>>;
}

export interface ClusterOptions extends Partial<Omit<BackendOptions, "folder">> {
  /** Path of kube-apiserver; default: the version E2E_KUBERNETES, else the newest. */
  readonly apiserver?: string;
  /** One kube-apiserver per webhook; default one. */
  readonly webhooks?: readonly [WebhookOptions, ...WebhookOptions[]];
  /** Additional flags of kube-apiserver. */
  readonly flags?: readonly string[];
}

export interface Cluster extends Pick<ControlPlane, "credentials" | "apiservers" | "create"> {
  /** Restarts a kube-apiserver with another webhook. */
  restart(index: number, webhook: WebhookOptions): Promise<void>;
  readonly binaries: Binaries;
  readonly backend: Backend;
  /** Folder for certificates, kubeconfigs and logs. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Short, so that tests use this project's cache instead of kube-apiserver's. */
const CACHE_TTL = "1s";

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { webhooks = [{}], flags = [] } = options;
  const binaries = findBinaries();
  const folder = createFolder();
  const backend = await startBackend({ parameters: sandboxMappings(), ...options, folder });

  function flagsOf(webhook: WebhookOptions, index: number): WebhookFlags {
    const { version = "v1", cacheTtl = CACHE_TTL, user, url } = webhook;
    if (webhook.configFile !== undefined) return { configFile: webhook.configFile, version, cacheTtl };
    const configFile = join(folder, `webhook-${index + 1}.kubeconfig`);
    const shown = user?.(backend, folder) ?? { token: backend.callerToken };
    const server = url?.(backend) ?? backend.url;
    writeFileSync(configFile, kubeconfigOf(server, backend.authority.ca, shown), { mode: 0o600 });
    return { configFile, version, cacheTtl };
  }

  try {
    const [first, ...others] = webhooks;
    const controlPlane = await startControlPlane({
      etcd: binaries.etcd,
      apiserver: options.apiserver ?? defaultApiserver(binaries),
      folder: join(folder, "control-plane"),
      webhooks: [flagsOf(first, 0), ...others.map((webhook, index) => flagsOf(webhook, index + 1))],
      flags,
    });
    const { credentials, apiservers, create, restart } = controlPlane;
    return {
      credentials,
      apiservers,
      create,
      restart: (index, webhook) => restart(index, flagsOf(webhook, index)),
      binaries,
      backend,
      folder,
      async stop() {
        await controlPlane.stop();
        await backend.stop();
        removeFolder(folder);
      },
    };
  } catch (error) {
    await backend.stop();
    throw error;
  }
}

function defaultApiserver({ apiservers }: Binaries): string {
  const wanted = process.env["E2E_KUBERNETES"] || apiservers[0].version;
  const found = apiservers.find(({ version }) => version === wanted);
  if (found === undefined) throw new Error(`E2E_KUBERNETES: kube-apiserver ${wanted} not found`);
  return found.path;
}

let minted = 0;

/** A new token of the local identity `name`, which no cache contains. */
export function freshToken(name: string): Promise<string> {
  minted += 1;
  // STS ignores X-Amz-Expires; without it, two tokens of the same second would be identical
  const expiresIn = 1 + (minted % 900);
  return mintToken({ identity: localIdentity(name), clusterId: CLUSTER_ID, region: REGION, expiresIn });
}

/** Logs can be kept for debugging. */
const KEPT = process.env["E2E_FOLDER"];

function createFolder(): string {
  if (KEPT) mkdirSync(KEPT, { recursive: true });
  return mkdtempSync(join(KEPT || tmpdir(), "iam-authenticator-e2e-"));
}

function removeFolder(folder: string): void {
  if (!KEPT) rmSync(folder, { recursive: true });
}
