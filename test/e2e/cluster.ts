// Starts a complete system: local AWS, the built bundle behind a TLS gateway, and a control plane
// that uses it.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import { mintToken } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { localIdentity } from "../local-aws.ts";
import { findBinaries } from "./binaries/binaries.ts";
import {
  type Backend,
  type BackendOptions,
  type ReviewLine,
  sandboxMappings,
  startBackend,
} from "./cluster/backend.ts";
import { whoIs } from "./control-plane/api.ts";
import type { RunningApiserver, WebhookFlags } from "./control-plane/apiserver.ts";
import { eventually } from "./control-plane/process.ts";
import {
  createFolder,
  type Kubernetes,
  type KubernetesOptions,
  removeFolder,
  startKubernetes,
} from "./kubernetes.ts";

/** The webhook of one kube-apiserver; each part has a default. */
export interface WebhookOptions extends Partial<Pick<WebhookFlags, "version" | "cacheTtl">> {
  readonly configFile?: string;
  readonly url?: (backend: Backend) => string;
  readonly user?: (backend: Backend, folder: string) => Readonly<Record<string, string>>;
}

export interface ClusterOptions
  extends Partial<Omit<BackendOptions, "folder">>,
    Pick<KubernetesOptions, "version" | "flags"> {
  /** One kube-apiserver per webhook; default one. */
  readonly webhooks?: readonly [WebhookOptions, ...WebhookOptions[]];
}

export type Cluster = Awaited<ReturnType<typeof startCluster>>;

/** Short, so that tests use this project's cache instead of kube-apiserver's. */
const CACHE_TTL = "1s";

export async function startCluster(options: ClusterOptions = {}) {
  const { webhooks = [{}], flags = [], version } = options;
  const folder = createFolder();
  const backend = await startBackend({ parameters: sandboxMappings(), ...options, folder });
  const started: Kubernetes[] = [];
  const apiservers: RunningApiserver[] = [];

  function flagsOf(webhook: WebhookOptions, index: number): WebhookFlags {
    const { version = "v1", cacheTtl = CACHE_TTL, user, url } = webhook;
    if (webhook.configFile !== undefined)
      return { configFile: webhook.configFile, version, cacheTtl };
    const configFile = join(folder, `webhook-${index + 1}.kubeconfig`);
    const shown = user?.(backend, folder) ?? { token: backend.callerToken };
    const server = url?.(backend) ?? backend.url;
    writeFileSync(configFile, kubeconfigOf(server, backend.authority.ca, shown), { mode: 0o600 });
    return { configFile, version, cacheTtl };
  }

  async function start(index: number, options: WebhookOptions, port?: number): Promise<void> {
    const webhook = flagsOf(options, index);
    const kubernetes = await startKubernetes({ version, flags, webhook, port, beside: started[0] });
    started.push(kubernetes);
    apiservers[index] = kubernetes.endpoint;
  }

  async function stop(): Promise<void> {
    // The first one has etcd.
    for (const kubernetes of started.toReversed()) await kubernetes.stop();
    await backend.stop();
    removeFolder(folder);
  }

  try {
    // In sequence: the first one creates the default objects in etcd.
    for (const [index, webhook] of webhooks.entries()) await start(index, webhook);
    const [first = assert.fail()] = started;
    return {
      ...first,
      apiservers: apiservers as [RunningApiserver, ...RunningApiserver[]],
      /** Restarts a kube-apiserver at the same URL with another webhook. */
      async restart(index: number, webhook: WebhookOptions): Promise<void> {
        const { url, stop } = apiservers[index] ?? assert.fail();
        await stop();
        await start(index, webhook, Number(new URL(url).port));
      },
      binaries: findBinaries(),
      backend,
      /** For certificates and kubeconfigs. */
      folder,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

let minted = 0;

/** A new token of the local identity `name`, which no cache contains. */
export function freshToken(name: string): Promise<string> {
  minted += 1;
  // STS ignores X-Amz-Expires; without it, two tokens of the same second would be identical
  const expiresIn = 1 + (minted % 900);
  return mintToken({
    identity: localIdentity(name),
    clusterId: CLUSTER_ID,
    region: REGION,
    expiresIn,
  });
}

/** The username of a new token of `name` at a kube-apiserver; `undefined` for a 401. */
export async function login(
  apiserver: RunningApiserver | undefined,
  name = "alice",
): Promise<string | undefined> {
  return (await whoIs(apiserver ?? assert.fail(), await freshToken(name)))?.username;
}

export async function reviewsOf(
  { backend }: Cluster,
  action: () => Promise<unknown>,
): Promise<ReviewLine[]> {
  const before = backend.reviews().length;
  await action();
  return backend.reviews().slice(before);
}

/** Waits for the last refusal in kube-apiserver's log that has this reason. */
export function loggedRefusal(
  apiserver: RunningApiserver | undefined,
  reason: RegExp,
): Promise<string> {
  const isRefusal = (line: string) => line.includes('"Unable to authenticate the request"');
  return eventually(`kube-apiserver logs ${reason}`, 40_000, () => {
    const refusals = apiserver?.log().split("\n").filter(isRefusal) ?? [];
    const found = refusals.findLast((line) => reason.test(line));
    // The cause, if the time is over.
    if (found === undefined) throw new Error(refusals.at(-1) ?? "kube-apiserver logs no refusal");
    return found;
  });
}
