// Runs the issuer's bundle behind a local API Gateway with TLS, which STS requires.

import { DISCOVERY_PATH, JWKS_PATH } from "../functions/issuer/documents.ts";
import { createCertificateAuthority } from "./certificates.ts";
import { type LocalFunction, localServices, startFunction } from "./function.ts";
import { startGateway } from "./gateway/gateway.ts";

export interface IssuerOptions {
  readonly clusterId: string;
  readonly region: string;
  readonly storeUrl: string;
  readonly logFile: string;
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

/** Starts on 127.0.0.1. */
export async function startIssuer(options: IssuerOptions): Promise<LocalIssuer> {
  const { clusterId, region, storeUrl, logFile, port = 0 } = options;
  const authority = createCertificateAuthority();
  let running: LocalFunction | undefined;
  const gateway = await startGateway({
    port,
    tls: authority.server(),
    routes: [`GET ${DISCOVERY_PATH}`, `GET ${JWKS_PATH}`],
    // As on Lambda, the first request starts the environment, which reads the keys during initialization.
    handler: (event, context) => {
      running ??= startFunction(
        { CLUSTER_ID: clusterId, ISSUER_URL: gateway.url, ...localServices(region, { store: storeUrl }) },
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
