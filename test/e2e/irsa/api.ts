// A kube-apiserver with a service account issuer, and a client for Kubernetes objects and Pod tokens.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBinaries } from "../binaries/binaries.ts";
import { type ApiAnswer, callApi } from "../control-plane/api.ts";
import { type RunningApiserver, startApiserver } from "../control-plane/apiserver.ts";
import { type ControlPlaneCredentials, createCredentials } from "../control-plane/credentials.ts";
import { startEtcd } from "../control-plane/etcd.ts";

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface Kubernetes {
  readonly endpoint: RunningApiserver;
  readonly credentials: ControlPlaneCredentials;
  readonly etcdUrl: string;
  readonly folder: string;
  call(method: string, path: string, body?: object): Promise<ApiAnswer>;
  /** Throws on an error status. `query`: for example `?dryRun=All`. */
  create(object: KubernetesObject, query?: string): Promise<unknown>;
  remove(object: KubernetesObject): Promise<void>;
  stop(): Promise<void>;
}

export interface KubernetesOptions {
  /** Default: the newest. */
  readonly version?: string;
  readonly issuer?: string;
  readonly flags?: readonly string[];
  /** Starts another kube-apiserver on the same etcd; stop it before this one. */
  readonly beside?: Kubernetes;
}

export async function startKubernetes(options: KubernetesOptions = {}): Promise<Kubernetes> {
  const { version, issuer, flags = [], beside } = options;
  const { etcd: etcdCommand, apiservers } = findBinaries();
  const found = version === undefined ? apiservers[0] : apiservers.find((one) => one.version.startsWith(version));
  if (found === undefined) throw new Error(`kube-apiserver ${version} not found`);
  const folder = mkdtempSync(join(tmpdir(), "irsa-e2e-"));
  const credentials = beside?.credentials ?? createCredentials(join(folder, "pki"));
  const etcd = beside === undefined ? await startEtcd(etcdCommand, folder) : undefined;
  const etcdUrl = etcd?.url ?? beside?.etcdUrl ?? "";
  const endpoint = await startApiserver({
    command: found.path,
    etcdUrl,
    credentials,
    folder,
    logFile: join(folder, "kube-apiserver.log"),
    flags,
    ...(issuer !== undefined && { serviceAccountIssuer: issuer }),
  }).catch(async (error: unknown) => {
    await etcd?.stop();
    throw error;
  });
  const call = (method: string, path: string, body?: object) =>
    callApi(endpoint, credentials.admin, method, path, body);

  return {
    endpoint,
    credentials,
    etcdUrl,
    folder,
    call,
    async create(object, query = "") {
      const { status, body } = await call("POST", `${collection(object)}${query}`, object);
      if (status !== 201) throw new Error(messageOf(body));
      return body;
    },
    async remove(object) {
      const { status, body } = await call("DELETE", `${collection(object)}/${object.metadata.name}`);
      if (status !== 200) throw new Error(messageOf(body));
    },
    async stop() {
      await endpoint.stop();
      await etcd?.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function collection({ apiVersion, kind, metadata: { namespace } }: KubernetesObject): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = `${kind.toLowerCase().replace(/y$/, "ie")}s`;
  return `${group}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}`;
}

function messageOf(body: unknown): string {
  return (body as { message?: string }).message ?? JSON.stringify(body);
}
