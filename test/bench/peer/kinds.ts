// The kinds of review whose cost is compared with the peer's.

import { jwtAudience } from "../../../functions/authenticator/jwt/issuer.ts";
import { localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { getWebIdentityToken } from "../../../local/sts/signed-token.ts";
import { mint } from "../warm/reviews.ts";

/** Reviews of one kind per round; processor time has a resolution of 10 ms. */
const REVIEWS = 500;

/** Tokens of each kind of review, and text that all responses contain (Go omits `false`). */
interface Kind {
  readonly name: string;
  tokens(): readonly string[] | Promise<readonly string[]>;
  readonly holds: string;
}

/** `peers`: the kind whose cost at the peer is compared. The peer does not accept AWS-signed tokens. */
export async function makeKinds(): Promise<readonly { readonly own: Kind; readonly peers: Kind }[]> {
  const bob = localIdentity("bob");
  const alice = localIdentity("alice");
  const known = await mint(bob, 0);
  const times = <T>(make: () => T) => Array.from({ length: REVIEWS }, make);
  /** A different AWS-signed token each time. */
  const sign = async (algorithm: "ES384" | "RS256") => {
    const request = new Map([
      ["Audience.member.1", jwtAudience(CLUSTER_ID)],
      ["SigningAlgorithm", algorithm],
      ["DurationSeconds", "900"],
    ]);
    const { WebIdentityToken } = await getWebIdentityToken(request, alice, { issuers: TOKEN_ISSUERS }, Date.now());
    return String(WebIdentityToken);
  };
  const signed = await sign("RS256");
  let minted = 0;
  const grantedBob = '"username":"dev:bob-example.com"';
  const grantedAlice = '"username":"alice"';
  const fresh = { name: "new token", tokens: () => Promise.all(times(() => mint(bob, ++minted))), holds: grantedBob };
  const again = { name: "the same token again", tokens: () => times(() => known), holds: grantedBob };
  const broken = `${known.slice(0, -40)}!${known.slice(-39)}`;
  const malformed = { name: "malformed", tokens: () => times(() => broken), holds: '"status":' };
  const signedKind = (name: string, algorithm: "ES384" | "RS256") => {
    return { name, tokens: () => Promise.all(times(() => sign(algorithm))), holds: grantedAlice };
  };
  return [
    ...[fresh, again, malformed].map((kind) => ({ own: kind, peers: kind })),
    { own: signedKind("new token, AWS-signed", "RS256"), peers: fresh },
    { own: signedKind("the same with ES384", "ES384"), peers: fresh },
    {
      own: { name: "the same AWS-signed token again", tokens: () => times(() => signed), holds: grantedAlice },
      peers: again,
    },
  ];
}
