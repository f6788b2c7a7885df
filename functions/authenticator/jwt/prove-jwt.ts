// Verifies the signature of an AWS-signed token with the keys of its issuer.

import { JWSSignatureVerificationFailed } from "jose/errors";
import { compactVerify } from "jose/jws/compact/verify";
import { denial, fault } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import type { Proof } from "../identity/prove-identity.ts";
import type { SigningKey } from "./key-set.ts";
import type { UnverifiedJwt } from "./parse-jwt.ts";
import type { KeyRead, SigningKeys } from "./signing-keys.ts";

/**
 * Throws `token_signature_refused`, which is never cached: an issuer may publish a new key a moment later. Throws
 * `token_keys_unavailable` if the keys that could verify the token cannot be read, since that proves nothing about it.
 */
export function proveJwt(signingKeys: SigningKeys) {
  async function isSigned({ text, keyId, algorithm }: UnverifiedJwt, { keys }: KeyRead): Promise<boolean> {
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
      throw denial("token_signature_refused", "the signature is not by the issuer's key of this kid");
    if (newer.failed)
      throw fault("token_keys_unavailable", "the keys of the issuer cannot be read, and the kid is new");
    throw denial("token_signature_refused", "the issuer has no key with this kid");
  };
}

function proof(result: UnverifiedJwt["unverifiedIdentity"], { failed }: KeyRead): Proof {
  return { result, stsRequestId: undefined, keysFailed: failed };
}

/** False only for a wrong signature. Throws other errors of jose: they are not decisions about the token. */
export async function verifySignature(text: string, { algorithm, key }: SigningKey): Promise<boolean> {
  try {
    await compactVerify(text, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof JWSSignatureVerificationFailed) return false;
    throw error;
  }
}
