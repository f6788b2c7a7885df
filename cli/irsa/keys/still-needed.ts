// Whether a key may go: only when no token that it signed can still be good.

import type { PublishedKey } from "./published-keys.ts";

export interface RetireQuestion {
  readonly retired: PublishedKey;
  /** All of them, the retired one too. */
  readonly published: readonly PublishedKey[];
  /** Milliseconds since 1970. */
  readonly signedUntil: number;
  /** Seconds. */
  readonly longestToken: number;
  /** The kid that signs now, where kube-apiserver was asked. */
  readonly signing: string | undefined;
  readonly now: number;
}

/** Clocks of kube-apiservers and of AWS differ. */
const MARGIN_MS = 5 * 60_000;

/** A sentence that says what is to be waited for; `undefined` where the key may go. */
export function retireProblem(question: RetireQuestion): string | undefined {
  const { retired, published, signedUntil, longestToken, signing, now } = question;
  // What is not served verifies no token.
  if (retired.key === undefined) return undefined;
  const others = published.filter(({ kid, key }) => kid !== retired.kid && key !== undefined);
  if (others.length === 0) return "it is the last key that is served. Publish the next one first (irsa keys publish).";
  if (signing === retired.kid) return "kube-apiserver signs with it now. Switch the signing key first.";
  if (signing !== undefined && !others.some(({ kid }) => kid === signing)) {
    return `kube-apiserver signs with ${signing}, which is not published. Publish it first (irsa keys publish).`;
  }
  if (signedUntil > now) return "--signed-until is in the future.";
  const oldestOther = Math.min(...others.map(({ stored }) => stored.modified));
  if (signedUntil < oldestOther) {
    return `--signed-until is before any other key was published (${time(oldestOther)}): which key has signed since?`;
  }
  const end = signedUntil + longestToken * 1000 + MARGIN_MS;
  return now < end ? `tokens that it has signed may be good until ${time(end)}. Retire it then.` : undefined;
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
