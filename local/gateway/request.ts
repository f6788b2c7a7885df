// Reads one HTTP request with API Gateway's limits, ids, and the client certificate as its events
// describe it. The format of the certificate follows the example event in AWS's announcement:
// https://aws.amazon.com/blogs/compute/introducing-mutual-tls-authentication-for-amazon-api-gateway/
//   "subjectDN": "C=US,ST=Washington,L=Seattle,O=Amazon Web Services,OU=Security,CN=My Client",
//   "serialNumber": "1",
//   "validity": {"notAfter": "Aug  5 00:28:21 2120 GMT", "notBefore": "Aug 29 00:28:21 2020 GMT"}

import { randomBytes, type X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { APIGatewayEventClientCertificate } from "aws-lambda";
import { readBody } from "../aws/http-server.ts";

/** Returns the event's `clientCert`. */
export function describeClientCertificate(
  certificate: X509Certificate,
): APIGatewayEventClientCertificate {
  return {
    clientCertPem: certificate.toString(),
    subjectDN: distinguishedName(certificate.subject),
    issuerDN: distinguishedName(certificate.issuer),
    serialNumber: serialNumber(certificate.serialNumber),
    // Node and API Gateway both use OpenSSL's format.
    validity: { notBefore: certificate.validFrom, notAfter: certificate.validTo },
  };
}

/**
 * Returns attributes that are separated by commas, in the order of the certificate (not the reverse
 * order of RFC 2253). Node escapes special characters in values as RFC 2253 does, including line
 * breaks.
 */
function distinguishedName(lines: string): string {
  return lines.split("\n").join(",");
}

/**
 * Returns OpenSSL's format: decimal up to eight bytes, else hex pairs.
 * The announcement shows `1`, the developer guide `a1:a1:...` (16 bytes).
 */
function serialNumber(hex: string): string {
  if (hex.length <= 16) return BigInt(`0x${hex}`).toString();
  return (hex.toLowerCase().match(/../g) ?? []).join(":");
}

export interface GatewayRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Without the question mark; may be empty. */
  readonly query: string;
  readonly protocol: string;
  /** Alternating names and values, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly clientCertificate?: APIGatewayEventClientCertificate;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly requestId: string;
  readonly traceId: string;
}

/** Why the gateway rejects a request. */
export type HttpError = "headers-too-large" | "body-too-large" | "untrusted-certificate";

/*
 * "Total combined size of request line and header values: 10240 bytes" and "Payload size: 10 MB",
 * none adjustable.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
const MAX_HEADER_BYTES = 10_240;

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Returns the complete request, or why the gateway rejects it. `time` is when the request arrived.
 */
export async function readRequest(
  incoming: IncomingMessage,
  time: number,
): Promise<GatewayRequest | HttpError> {
  const { method = "GET", url = "/", rawHeaders, httpVersion, socket } = incoming;
  const secure = socket instanceof TLSSocket ? socket : undefined;
  const peer = secure?.getPeerX509Certificate();
  if (peer !== undefined && secure?.authorized !== true) return "untrusted-certificate";
  if (headerBytes(incoming) > MAX_HEADER_BYTES) return "headers-too-large";
  const body = await readBody(incoming, MAX_BODY_BYTES);
  if (body === undefined) return "body-too-large";

  const [path = "/", ...query] = url.split("?");
  return {
    method,
    path,
    query: query.join("?"),
    protocol: `HTTP/${httpVersion}`,
    rawHeaders,
    body,
    sourceIp: socket.remoteAddress ?? "127.0.0.1",
    ...(peer && { clientCertificate: describeClientCertificate(peer) }),
    time,
    requestId: `${randomBytes(11).toString("base64url")}=`,
    traceId: `Root=1-${Math.floor(time / 1000).toString(16)}-${randomBytes(12).toString("hex")}`,
  };
}

/**
 * Returns the size of the request line and all header lines. AWS does not document whether names
 * count; this assumes that they do.
 */
function headerBytes(incoming: IncomingMessage): number {
  const line = `${incoming.method} ${incoming.url} HTTP/${incoming.httpVersion}\r\n`;
  return (
    Buffer.byteLength(line) +
    incoming.rawHeaders.reduce((sum, part) => sum + Buffer.byteLength(part) + 2, 0)
  );
}
