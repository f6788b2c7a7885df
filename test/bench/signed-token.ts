// An AWS-signed token for a cluster, as the local STS signs it.

import { jwtAudience } from "../../functions/authenticator/jwt/issuer.ts";
import type { LocalIdentity } from "../../local/identities.ts";
import { getWebIdentityToken, type SignedTokenOptions } from "../../local/sts/signed-token.ts";

export interface SignOptions extends SignedTokenOptions {
  readonly clusterId: string;
  readonly algorithm: "ES384" | "RS256";
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A different token each time, valid for 15 minutes. */
export async function signToken(identity: LocalIdentity, options: SignOptions): Promise<string> {
  const request = new Map([
    ["Audience.member.1", jwtAudience(options.clusterId)],
    ["SigningAlgorithm", options.algorithm],
    ["DurationSeconds", "900"],
  ]);
  const { WebIdentityToken } = await getWebIdentityToken(request, identity, options, options.now);
  return String(WebIdentityToken);
}
