// Identities that STS has proven, and tokens that it refused, remembered for a short while.

import { hash } from "node:crypto";
import QuickLRU from "quick-lru";
import { Denial } from "../../errors.ts";
import type { Clock, Deadline } from "../../lib/deadline.ts";
import type { UnverifiedToken } from "../token/token.ts";
import type { Proof, ProveIdentity } from "./prove-identity.ts";

const GRANTED_MS = 60_000;
const REFUSED_MS = 10_000;
const MAX_ENTRIES = 2_000;

export type ProveIdentityCached = (
  text: string,
  token: UnverifiedToken,
  deadline: Deadline,
) => Promise<Proof & { readonly cached: boolean }>;

export function tokenHash(text: string): string {
  return hash("sha256", text, "hex");
}

/**
 * `scope` is the partition and the cluster. Refusals have a cache of their own, so that a flood of bad tokens does not
 * push good identities out; faults and throttling are never kept.
 */
export function cachedProofs(prove: ProveIdentity, scope: string, clock: Clock): ProveIdentityCached {
  const granted = new QuickLRU<string, { proof: Proof; until: number }>({ maxSize: MAX_ENTRIES });
  const refused = new QuickLRU<string, { proof: Proof; until: number }>({ maxSize: MAX_ENTRIES });

  return async (text, token, deadline) => {
    const key = `${scope}/${tokenHash(text)}`;
    const known = [granted.get(key), refused.get(key)].find((entry) => entry !== undefined && clock() < entry.until);
    if (known !== undefined) return { ...known.proof, cached: true };
    const proof = await prove(token, deadline);
    if (proof.result instanceof Denial) refused.set(key, { proof, until: clock() + REFUSED_MS });
    else granted.set(key, { proof, until: Math.min(clock() + GRANTED_MS, token.expiresAt) });
    return { ...proof, cached: false };
  };
}
