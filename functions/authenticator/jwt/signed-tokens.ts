// AWS-signed tokens: recognizes, parses and verifies them.

import type { Clock, Deadline, EpochMs } from "../../lib/deadline.ts";
import type { Proof } from "../identity/prove-identity.ts";
import { isAwsSigned, type JwtRules, parseJwt, type UnverifiedJwt } from "./parse-jwt.ts";
import { proveJwt } from "./prove-jwt.ts";
import { cachedKeys, type FetchKeySet } from "./signing-keys.ts";

export interface SignedTokens {
  /** `undefined` for a token of another kind. Throws a `Denial`. */
  readonly parse: (text: string, now: EpochMs) => Promise<UnverifiedJwt | undefined>;
  /** Throws a `Denial`, or a fault if the issuer's keys cannot be read. */
  readonly prove: (jwt: UnverifiedJwt, deadline: Deadline) => Promise<Proof>;
  /** Reads the keys of all issuers early. Ignores failures. */
  readonly prefetchKeys: (deadline: Deadline) => Promise<void>;
}

export function createSignedTokens(rules: JwtRules, fetchKeySet: FetchKeySet, clock: Clock): SignedTokens {
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
