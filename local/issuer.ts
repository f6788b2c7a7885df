// The issuer's bundle behind a local API Gateway, over TLS as STS asks for it.

import { DISCOVERY_PATH, JWKS_PATH } from "../functions/issuer/documents.ts";
import { createCertificateAuthority } from "./certificates.ts";
import { type LocalFunction, localServices, startFunction } from "./function.ts";
import { startGateway } from "./gateway/gateway.ts";

export interface IssuerOptions {
  readonly clusterId: string;
  readonly region: string;
  readonly storeUrl: string;
  readonly logFile: string;
  /** Default 0: a free one. */
  readonly port?: number;
}

export interface LocalIssuer {
  /** As tokens have it in `iss`. */
  readonly url: string;
  /** Who issued its certificate, PEM. */
  readonly ca: string;
  /** A new execution environment, with nothing cached. */
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
    // As on Lambda, an environment starts with its first request: it reads the keys while it initialises, and not before.
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
