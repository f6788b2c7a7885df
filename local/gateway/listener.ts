// The server in front of the gateway, with the TLS rules of API Gateway.

import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

export interface GatewayTls {
  /** The server's certificate and key, PEM. */
  readonly cert: string;
  readonly key: string;
  /** The truststore: who may have issued client certificates, PEM. */
  readonly ca?: string;
  readonly requireClientCertificate?: boolean;
}

/** More than the gateway's own limit, so that it is the gateway that refuses. */
const MAX_HEADER_SIZE = 64 * 1024;

/** Plain HTTP without `tls`. */
export function createListener(tls: GatewayTls | undefined, listener: RequestListener): Server {
  if (tls === undefined) return createServer({ maxHeaderSize: MAX_HEADER_SIZE }, listener);
  const { requireClientCertificate = false, ...credentials } = tls;
  const server = createTlsServer(
    {
      ...credentials,
      maxHeaderSize: MAX_HEADER_SIZE,
      requestCert: requireClientCertificate,
      // an untrusted certificate passes the handshake, since API Gateway answers it with 403
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
    },
    (incoming, response) => {
      // a request that came with the end of the handshake may still be parsed after the cut
      if (!requireClientCertificate || !isAnonymous(incoming.socket)) listener(incoming, response);
    },
  );
  if (requireClientCertificate) server.on("secureConnection", cutAnonymous);
  return server;
}

/** A client without a certificate never gets to speak HTTP: API Gateway cuts the connection. */
function cutAnonymous(socket: TLSSocket): void {
  if (isAnonymous(socket)) socket.destroy();
}

function isAnonymous(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) || socket.getPeerX509Certificate() === undefined;
}
