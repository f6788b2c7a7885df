// AWS-signed tokens, and their issuers' keys: a GET without redirects, with one retry, of limited
// size and time. A separate file of the bundle: see lazy.ts.

import type { IncomingMessage } from "node:http";
import { type Agents, get, readText } from "../../aws/connections.ts";
import { SERVICES } from "../../aws/services.ts";
import { fault } from "../../errors.ts";
import type { Clock } from "../../lib/deadline.ts";
import { type Guarded, guard } from "../../lib/guard.ts";
import { failureKind } from "../../lib/retry.ts";
import { type KeySet, parseKeySet } from "../jwt/key-set.ts";
import type { JwtRules } from "../jwt/parse-jwt.ts";
import { createSignedTokens, type SignedTokens } from "../jwt/signed-tokens.ts";
import type { FetchKeySet } from "../jwt/signing-keys.ts";

export interface SignedTokenOptions {
  readonly rules: JwtRules;
  /** Serves the keys of all issuers; `undefined` if each issuer serves its own. */
  readonly endpoint: URL | undefined;
  readonly agents?: Agents;
  readonly clock: Clock;
}

export function createAwsSignedTokens({
  rules,
  endpoint,
  agents,
  clock,
}: SignedTokenOptions): SignedTokens {
  return createSignedTokens(rules, createKeySets(endpoint, agents, clock), clock);
}

/** An account has a few keys, of 0.5 kB each. */
const MAX_BODY_BYTES = 64 * 1024;

/** The issuer answered, but not with keys. A second request would have the same answer. */
class NotAKeySet extends Error {
  override readonly name = "NotAKeySet";
}

/**
 * Returns a function that reads the keys of an issuer. `endpoint` replaces the issuers: the
 * issuer's host becomes the first segment of the path below it. Keeps no connection by default: a
 * second request follows an hour later.
 */
export function createKeySets(
  endpoint: URL | undefined,
  agents: Partial<Agents> = {},
  clock: Clock,
): Guarded<FetchKeySet> {
  async function send(issuer: string, signal: AbortSignal): Promise<KeySet> {
    const url = keySetUrl(issuer, endpoint);
    const asked = { path: url.pathname, headers: { accept: "application/json" } };
    const keys = parseKeySet(await get(url, agents, { ...asked, signal }, readKeySet));
    if (keys === undefined) throw new NotAKeySet("no usable key");
    return keys;
  }
  function settle(error: unknown, issuer: string): never {
    const cause = error instanceof NotAKeySet ? error.message : failureKind(error);
    throw fault("token_keys_unavailable", `no keys from ${issuer} (${cause})`, { cause: error });
  }
  const isRetryable = (error: unknown): boolean => !(error instanceof NotAKeySet);
  return guard(SERVICES.tokenKeys, { send, settle, keyOf: String, isRetryable }, clock);
}

/**
 * Returns the URL of an issuer's keys:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html
 */
function keySetUrl(issuer: string, endpoint: URL | undefined): URL {
  const base =
    endpoint === undefined ? issuer : `${endpoint.href.replace(/\/$/, "")}/${new URL(issuer).host}`;
  return new URL(`${base}/.well-known/jwks.json`);
}

async function readKeySet(response: IncomingMessage): Promise<string> {
  const { statusCode = 0 } = response;
  if (statusCode >= 500) throw new Error(`status ${statusCode}`);
  if (statusCode !== 200) throw new NotAKeySet(`status ${statusCode}`);
  return readText(
    response,
    MAX_BODY_BYTES,
    () => new NotAKeySet(`more than ${MAX_BODY_BYTES} bytes`),
  );
}
