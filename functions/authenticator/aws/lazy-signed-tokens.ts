// Loads the code of AWS-signed tokens on first use, so that a cluster without JWT_ISSUERS never loads it.

import { loadOnce } from "../../lib/load-once.ts";
import type { SignedTokens } from "../jwt/signed-tokens.ts";
import type { SignedTokenOptions } from "./aws-signed-tokens.ts";

export function signedTokensLazily(options: SignedTokenOptions): SignedTokens {
  const load = loadOnce(async () => {
    const { createAwsSignedTokens } = await import("./aws-signed-tokens.ts");
    return createAwsSignedTokens(options);
  });
  return {
    parse: async (...asked) => (await load()).parse(...asked),
    prove: async (...asked) => (await load()).prove(...asked),
    prefetchKeys: async (...asked) => (await load()).prefetchKeys(...asked),
  };
}
