// Parses a `k8s-aws-v1.` token and checks every rule that needs no network.

import { denial } from "../../errors.ts";
import type { EpochMs } from "../../lib/deadline.ts";
import { decodeBase64Url } from "./encoding.ts";
import { formatQuery, parseTokenQuery } from "./query.ts";
import {
  checkCredential,
  checkDate,
  checkExpires,
  checkFixedValues,
  checkRegion,
  checkSignature,
  checkSignedHeaders,
} from "./signing-rules.ts";
import type { StsHosts } from "./sts-hosts.ts";

/** A well-formed token. Only STS can verify its signer. */
export interface UnverifiedToken {
  /** Chosen by the client. Verified only after STS has accepted the signature. */
  readonly accessKeyId: string;
  readonly host: string;
  /** Path and query to send, rebuilt from validated parts. Contains the signature: never log it. */
  readonly target: string;
  readonly expiresAt: EpochMs;
}

const PREFIX = "k8s-aws-v1.";
const MAX_BYTES = 4096;

/**
 * Returns false for other kinds of token (service account, OIDC), which other authenticators
 * handle.
 */
export function hasTokenPrefix(text: string): boolean {
  return text.startsWith(PREFIX);
}

// `URL` would also accept other schemes, other spellings of hosts, userinfo, ports, fragments and
// backslashes.
const PRESIGNED_URL = /^https:\/\/([^/?#]*)\/\?([^#]*)$/;

/** Returns the parts of a token. Throws a `Denial` that names the rule. */
export function parseToken(text: string, hosts: StsHosts, now: EpochMs): UnverifiedToken {
  if (!hasTokenPrefix(text)) throw denial("token_malformed", `does not begin with ${PREFIX}`);
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw denial("token_malformed", `longer than ${MAX_BYTES} bytes`);
  const decoded = decodeBase64Url(text.slice(PREFIX.length));
  if (decoded === undefined)
    throw denial("token_malformed", "not canonical unpadded base64url after the prefix");
  const [, host = "", queryText] = PRESIGNED_URL.exec(decoded) ?? [];
  if (queryText === undefined)
    throw denial("token_malformed", "not exactly https://<host>/?<query>");
  if (!hosts.regionByHost.has(host)) {
    throw denial("token_host_refused", "the host is not an accepted STS endpoint");
  }

  const query = parseTokenQuery(queryText);
  checkFixedValues(query);
  const { accessKeyId, region } = checkCredential(query);
  checkRegion(region, hosts.regionByHost.get(host), hosts.regions);
  const { expiresAt } = checkDate(query, now);
  checkExpires(query);
  checkSignedHeaders(query);
  checkSignature(query);
  return { accessKeyId, host, target: `/?${formatQuery(query)}`, expiresAt };
}
