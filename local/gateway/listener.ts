// The gateway's HTTP or HTTPS server, with the TLS rules of API Gateway.

import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

export interface GatewayTls {
  /** The server's certificate and key, PEM. */
  readonly cert: string;
  readonly key: string;
  /** The truststore: authorities that may issue client certificates, PEM. */
  readonly ca?: string;
  readonly requireClientCertificate?: boolean;
}

/** Above the gateway's limit, so that the gateway sends the error. */
const MAX_HEADER_SIZE = 64 * 1024;

/** Without `tls`: plain HTTP. */
export function createListener(tls: GatewayTls | undefined, listener: RequestListener): Server {
  if (tls === undefined) return createServer({ maxHeaderSize: MAX_HEADER_SIZE }, listener);
  const { requireClientCertificate = false, ...credentials } = tls;
  const server = createTlsServer(
    {
      ...credentials,
      maxHeaderSize: MAX_HEADER_SIZE,
      requestCert: requireClientCertificate,
      // API Gateway completes the handshake with an untrusted certificate, then returns 403
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
    },
    (incoming, response) => {
      // Node may still parse a request that arrived with the end of the handshake
      if (!requireClientCertificate || !isAnonymous(incoming.socket)) listener(incoming, response);
    },
  );
  if (requireClientCertificate) server.on("secureConnection", cutAnonymous);
  return server;
}

/** As API Gateway does, closes the connection of a client without a certificate. */
function cutAnonymous(socket: TLSSocket): void {
  if (isAnonymous(socket)) socket.destroy();
}

function isAnonymous(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) || socket.getPeerX509Certificate() === undefined;
}
