// Messages between the soak test and an environment: the reviews to run, and the measurements.

export type TokenKind = "good" | "refused" | "malformed";

export interface Work {
  readonly kind: TokenKind;
  /** The first token's number; each number is a different token. */
  readonly from: number;
  readonly reviews: number;
  /** Number of roles, with `SESSIONS` consecutive tokens each; every role has a mapping. */
  readonly roles: number;
  /** Milliseconds between two reviews, so that caches expire; 0 for none. */
  readonly pause: number;
}

export interface Done {
  /** CPU time of this process per review, in microseconds. */
  readonly cpu: number;
  /** After garbage collection, in bytes. */
  readonly heap: number;
  /** Buffers outside the heap. */
  readonly external: number;
  readonly rss: number;
}

/** Consecutive tokens per role. */
export const SESSIONS = 10;

export const ACCOUNT = "111122223333";
export const CLUSTER_ID = "bench";
export const PREFIX = `/iam-authenticator/${CLUSTER_ID}`;

export function roleName(index: number): string {
  return `service-${index}`;
}

export function mappingOf(index: number): { readonly name: string; readonly value: string } {
  const name = roleName(index);
  const arn = `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const value = JSON.stringify({ arn, username: `${name}:{SessionName}`, groups: ["deployers"] });
  return { name: `${PREFIX}/role/${ACCOUNT}/${name}`, value };
}
