// AWS-signed tokens with the keys that their issuers publish. A separate file of the bundle: see lazy-signed-tokens.ts.

import type { Agents } from "../../aws/connections.ts";
import type { Clock } from "../../lib/deadline.ts";
import type { JwtRules } from "../jwt/parse-jwt.ts";
import { createSignedTokens, type SignedTokens } from "../jwt/signed-tokens.ts";
import { createKeySets } from "./key-sets.ts";

export interface SignedTokenOptions {
  readonly rules: JwtRules;
  /** Serves the keys of all issuers; `undefined` if each issuer serves its own. */
  readonly endpoint: URL | undefined;
  readonly agents?: Agents;
  readonly clock: Clock;
}

export function createAwsSignedTokens({ rules, endpoint, agents, clock }: SignedTokenOptions): SignedTokens {
  return createSignedTokens(rules, createKeySets(endpoint, agents), clock);
}
