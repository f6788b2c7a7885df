// Parses the public keys that an issuer publishes (RFC 7517), and keeps only those that can verify
// its tokens.

import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { isObject, memberAt, parseJson } from "../../lib/json.ts";
import { decodeBase64Url } from "../token/encoding.ts";
import type { Algorithm } from "./parse-jwt.ts";

export interface SigningKey {
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

/** By key id. */
export type KeySet = ReadonlyMap<string, SigningKey>;

/** An account has a few keys. Each costs time to import. */
const MAX_KEYS = 100;
/** In bytes: 2048 to 4096 bits. Shorter keys are weak, and longer ones are slow. */
const MODULUS = { min: 256, max: 512 };

/**
 * Returns the valid keys: invalid ones are left out, and so are keys that share their id.
 * `undefined` for text that is not a key set, and for a set whose keys are all left out. An empty
 * set is an answer: the issuer has withdrawn its keys.
 */
export function parseKeySet(body: string): KeySet | undefined {
  const keys = memberAt(parseJson(body), "keys");
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) return undefined;
  const signingKeys = new Map<string, SigningKey>();
  const ids: unknown[] = keys.map((jwk) => (isObject(jwk) ? jwk["kid"] : undefined));
  for (const [index, jwk] of keys.entries()) {
    const id = ids[index];
    if (typeof id !== "string" || ids.indexOf(id) !== ids.lastIndexOf(id)) continue;
    const key = signingKey(jwk);
    if (key !== undefined) signingKeys.set(id, key);
  }
  return signingKeys.size === 0 && keys.length > 0 ? undefined : signingKeys;
}

function signingKey(jwk: Record<string, unknown>): SigningKey | undefined {
  const algorithm = jwk["kty"] === "RSA" ? "RS256" : "ES384";
  // Without `alg`, the type of the key decides: RFC 7517, section 4.4, makes it optional.
  const { alg = algorithm, use = "sig", key_ops: operations = ["verify"] } = jwk;
  if (
    alg !== algorithm ||
    use !== "sig" ||
    !Array.isArray(operations) ||
    !operations.includes("verify")
  )
    return undefined;
  const members = algorithm === "RS256" ? rsaMembers(jwk) : p384Members(jwk);
  if (members === undefined) return undefined;
  try {
    return { algorithm, key: createPublicKey({ key: members, format: "jwk" }) };
  } catch {
    // For example a point that is not on the curve.
    return undefined;
  }
}

function rsaMembers({ n, e }: Record<string, unknown>): JsonWebKey | undefined {
  const modulus = typeof n === "string" ? decodeBase64Url(n) : undefined;
  if (typeof n !== "string" || modulus === undefined || modulus.length > MODULUS.max)
    return undefined;
  // The first byte must not be 0, or the modulus would be shorter than it looks. 65537 is the
  // exponent of every AWS key.
  const isLong = modulus.length >= MODULUS.min && modulus.charCodeAt(0) >= 0x80;
  return isLong && e === "AQAB" ? { kty: "RSA", n, e } : undefined;
}

function p384Members({ kty, crv, x, y }: Record<string, unknown>): JsonWebKey | undefined {
  return kty === "EC" && crv === "P-384" && typeof x === "string" && typeof y === "string"
    ? { kty, crv, x, y }
    : undefined;
}
