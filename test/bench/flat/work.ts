// What the bench of flatness asks of one environment: how many reviews of which tokens; and what it gets back.

export type TokenKind = "good" | "refused" | "malformed";

export interface Work {
  readonly kind: TokenKind;
  /** The first token's number: no two numbers give the same token. */
  readonly from: number;
  readonly reviews: number;
  /** Tokens are of this many roles, `SESSIONS` of each in turn; a mapping exists for each. */
  readonly roles: number;
  /** Milliseconds that pass between two reviews, so that what was read before is read again; 0 for none. */
  readonly pause: number;
}

export interface Done {
  /** Of this process, for one review, in microseconds. */
  readonly cpu: number;
  /** After garbage collection, in bytes. */
  readonly heap: number;
  /** Outside of the heap: buffers. */
  readonly external: number;
  readonly rss: number;
}

/** Of a role, one after the other. */
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
