// Runs the issuer's bundle behind a local API Gateway.

import { DISCOVERY_PATH, JWKS_PATH } from "../functions/issuer/documents.ts";
import { type LocalFunction, localServices, startFunction } from "./function.ts";
import { startGateway } from "./gateway/gateway.ts";
import type { LocalIdentity } from "./identities.ts";
import { createServerCertificate, type ServerCertificate } from "./sandbox-files.ts";

interface IssuerOptions {
  readonly clusterId: string;
  readonly region: string;
  readonly storeUrl: string;
  readonly logFile: string;
  /** Whose credentials the issuer has. */
  readonly identity: LocalIdentity;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: a new one. */
  readonly certificate?: ServerCertificate;
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

/**
 * Runs the issuer's bundle on 127.0.0.1, behind a local API Gateway with TLS, which STS requires.
 */
export async function startIssuer(options: IssuerOptions): Promise<LocalIssuer> {
  const { clusterId, region, storeUrl, logFile, identity, port = 0 } = options;
  const { ca, ...tls } = options.certificate ?? createServerCertificate();
  let running: LocalFunction | undefined;
  const gateway = await startGateway({
    port,
    tls,
    routes: [`GET ${DISCOVERY_PATH}`, `GET ${JWKS_PATH}`],
    // As on Lambda, the first request starts the environment, which reads the keys during
    // initialization.
    handler: (event, context) => {
      running ??= startFunction(
        {
          CLUSTER_ID: clusterId,
          ISSUER_URL: gateway.url,
          ...localServices(region, { store: storeUrl }, identity),
        },
        logFile,
        "issuer",
      );
      return running.handler(event, context);
    },
  });

  return {
    url: gateway.url,
    ca,
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
