// The kinds of review whose cost is compared with the peer's.

import { localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { signToken } from "../signed-token.ts";
import { mint } from "../warm/reviews.ts";

/** Reviews of one kind per round; processor time has a resolution of 10 ms. */
const REVIEWS = 500;
const NEW = "new token";
const AGAIN = "the same token again";

/** Tokens of each kind of review, and text that all responses contain (Go omits `false`). */
export interface Kind {
  readonly name: string;
  tokens(): Promise<readonly string[]>;
  readonly holds: string;
  /** For AWS-signed tokens, which the peer does not accept: the kind whose cost at the peer is compared. */
  readonly peerKind?: string;
}

export async function makeKinds(): Promise<readonly Kind[]> {
  const bob = localIdentity("bob");
  const known = await mint(bob, 0);
  const malformed = `${known.slice(0, -40)}!${known.slice(-39)}`;
  const repeated = (token: string) => async () => Array.from({ length: REVIEWS }, () => token);
  let minted = 0;
  const granted = '"username":"dev:bob-example.com"';
  const alice = localIdentity("alice");
  const sign = (algorithm: "ES384" | "RS256") =>
    signToken(alice, { issuers: TOKEN_ISSUERS, clusterId: CLUSTER_ID, algorithm, now: Date.now() });
  const signed = (algorithm: "ES384" | "RS256") => () =>
    Promise.all(Array.from({ length: REVIEWS }, () => sign(algorithm)));
  const grantedSigned = '"username":"alice"';
  return [
    {
      name: NEW,
      tokens: () => Promise.all(Array.from({ length: REVIEWS }, () => mint(bob, ++minted))),
      holds: granted,
    },
    { name: AGAIN, tokens: repeated(known), holds: granted },
    { name: "malformed", tokens: repeated(malformed), holds: '"status":' },
    { name: "new token, AWS-signed", tokens: signed("RS256"), holds: grantedSigned, peerKind: NEW },
    { name: "the same with ES384", tokens: signed("ES384"), holds: grantedSigned, peerKind: NEW },
    {
      name: "the same AWS-signed token again",
      tokens: repeated(await sign("RS256")),
      holds: grantedSigned,
      peerKind: AGAIN,
    },
  ];
}
