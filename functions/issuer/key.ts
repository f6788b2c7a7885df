// Checks and formats a public key of the issuer. AWS trusts tokens that its private key signs, and
// anyone can factor some RSA moduli.

import { createPublicKey, hash, type KeyObject } from "node:crypto";
import { type Checked, invalid } from "../lib/checked.ts";
import { isObject } from "../lib/json.ts";

interface KeyMembers {
  readonly use: "sig";
  readonly kid: string;
  readonly alg: string;
}

/** A JWK (RFC 7517) with exactly these members, in kube-apiserver's order. */
export type IssuerKey =
  | (KeyMembers & { readonly kty: "RSA"; readonly n: string; readonly e: string })
  | (KeyMembers & {
      readonly kty: "EC";
      readonly crv: string;
      readonly x: string;
      readonly y: string;
    });

/** Members of private and symmetric keys: https://www.rfc-editor.org/rfc/rfc7518#section-6 */
export const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const RSA_ALGORITHMS = ["RS256", "RS384", "RS512"];

const MIN_RSA_BITS = 2048;

/** https://www.rfc-editor.org/rfc/rfc7518#section-3.4: each curve has one algorithm. */
const CURVES: Readonly<Record<string, string>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
};

/** OpenSSL's names of these curves. */
const NAMED_CURVES = ["prime256v1", "secp384r1", "secp521r1"];

/** Checks a parsed JSON value. A problem is a phrase that follows the parameter's name. */
export function checkIssuerKey(value: unknown): Checked<IssuerKey> {
  if (!isObject(value)) return invalid("must be a JSON object: a public JWK");
  const secret = PRIVATE.find((member) => Object.hasOwn(value, member));
  if (secret !== undefined)
    return invalid(`holds "${secret}", which is part of a private key: create a new signing key`);
  const key = readJwk(value);
  if (typeof key === "string") return invalid(key);
  const publicKey = importKey(key);
  if (publicKey === undefined) return invalid("is not a readable public key");
  const weakness = weaknessOf(publicKey, key);
  if (weakness !== undefined) return invalid(weakness);
  // Each key has one spelling, so that the documents stay identical byte for byte.
  if (!isCanonical(key, publicKey)) return invalid("has a number that is not canonical base64url");
  const kid = keyId(publicKey);
  return key.kid === kid
    ? { valid: true, value: key }
    : invalid(`kid must be ${kid}: the SHA-256 of this key`);
}

/**
 * Returns the base64url of the SHA-256 of the DER public key, as in kube-apiserver.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/serviceaccount/jwt.go,
 * keyIDFromPublicKey
 */
export function keyId(publicKey: KeyObject): string {
  return hash("sha256", publicKey.export({ type: "spki", format: "der" }), "base64url");
}

/**
 * Returns the JWK of a public key, with kube-apiserver's signing algorithm; `undefined` for a kind
 * of key that it does not use.
 */
export function issuerKeyOf(publicKey: KeyObject): IssuerKey | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey;
  const isKnown =
    asymmetricKeyType === "rsa" || NAMED_CURVES.includes(asymmetricKeyDetails?.namedCurve ?? "");
  const { crv = "", n, e, x, y } = isKnown ? publicKey.export({ format: "jwk" }) : {};
  const kid = keyId(publicKey);
  if (n !== undefined && e !== undefined)
    return { use: "sig", kty: "RSA", kid, alg: "RS256", n, e };
  const alg = CURVES[crv];
  if (alg === undefined || x === undefined || y === undefined) return undefined;
  return { use: "sig", kty: "EC", kid, crv, alg, x, y };
}

/** Kinds of keys, with their members in order. */
const MEMBERS = {
  RSA: ["use", "kty", "kid", "alg", "n", "e"],
  EC: ["use", "kty", "kid", "crv", "alg", "x", "y"],
};

/** Returns the key with its members in order, or the problem. */
function readJwk(jwk: Record<string, unknown>): IssuerKey | string {
  const { kty, use, kid, alg } = jwk;
  if (kty !== "RSA" && kty !== "EC") return 'kty must be "RSA" or "EC"';
  const members = MEMBERS[kty];
  const unknown = Object.keys(jwk).find((member) => !members.includes(member));
  if (unknown !== undefined)
    return `"${unknown.slice(0, 40)}" is an unknown member; expected: ${members.join(", ")}`;
  if (use !== "sig") return 'use must be "sig"';
  if (typeof kid !== "string" || typeof alg !== "string") return "kid and alg must be strings";
  return kty === "RSA" ? readRsaKey(kid, alg, jwk) : readEcKey(kid, alg, jwk);
}

function readRsaKey(
  kid: string,
  alg: string,
  { n, e }: Record<string, unknown>,
): IssuerKey | string {
  if (!RSA_ALGORITHMS.includes(alg))
    return `alg must be one of ${RSA_ALGORITHMS.join(", ")} for an RSA key`;
  if (typeof n !== "string" || typeof e !== "string") return "n and e must be strings";
  return { use: "sig", kty: "RSA", kid, alg, n, e };
}

function readEcKey(
  kid: string,
  alg: string,
  { crv, x, y }: Record<string, unknown>,
): IssuerKey | string {
  const expected = typeof crv === "string" && Object.hasOwn(CURVES, crv) ? CURVES[crv] : undefined;
  if (typeof crv !== "string" || expected === undefined)
    return `crv must be one of ${Object.keys(CURVES).join(", ")}`;
  if (alg !== expected) return `alg must be ${expected} for a key on ${crv}`;
  if (typeof x !== "string" || typeof y !== "string") return "x and y must be strings";
  return { use: "sig", kty: "EC", kid, crv, alg, x, y };
}

/** Returns `undefined` if OpenSSL rejects the key, such as a point that is not on the curve. */
function importKey(key: IssuerKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...key }, format: "jwk" });
  } catch {
    return undefined;
  }
}

function weaknessOf(publicKey: KeyObject, key: IssuerKey): string | undefined {
  const { modulusLength, publicExponent } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength === undefined || publicExponent === undefined) return undefined;
  if (modulusLength < MIN_RSA_BITS)
    return `an RSA key must have at least ${MIN_RSA_BITS} bits; this one has ${modulusLength}`;
  // With exponent 1, anyone can sign. Go, the language of kube-apiserver, has the same bounds:
  // crypto/rsa, checkPub.
  const isSound = publicExponent >= 3n && publicExponent < 2n ** 31n && publicExponent % 2n === 1n;
  if (!isSound) return "an RSA key must have an odd public exponent of 3 or more";
  const modulus =
    key.kty === "RSA" ? BigInt(`0x${Buffer.from(key.n, "base64url").toString("hex")}`) : 1n;
  const factor = smallFactor(modulus);
  return factor === undefined
    ? undefined
    : `its modulus is divisible by ${factor}: create a new signing key`;
}

function isCanonical(key: IssuerKey, publicKey: KeyObject): boolean {
  const { n, e, x, y } = publicKey.export({ format: "jwk" });
  return key.kty === "RSA" ? key.n === n && key.e === e : key.x === x && key.y === y;
}

/**
 * Factors of a sound modulus have at least 1,024 bits. A generator that was cut short leaves small
 * ones.
 */
const MAX_FACTOR = 2 ** 16;

/** A product below this limit, and its remainders, are exact numbers. */
const MAX_PRODUCT = 2 ** 53 / MAX_FACTOR;

interface PrimeGroup {
  readonly product: bigint;
  readonly primes: readonly number[];
}

let groups: readonly PrimeGroup[] | undefined;

/** Returns the smallest prime factor up to 2^16, including 2; `undefined` if there is none. */
export function smallFactor(modulus: bigint): number | undefined {
  groups ??= primeGroups();
  for (const { product, primes } of groups) {
    // One division of a large number for several primes: 1 ms for 2,048 bits.
    const rest = Number(modulus % product);
    const factor = primes.find((prime) => rest % prime === 0);
    if (factor !== undefined) return factor;
  }
  return undefined;
}

/**
 * Returns the primes up to 2^16, by the sieve of Eratosthenes. It groups them in the same pass,
 * since a cold start pays for each instruction: test/bench/README.md.
 */
function primeGroups(): PrimeGroup[] {
  const isComposite = new Uint8Array(MAX_FACTOR);
  const groups: PrimeGroup[] = [];
  let product = 2;
  let primes = [2];
  for (let number = 3; number < MAX_FACTOR; number += 2) {
    if (isComposite[number] === 1) continue;
    for (let multiple = number * number; multiple < MAX_FACTOR; multiple += 2 * number)
      isComposite[multiple] = 1;
    product *= number;
    primes.push(number);
    if (product < MAX_PRODUCT) continue;
    groups.push({ product: BigInt(product), primes });
    product = 1;
    primes = [];
  }
  return [...groups, { product: BigInt(product), primes }];
}
