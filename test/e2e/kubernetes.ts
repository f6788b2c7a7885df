// A Kubernetes control plane with etcd and kube-apiserver, without kubelet, and a client for its
// objects.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { callApi } from "./control-plane/api.ts";
import {
  type ApiserverOptions,
  type ControlPlaneCredentials,
  createCredentials,
  startApiserver,
} from "./control-plane/apiserver.ts";
import { startEtcd } from "./control-plane/process.ts";

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [more: string]: unknown;
  };
  readonly [more: string]: unknown;
}

export type Kubernetes = Awaited<ReturnType<typeof startKubernetes>>;

export interface KubernetesOptions extends Pick<ApiserverOptions, "webhook" | "flags" | "port"> {
  /** Default: E2E_KUBERNETES, else the newest. */
  readonly version?: string | undefined;
  /** Paths of etcd and kube-apiserver; default: those of `version`. */
  readonly programs?: { readonly etcd: string; readonly apiserver: string };
  readonly issuer?: string | undefined;
  /** Starts another kube-apiserver on the same etcd; stop it before this one. */
  readonly beside?:
    | { readonly credentials: ControlPlaneCredentials; readonly etcdUrl: string }
    | undefined;
}

/** Logs can be kept for debugging. */
const KEPT = process.env["E2E_FOLDER"];

export function createFolder(): string {
  if (KEPT) mkdirSync(KEPT, { recursive: true });
  return mkdtempSync(join(KEPT || tmpdir(), "iam-authenticator-e2e-"));
}

export function removeFolder(folder: string): void {
  if (!KEPT) rmSync(folder, { recursive: true });
}

export async function startKubernetes(options: KubernetesOptions = {}) {
  const { version = process.env["E2E_KUBERNETES"] ?? "", issuer, beside, ...more } = options;
  const programs = options.programs ?? findPrograms(version);
  const folder = createFolder();
  const credentials = beside?.credentials ?? createCredentials(join(folder, "pki"));
  const etcd = beside === undefined ? await startEtcd(programs.etcd, folder) : undefined;
  const etcdUrl = etcd?.url ?? beside?.etcdUrl ?? "";
  const logFile = join(folder, "kube-apiserver.log");
  const common = {
    command: programs.apiserver,
    etcdUrl,
    credentials,
    folder,
    logFile,
    serviceAccountIssuer: issuer,
  };
  const endpoint = await startApiserver({ ...more, ...common }).catch(async (error: unknown) => {
    await etcd?.stop();
    throw error;
  });
  const { admin } = credentials;
  const call = (method: string, path: string, body?: object) =>
    callApi(endpoint, admin, method, path, body);
  const kubeconfig = join(folder, "admin.conf");
  writeFileSync(kubeconfig, kubeconfigOf(endpoint.url, endpoint.ca, certifiedUser(admin)));

  return {
    endpoint,
    credentials,
    etcdUrl,
    folder,
    kubeconfig,
    call,
    /** Throws on an error status. `query`: for example `?dryRun=All`. */
    async create(object: KubernetesObject, query = ""): Promise<unknown> {
      const { status, body } = await call("POST", `${collection(object)}${query}`, object);
      if (status !== 201) throw new Error(messageOf(body));
      return body;
    },
    async remove(object: KubernetesObject): Promise<void> {
      const { status, body } = await call(
        "DELETE",
        `${collection(object)}/${object.metadata.name}`,
      );
      if (status !== 200) throw new Error(messageOf(body));
    },
    async stop(): Promise<void> {
      await endpoint.stop();
      await etcd?.stop();
      removeFolder(folder);
    },
  };
}

function findPrograms(version: string): { etcd: string; apiserver: string } {
  const { etcd, apiservers } = findBinaries();
  const found = apiservers.find((apiserver) => apiserver.version.startsWith(version));
  if (found === undefined) throw new Error(`kube-apiserver ${version} not found`);
  return { etcd, apiserver: found.path };
}

function collection({ apiVersion, kind, metadata: { namespace } }: KubernetesObject): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = `${kind.toLowerCase().replace(/y$/, "ie")}s`;
  return `${group}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}`;
}

export function certifiedUser({ cert, key }: { readonly cert: string; readonly key: string }) {
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  return { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
}

function messageOf(body: unknown): string {
  return (body as { message?: string }).message ?? JSON.stringify(body);
}
