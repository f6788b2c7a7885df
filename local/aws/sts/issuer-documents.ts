// Fetches the discovery document and keys of an issuer on this machine as STS does those of a
// public one: over TLS, within 5 s.
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
  /** Authority of the issuer, PEM. */
  readonly ca?: string | undefined;
  /**
   * For both documents; default 5 s:
   * https://repost.aws/knowledge-center/iam-sts-invalididentitytoken
   */
  readonly timeoutMs?: number | undefined;
}

const MAX_BYTES = 64 * 1024;

/** Returns the keys, which it does not cache. STS's caching is not documented. */
export async function fetchIssuerKeys(
  issuer: string,
  { ca, timeoutMs = 5_000 }: IssuerAccess,
): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(timeoutMs);
  const discovery = await fetchJson(`${issuer}/.well-known/openid-configuration`, ca, signal);
  if (discovery["issuer"] !== issuer || typeof discovery["jwks_uri"] !== "string")
    throw noVerificationKey();
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
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "")
    throw noVerificationKey();
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const resolved = await resolve(host);
  // STS reaches only public issuers, for which those of this machine stand in.
  if (!isLoopback(resolved)) throw noVerificationKey();

  let response: IncomingMessage;
  try {
    const request = get(url, {
      agent: false,
      signal,
      headers: { accept: "application/json" },
      // Connects to the checked address, even if the name now resolves to another.
      lookup: (_, __, done) => done(null, [{ address: resolved, family: isIP(resolved) }]),
      ...(ca !== undefined && { ca }),
    });
    [response] = (await once(request, "response")) as [IncomingMessage];
  } catch {
    throw signal.aborted ? noVerificationKey() : identityProviderUnreachable();
  }
  // Redirects are not followed.
  if (response.statusCode !== 200) {
    response.destroy();
    throw noVerificationKey();
  }
  try {
    const document: unknown = JSON.parse(String(await readBody(response, MAX_BYTES)));
    if (typeof document === "object" && document !== null)
      return document as Record<string, unknown>;
  } catch {
    // Truncated, late, too large, or not JSON.
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

const LOOPBACK = new BlockList();

LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");

LOOPBACK.addAddress("::1", "ipv6");

/**
 * Returns whether it is an address of this machine. An IPv4-mapped IPv6 address
 * (`::ffff:127.0.0.1`) is treated as IPv4.
 */
function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}
