// AWS-signed tokens: recognizes, parses and verifies them with the keys of their issuers.

import { JWSSignatureVerificationFailed } from "jose/errors";
import { compactVerify } from "jose/jws/compact/verify";
import { denial, fault } from "../../errors.ts";
import type { Clock, Deadline, EpochMs } from "../../lib/deadline.ts";
import type { Guarded } from "../../lib/guard.ts";
import type { Proof } from "../identity/prove-identity.ts";
import type { SigningKey } from "./key-set.ts";
import { isAwsSigned, type JwtRules, parseJwt, type UnverifiedJwt } from "./parse-jwt.ts";
import { cachedKeys, type FetchKeySet, type KeyRead, type SigningKeys } from "./signing-keys.ts";

export interface SignedTokens {
  /** Returns `undefined` for a token of another kind. Throws a `Denial`. */
  readonly parse: (text: string, now: EpochMs) => Promise<UnverifiedJwt | undefined>;
  /** Throws a `Denial`, or a fault if the issuer's keys cannot be read. */
  readonly prove: (jwt: UnverifiedJwt, deadline: Deadline) => Promise<Proof>;
  /** Reads the keys of all issuers early. Ignores failures. */
  readonly prefetchKeys: (deadline: Deadline) => Promise<void>;
}

export function createSignedTokens(
  rules: JwtRules,
  fetchKeySet: Guarded<FetchKeySet>,
  clock: Clock,
): SignedTokens {
  const signingKeys = cachedKeys(fetchKeySet, clock);
  return {
    parse: async (text, now) => (isAwsSigned(text) ? parseJwt(text, rules, now) : undefined),
    prove: proveJwt(signingKeys),
    async prefetchKeys(deadline) {
      const issuers = [...rules.accountByIssuer.keys()];
      await Promise.allSettled(issuers.map((issuer) => signingKeys.current(issuer, deadline)));
    },
  };
}

/**
 * Returns the proof of a token. Throws `token_signature_refused`, which is never cached: an issuer
 * may publish a new key a moment later. Throws `token_keys_unavailable` if the keys that could
 * verify the token cannot be read, since that proves nothing about it.
 */
function proveJwt(signingKeys: SigningKeys) {
  async function isSigned(
    { text, keyId, algorithm }: UnverifiedJwt,
    { keys }: KeyRead,
  ): Promise<boolean> {
    const key = keys.get(keyId);
    // A key verifies tokens of one algorithm only.
    return key !== undefined && key.algorithm === algorithm && (await verifySignature(text, key));
  }

  return async (jwt: UnverifiedJwt, deadline: Deadline): Promise<Proof> => {
    const { issuer, keyId, unverifiedIdentity: identity } = jwt;
    const current = await signingKeys.current(issuer, deadline);
    if (await isSigned(jwt, current)) return proof(identity, current);
    const newer = await signingKeys.newer(issuer, deadline);
    if (newer.keys !== current.keys && (await isSigned(jwt, newer))) return proof(identity, newer);
    if (newer.keys.has(keyId))
      throw denial(
        "token_signature_refused",
        "the signature is not by the issuer's key of this kid",
      );
    if (newer.failed)
      throw fault(
        "token_keys_unavailable",
        "the keys of the issuer cannot be read, and the kid is new",
      );
    throw denial("token_signature_refused", "the issuer has no key with this kid");
  };
}

function proof(result: UnverifiedJwt["unverifiedIdentity"], { failed }: KeyRead): Proof {
  return { result, stsRequestId: undefined, keysFailed: failed };
}

/**
 * Returns false only for a wrong signature. Throws other errors of jose: they are not decisions
 * about the token.
 */
async function verifySignature(text: string, { algorithm, key }: SigningKey): Promise<boolean> {
  try {
    await compactVerify(text, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof JWSSignatureVerificationFailed) return false;
    throw error;
  }
}
