// A Kubernetes control plane with etcd and one or more kube-apiservers, without kubelet.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type ApiEndpoint, callApi } from "./control-plane/api.ts";
import { type RunningApiserver, startApiserver, type WebhookFlags } from "./control-plane/apiserver.ts";
import { type ControlPlaneCredentials, createCredentials } from "./control-plane/credentials.ts";
import { type Etcd, startEtcd } from "./control-plane/etcd.ts";

export interface ControlPlaneOptions {
  /** Paths of programs. */
  readonly etcd: string;
  readonly apiserver: string;
  /** Folder for certificates, logs and data. */
  readonly folder: string;
  /** One kube-apiserver per webhook. */
  readonly webhooks: readonly [WebhookFlags, ...WebhookFlags[]];
  /** Additional flags of kube-apiserver. */
  readonly flags?: readonly string[];
  /** kube-apiserver's complete environment; default: empty. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ControlPlane {
  readonly credentials: ControlPlaneCredentials;
  /** In the order of the webhooks. */
  readonly apiservers: readonly [RunningApiserver, ...RunningApiserver[]];
  /** Restarts a kube-apiserver at the same URL with another webhook. Its log is continued. */
  restart(index: number, webhook: WebhookFlags): Promise<void>;
  /** Creates Kubernetes objects as a member of system:masters, at the first kube-apiserver. */
  create(path: string, object: object): Promise<void>;
  stop(): Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { folder, webhooks, flags = [], environment = {} } = options;
  mkdirSync(folder, { recursive: true });
  const credentials = createCredentials(join(folder, "pki"));
  const etcd = await startEtcd(options.etcd, folder);
  const running: RunningApiserver[] = [];

  async function start(index: number, webhook: WebhookFlags, port?: number): Promise<void> {
    const logFile = join(folder, `kube-apiserver-${index + 1}.log`);
    const common = { command: options.apiserver, etcdUrl: etcd.url, credentials, folder, flags, environment };
    running[index] = await startApiserver({ ...common, webhook, logFile, ...(port !== undefined && { port }) });
  }

  async function restart(index: number, webhook: WebhookFlags): Promise<void> {
    const apiserver = running[index];
    if (apiserver === undefined) throw new Error(`kube-apiserver ${index} not found`);
    await apiserver.stop();
    await start(index, webhook, Number(new URL(apiserver.url).port));
  }

  try {
    // In sequence: the first one creates the default objects in etcd.
    for (const [index, webhook] of webhooks.entries()) await start(index, webhook);
    const apiservers = running as [RunningApiserver, ...RunningApiserver[]];
    return {
      credentials,
      apiservers,
      restart,
      create: (path, object) => create(apiservers[0], credentials, path, object),
      stop: () => stop(etcd, running),
    };
  } catch (error) {
    await stop(etcd, running);
    throw error;
  }
}

async function stop(etcd: Etcd, apiservers: readonly RunningApiserver[]): Promise<void> {
  await Promise.all(apiservers.map((apiserver) => apiserver.stop()));
  await etcd.stop();
}

async function create(
  endpoint: ApiEndpoint,
  { admin }: ControlPlaneCredentials,
  path: string,
  object: object,
): Promise<void> {
  const { status, body } = await callApi(endpoint, admin, "POST", path, object);
  if (status !== 201) throw new Error(`${path}: kube-apiserver answered ${status}: ${JSON.stringify(body)}`);
}
