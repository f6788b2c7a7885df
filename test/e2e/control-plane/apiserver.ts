// Starts a kube-apiserver with a webhook token authenticator, and creates the credentials that
// those of a cluster share.

import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { freePort } from "../../free-port.ts";
import { type ApiEndpoint, callApi } from "./api.ts";
import { eventually, type ServerProcess, startServer } from "./process.ts";

/** The flags `--authentication-token-webhook-*`. */
export interface WebhookFlags {
  readonly configFile: string;
  readonly version: "v1" | "v1beta1";
  /** Cache time as a Go duration; kube-apiserver's default is `2m`. */
  readonly cacheTtl: string;
}

export interface ApiserverOptions {
  readonly command: string;
  readonly etcdUrl: string;
  readonly credentials: ControlPlaneCredentials;
  readonly webhook?: WebhookFlags | undefined;
  readonly serviceAccountIssuer?: string | undefined;
  readonly logFile: string;
  readonly folder: string;
  readonly port?: number | undefined;
  readonly flags?: readonly string[];
}

export interface RunningApiserver extends ApiEndpoint, Pick<ServerProcess, "log" | "stop"> {}

/** The issuer of service account tokens, and the audience of this API server. */
export const SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc.cluster.local";

const READY_MS = 120_000;

export async function startApiserver(options: ApiserverOptions): Promise<RunningApiserver> {
  const { command, etcdUrl, credentials, webhook, logFile, folder, flags = [] } = options;
  const { serviceAccountIssuer = SERVICE_ACCOUNT_ISSUER } = options;
  const { files } = credentials;
  const port = options.port ?? (await freePort());
  const url = `https://127.0.0.1:${port}`;
  const server = startServer(
    command,
    [
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      // the service `kubernetes` is not used and cannot have a loopback address as endpoint
      "--advertise-address=127.0.0.1",
      "--endpoint-reconciler-type=none",
      `--etcd-servers=${etcdUrl}`,
      `--cert-dir=${folder}`,
      `--tls-cert-file=${files.serverCert}`,
      `--tls-private-key-file=${files.serverKey}`,
      `--client-ca-file=${files.ca}`,
      "--service-cluster-ip-range=10.96.0.0/24",
      `--service-account-issuer=${serviceAccountIssuer}`,
      `--service-account-key-file=${files.serviceAccountKey}`,
      `--service-account-signing-key-file=${files.serviceAccountKey}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      ...(webhook === undefined ? [] : webhookFlags(webhook)),
      ...flags,
    ],
    logFile,
  );
  const endpoint = { url, ca: credentials.ca };
  await eventually("kube-apiserver is ready", READY_MS, async () => {
    server.requireRunning();
    return (await callApi(endpoint, credentials.admin, "GET", "/readyz")).status === 200;
  });
  return { ...endpoint, log: server.log, stop: server.stop };
}

function webhookFlags({ configFile, version, cacheTtl }: WebhookFlags): string[] {
  return [
    `--authentication-token-webhook-config-file=${configFile}`,
    `--authentication-token-webhook-version=${version}`,
    `--authentication-token-webhook-cache-ttl=${cacheTtl}`,
  ];
}

export type ControlPlaneCredentials = ReturnType<typeof createCredentials>;

export function createCredentials(folder: string) {
  const authority = createCertificateAuthority({ subject: { CN: "Kubernetes" } });
  const server = authority.server();
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  mkdirSync(folder, { recursive: true });

  function write(name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  return {
    ca: authority.ca,
    admin: authority.client({ O: "system:masters", CN: "admin" }),
    files: {
      ca: write("ca.crt", authority.ca),
      serverCert: write("server.crt", server.cert),
      serverKey: write("server.key", server.key),
      serviceAccountKey: write(
        "service-accounts.key",
        privateKey.export({ format: "pem", type: "sec1" }).toString(),
      ),
    },
  };
}
