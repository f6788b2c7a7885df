// Fields of events: names and ids that AWS would assign, time, query and headers.

import type { GatewayRequest } from "./request.ts";

export const ACCOUNT_ID = "123456789012";
export const REGION = "us-east-1";
export const API_ID = "localgw123";
export const DOMAIN_PREFIX = API_ID;
export const DOMAIN_NAME = `${API_ID}.execute-api.${REGION}.amazonaws.com`;
export const FUNCTION_NAME = "authenticator";

/** For example `24/Nov/2026:16:01:02 +0000`: Apache's log format, always UTC. */
export function requestTime(time: number): string {
  const [, day, month, year, clock] = new Date(time).toUTCString().split(" ");
  return `${day}/${month}/${year}:${clock} +0000`;
}

/** All values of each name, in the order of the query; `undefined` without parameters. */
export function parseQuery(query: string): Record<string, string[]> | undefined {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values.size === 0 ? undefined : Object.fromEntries(values);
}

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
