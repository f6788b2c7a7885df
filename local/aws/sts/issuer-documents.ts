// Fetches an issuer's discovery document and keys as STS does: over TLS, within 5 s, from public addresses.
// https://openid.net/specs/openid-connect-discovery-1_0.html

import { lookup } from "node:dns/promises";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { BlockList, isIP } from "node:net";
import type { JSONWebKeySet } from "jose";
import { readBody } from "../http-server.ts";
import { identityProviderUnreachable, noVerificationKey } from "./protocol.ts";

export interface IssuerAccess {
  /** Authority of an issuer on this machine, PEM; public issuers need a public authority. */
  readonly ca?: string | undefined;
  /** For both documents; default 5 s: https://repost.aws/knowledge-center/iam-sts-invalididentitytoken */
  readonly timeoutMs?: number | undefined;
}

const MAX_BYTES = 64 * 1024;

/** Does not cache keys. STS's caching is not documented. */
export async function fetchIssuerKeys(issuer: string, { ca, timeoutMs = 5_000 }: IssuerAccess): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(timeoutMs);
  const discovery = await fetchJson(`${issuer}/.well-known/openid-configuration`, ca, signal);
  if (discovery["issuer"] !== issuer || typeof discovery["jwks_uri"] !== "string") throw noVerificationKey();
  const { keys } = await fetchJson(discovery["jwks_uri"], ca, signal);
  if (!Array.isArray(keys)) throw noVerificationKey();
  return { keys };
}

async function fetchJson(
  address: string,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const url = URL.parse(address);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") throw noVerificationKey();
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const resolved = await resolve(host);
  // IAM rejects URLs with a port, but an issuer on this machine needs one
  if (kindOf(resolved) === "private" || (kindOf(resolved) === "public" && url.port !== "")) throw noVerificationKey();

  let response: IncomingMessage;
  try {
    const request = get(url, {
      agent: false,
      signal,
      headers: { accept: "application/json" },
      // connects to the checked address, even if the name now resolves to another
      lookup: (_, __, done) => done(null, [{ address: resolved, family: isIP(resolved) }]),
      ...(kindOf(resolved) === "loopback" && ca !== undefined && { ca }),
    });
    [response] = (await once(request, "response")) as [IncomingMessage];
  } catch {
    throw signal.aborted ? noVerificationKey() : identityProviderUnreachable();
  }
  // redirects are not followed
  if (response.statusCode !== 200) {
    response.destroy();
    throw noVerificationKey();
  }
  try {
    const document: unknown = JSON.parse(String(await readBody(response, MAX_BYTES)));
    if (typeof document === "object" && document !== null) return document as Record<string, unknown>;
  } catch {
    // truncated, late, too large, or not JSON
  }
  throw noVerificationKey();
}

async function resolve(host: string): Promise<string> {
  try {
    return (await lookup(host, { order: "ipv4first" })).address;
  } catch {
    throw identityProviderUnreachable();
  }
}

/** Networks that STS cannot reach: https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-. */
const PRIVATE = new BlockList();

for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
  ["::", 128],
  ["64:ff9b:1::", 48],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, familyOf(network));
}

const LOOPBACK = new BlockList();

LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");

LOOPBACK.addAddress("::1", "ipv6");

/** The kind of network of an IP address. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) is treated as IPv4. */
function kindOf(address: string): "public" | "loopback" | "private" {
  const family = familyOf(address);
  if (LOOPBACK.check(address, family)) return "loopback";
  return PRIVATE.check(address, family) ? "private" : "public";
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
