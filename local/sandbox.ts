// Starts the `npm start` sandbox: local AWS services, the function, the issuer, the gateway, and a folder of files for the
// user.

import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { DISCOVERY_PATH, JWKS_PATH } from "../functions/issuer/documents.ts";
import { startNodeInstance } from "./aws/ec2.ts";
import { DEFAULT_LOGS_THROUGHPUT, eventsOfFile, startLogs } from "./aws/logs/logs.ts";
import { DEFAULT_THROUGHPUT, startParameterStore } from "./aws/parameter-store/parameter-store.ts";
import { startSts } from "./aws/sts/sts.ts";
import { createCertificateAuthority } from "./certificates.ts";
import { type LocalFunction, localServices, startFunction } from "./function.ts";
import { startGateway } from "./gateway/gateway.ts";
import { type LocalIdentity, localIdentities, localIdentity } from "./identities.ts";
import { localPodRole, localProvider, publishServiceAccountKey } from "./service-account.ts";
import {
  CLUSTER_ID,
  keepSecret,
  LOG_GROUP,
  REGION,
  readSecret,
  readWebhook,
  SAMPLE_MAPPINGS,
  type SandboxFiles,
  TOKEN_ISSUERS,
  writeWebhook,
} from "./webhook.ts";

interface IssuerOptions {
  readonly clusterId: string;
  readonly region: string;
  readonly storeUrl: string;
  readonly logFile: string;
  /** Whose credentials the issuer has. */
  readonly identity: LocalIdentity;
  /** Default 0: any free port. */
  readonly port?: number;
}

export interface LocalIssuer {
  /** The `iss` of tokens. */
  readonly url: string;
  /** The authority of its TLS certificate, PEM. */
  readonly ca: string;
  /** The next request starts a new execution environment with an empty cache. */
  redeploy(): void;
  close(): Promise<void>;
}

/** Runs the issuer's bundle on 127.0.0.1, behind a local API Gateway with TLS, which STS requires. */
export async function startIssuer(options: IssuerOptions): Promise<LocalIssuer> {
  const { clusterId, region, storeUrl, logFile, identity, port = 0 } = options;
  const authority = createCertificateAuthority();
  let running: LocalFunction | undefined;
  const gateway = await startGateway({
    port,
    tls: authority.server(),
    routes: [`GET ${DISCOVERY_PATH}`, `GET ${JWKS_PATH}`],
    // As on Lambda, the first request starts the environment, which reads the keys during initialization.
    handler: (event, context) => {
      running ??= startFunction(
        { CLUSTER_ID: clusterId, ISSUER_URL: gateway.url, ...localServices(region, { store: storeUrl }, identity) },
        logFile,
        "issuer",
      );
      return running.handler(event, context);
    },
  });

  return {
    url: gateway.url,
    ca: authority.ca,
    redeploy() {
      running?.close();
      running = undefined;
    },
    async close() {
      await gateway.close();
      running?.close();
    },
  };
}

export interface Sandbox {
  /** The webhook URL, for TokenReviews. */
  readonly endpoint: string;
  readonly stsUrl: string;
  readonly parameterStoreUrl: string;
  readonly issuerUrl: string;
  /** CloudWatch Logs, with the function's log as LOG_GROUP. */
  readonly logsUrl: string;
  readonly functionPid: number | undefined;
  close(): Promise<void>;
}

/**
 * Creates missing files and keeps mappings of an earlier start. `standby` is running, and has the same caller and keys.
 * `bridge`: STS and Parameter Store also listen at this address, for containers.
 */
export async function startSandbox(
  files: SandboxFiles,
  standbyFiles?: SandboxFiles,
  bridge?: string,
): Promise<Sandbox> {
  const standby = standbyFiles && readWebhook(standbyFiles);
  const secret = keepSecret(files, standbyFiles && readSecret(standbyFiles));
  const [identities, identity] = [localIdentities(secret), localIdentity("function", secret)];
  mkdirSync(files.reviews, { recursive: true });
  for (const log of [files.log, files.issuerLog]) rmSync(log, { force: true });
  if (!existsSync(files.mappings)) {
    cpSync(SAMPLE_MAPPINGS, files.mappings, { recursive: true });
  }
  publishServiceAccountKey(files);
  const prefix = `/iam-authenticator/${CLUSTER_ID}`;
  const store = await onPort(8322, (port) =>
    startParameterStore({
      port,
      bridge,
      identities,
      region: REGION,
      folder: files.mappings,
      prefix,
      throughput: DEFAULT_THROUGHPUT,
    }),
  );
  const issuer = await onPort(8324, (port) =>
    startIssuer({
      port,
      identity,
      region: REGION,
      clusterId: CLUSTER_ID,
      storeUrl: store.url,
      logFile: files.issuerLog,
    }),
  );
  writeFileSync(files.issuerCa, issuer.ca);
  const provider = localProvider(issuer.url);
  const webIdentity = { providers: [provider], roles: [localPodRole(provider)], ca: issuer.ca };
  const sts = await onPort(8321, (port) =>
    startSts({ port, bridge, identities, webIdentity, signedTokens: { issuers: TOKEN_ISSUERS } }),
  );
  const ec2 = await onPort(8323, (port) => startNodeInstance({ port, identities, region: REGION }));
  const authenticator = startFunction(
    {
      CLUSTER_ID,
      CALLER_AUTH: "bearer",
      JWT_ISSUERS: Array.from(TOKEN_ISSUERS, (pair) => pair.join("=")).join(),
      JWT_KEYS_ENDPOINT: sts.url,
      ...localServices(REGION, { sts: sts.url, store: store.url, ec2: ec2.url }, identity),
    },
    files.log,
  );
  const groups = { [LOG_GROUP]: () => eventsOfFile(files.log) };
  const logs = await onPort(8325, (port) =>
    startLogs({ port, identities, region: REGION, groups, throughput: DEFAULT_LOGS_THROUGHPUT }),
  );
  const gateway = await onPort(8320, (port) => startGateway({ ...authenticator, port, failoverUrl: standby?.server }));
  const endpoint = `${gateway.url}/authenticate`;
  writeWebhook(files, endpoint, standby?.token);
  return {
    endpoint,
    stsUrl: sts.url,
    parameterStoreUrl: store.url,
    issuerUrl: issuer.url,
    logsUrl: logs.url,
    functionPid: authenticator.pid,
    async close() {
      await Promise.all([gateway.close(), issuer.close()]);
      authenticator.close();
      await Promise.all([sts.close(), store.close(), ec2.close(), logs.close()]);
    },
  };
}

/** Uses `port`, so that kubeconfigs stay valid across restarts, or any free port if it is in use. */
async function onPort<T>(port: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return start(0);
    throw error;
  }
}
