// Groups the headers of a request by name and adds those of API Gateway.

import type { GatewayRequest } from "./request.ts";

export interface Header {
  /** In the spelling that the client used first. */
  readonly name: string;
  readonly values: string[];
}

/** Not forwarded (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Keys are lower-case names, in order of first appearance. */
export function collectHeaders(request: GatewayRequest): Map<string, Header> {
  const headers = new Map<string, Header>();
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    const value = request.rawHeaders[index + 1] ?? "";
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key)) continue;
    const known = headers.get(key);
    if (known === undefined) headers.set(key, { name, values: [value] });
    else known.values.push(value);
  }
  addForwarded(headers, request);
  return headers;
}

/** As on AWS: always HTTPS and port 443; the client's address is last in X-Forwarded-For. */
function addForwarded(headers: Map<string, Header>, request: GatewayRequest): void {
  const forwardedFor = [...(headers.get("x-forwarded-for")?.values ?? []), request.sourceIp].join(", ");
  for (const [name, value] of [
    ["X-Amzn-Trace-Id", request.traceId],
    ["X-Forwarded-For", forwardedFor],
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Proto", "https"],
  ] as const) {
    headers.set(name.toLowerCase(), { name, values: [value] });
  }
}
