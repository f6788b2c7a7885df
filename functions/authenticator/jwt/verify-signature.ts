// Verifies a signature with jose (docs/decisions/0016-jose.md).

import { JWSSignatureVerificationFailed } from "jose/errors";
import { compactVerify } from "jose/jws/compact/verify";
import type { SigningKey } from "./key-set.ts";

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
