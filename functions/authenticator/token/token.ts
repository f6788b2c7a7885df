// Offline reading of a `k8s-aws-v1.` token: every rule that needs no network, in one place.

import { TokenHostRefused, TokenMalformed } from "../../errors.ts";
import type { EpochMs } from "../../lib/deadline.ts";
import { decodeBase64Url } from "./encoding.ts";
import { formatQuery, parseQuery } from "./query.ts";
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

/** Well formed, and nothing more: who signed it is for STS to say. */
export interface UnverifiedToken {
  /** Chosen by the client; true only once STS has accepted the signature. */
  readonly accessKeyId: string;
  readonly host: string;
  /** Path and query to send, rebuilt from the validated parts. Holds the signature: never log it. */
  readonly target: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: EpochMs;
}

const PREFIX = "k8s-aws-v1.";
const MAX_BYTES = 4096;

/** Whether this is a token for us at all; any other kind (service account, OIDC) passes by. */
export function hasTokenPrefix(text: string): boolean {
  return text.startsWith(PREFIX);
}

// `URL` would also take other schemes, hosts in other spellings, userinfo, ports, fragments and backslashes.
const PRESIGNED_URL = /^https:\/\/([^/?#]*)\/\?([^#]*)$/;

/** Throws a `Denial` that names the rule. `now` in milliseconds since 1970. */
export function parseToken(text: string, hosts: StsHosts, now: EpochMs): UnverifiedToken {
  if (!hasTokenPrefix(text)) throw new TokenMalformed(`does not begin with ${PREFIX}`);
  if (Buffer.byteLength(text) > MAX_BYTES) throw new TokenMalformed(`longer than ${MAX_BYTES} bytes`);
  const decoded = decodeBase64Url(text.slice(PREFIX.length));
  if (decoded === undefined) throw new TokenMalformed("not canonical unpadded base64url after the prefix");
  const [, host, queryText] = PRESIGNED_URL.exec(decoded) ?? [];
  if (host === undefined || queryText === undefined) throw new TokenMalformed("not exactly https://<host>/?<query>");
  if (!hosts.regionByHost.has(host)) {
    throw new TokenHostRefused("the host is not an STS endpoint that is accepted here");
  }

  const query = parseQuery(queryText);
  checkFixedValues(query);
  const { accessKeyId, region } = checkCredential(query);
  checkRegion(region, hosts.regionByHost.get(host), hosts.regions);
  const { expiresAt } = checkDate(query, now);
  checkExpires(query);
  checkSignedHeaders(query);
  checkSignature(query);
  return { accessKeyId, host, target: `/?${formatQuery(query)}`, expiresAt };
}
