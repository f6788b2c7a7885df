// Caches proven identities, and tokens that STS refused.

import { hash } from "node:crypto";
import { isDenial } from "../../errors.ts";
import { agesBy, type Moment } from "../../lib/age.ts";
import type { Clock, Deadline, EpochMs } from "../../lib/deadline.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { Proof, ProveIdentity } from "./prove-identity.ts";

const GRANTED_MS = 60_000;
const REFUSED_MS = 10_000;
const MAX_ENTRIES = 2_000;

interface Known {
  readonly proof: Proof;
  readonly provenAt: Moment;
  /** How long it is used. */
  readonly ms: number;
  readonly expiresAt: EpochMs;
}

export interface Proofs<Token> {
  /**
   * Returns the cached result for the token with this hash; `undefined` if there is none. The token
   * was parsed before and has not expired since, so it need not be parsed again.
   */
  recall(hash: string): Proof | undefined;
  /** Proves the token and caches the result, which it returns. Throws the errors of the proof. */
  prove(hash: string, token: Token, deadline: Deadline): Promise<Proof>;
}

export function tokenHash(text: string): string {
  return hash("sha256", text, "hex");
}

/**
 * Returns the cache of `prove`. `scope` is the partition and the cluster. Refused tokens have a
 * separate cache, so that a flood of them does not evict proven identities. Faults and throttling
 * are never cached.
 */
export function cachedProofs<Token extends { readonly expiresAt: EpochMs }>(
  prove: ProveIdentity<Token>,
  scope: string,
  clock: Clock,
): Proofs<Token> {
  const ages = agesBy(clock);
  const granted = new LruMap<string, Known>(MAX_ENTRIES);
  const refused = new LruMap<string, Known>(MAX_ENTRIES);
  const keyOf = (tokenHash: string): string => `${scope}/${tokenHash}`;

  return {
    recall(tokenHash) {
      const key = keyOf(tokenHash);
      for (const proofs of [granted, refused]) {
        const known = proofs.get(key);
        const isUsable =
          known !== undefined &&
          ages.isFresh(known.provenAt, known.ms) &&
          clock() < known.expiresAt;
        if (isUsable) return known.proof;
      }
      return undefined;
    },
    async prove(tokenHash, token, deadline) {
      const proof = await prove(token, deadline);
      const [proofs, ms] = isDenial(proof.result) ? [refused, REFUSED_MS] : [granted, GRANTED_MS];
      proofs.set(keyOf(tokenHash), { proof, provenAt: ages.now(), ms, expiresAt: token.expiresAt });
      return proof;
    },
  };
}
