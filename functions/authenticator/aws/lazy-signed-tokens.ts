// Loads the code of AWS-signed tokens on first use, so that a cluster without JWT_ISSUERS never loads it.

import {
  IdentityImpossible,
  TokenClaimRefused,
  TokenExpired,
  TokenIssuerRefused,
  TokenKeysUnavailable,
  TokenMalformed,
  TokenNotYetValid,
  TokenSignatureRefused,
} from "../../errors.ts";
import { loadOnce } from "../../lib/load-once.ts";
import type { SignedTokens } from "../jwt/signed-tokens.ts";
import type { SignedTokenOptions } from "./aws-signed-tokens.ts";

type ErrorClass = new (message: string, options?: ErrorOptions) => Error;

/** By code: the errors that this code throws. */
const ERRORS: Readonly<Record<string, ErrorClass>> = {
  identity_impossible: IdentityImpossible,
  token_claim_refused: TokenClaimRefused,
  token_expired: TokenExpired,
  token_issuer_refused: TokenIssuerRefused,
  token_keys_unavailable: TokenKeysUnavailable,
  token_malformed: TokenMalformed,
  token_not_yet_valid: TokenNotYetValid,
  token_signature_refused: TokenSignatureRefused,
};

export function signedTokensLazily(options: SignedTokenOptions): SignedTokens {
  const load = loadOnce(async () => {
    const { createAwsSignedTokens } = await import("./aws-signed-tokens.ts");
    return createAwsSignedTokens(options);
  });

  /** The file has copies of the error classes, so its errors are created again. */
  async function call<T>(use: (tokens: SignedTokens) => Promise<T>): Promise<T> {
    try {
      return await use(await load());
    } catch (error) {
      const { code, message, cause } = error as { code?: string; message: string; cause?: unknown };
      const known = ERRORS[code ?? ""];
      throw known === undefined ? error : new known(message, cause === undefined ? {} : { cause });
    }
  }
  return {
    parse: (...asked) => call((tokens) => tokens.parse(...asked)),
    prove: (...asked) => call((tokens) => tokens.prove(...asked)),
    prefetchKeys: (...asked) => call((tokens) => tokens.prefetchKeys(...asked)),
  };
}
