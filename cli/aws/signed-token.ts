// Asks STS for a token that it signs for the caller's role or user.

import { jwtAudience, MAX_LIFETIME_SECONDS } from "../../functions/authenticator/jwt/issuer.ts";
import { fault } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { ClientConfig, Credentials } from "./client-config.ts";
import { CREDENTIALS_ENDED, unusableAnswer } from "./errors.ts";
import type { SignedToken } from "./presign.ts";

interface SignedTokenRequest {
  readonly config: ClientConfig;
  readonly credentials: Credentials;
  readonly clusterId: string;
}

/** The shortest lifetime that STS accepts. */
const MIN_LIFETIME_SECONDS = 60;
/** kubectl gets another token this long before the end: the function has no grace. */
const MARGIN_MS = 60_000;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html */
export async function getSignedToken(
  { config, credentials, clusterId }: SignedTokenRequest,
  io: IOStreams,
): Promise<SignedToken> {
  const [{ STSClient, GetWebIdentityTokenCommand }, { watched }] = await Promise.all([
    import("@aws-sdk/client-sts"),
    import("./calls.ts"),
  ]);
  const now = io.clock();
  const audience = jwtAudience(clusterId);
  const client = watched(new STSClient({ ...config, credentials }), io);
  try {
    const { WebIdentityToken: token, Expiration: end } = await client.send(
      new GetWebIdentityTokenCommand({
        Audience: [audience],
        DurationSeconds: lifetimeOf(credentials, now),
        // Takes the function less time to verify than ES384: test/bench/README.md.
        SigningAlgorithm: "RS256",
      }),
      { abortSignal: io.interrupted },
    );
    if (!token || end === undefined) throw unusableAnswer("STS GetWebIdentityToken", "it has no token");
    const left = end.getTime() - now;
    return { token, expiresAt: end.getTime() - Math.min(MARGIN_MS, left / 10) };
  } catch (error) {
    throw explained(error, audience);
  }
}

/** In seconds. A token cannot outlive the session that asks for it. */
function lifetimeOf({ expiration }: Credentials, now: number): number {
  if (expiration === undefined) return MAX_LIFETIME_SECONDS;
  const left = Math.floor((expiration.getTime() - now) / 1000);
  if (left <= 0) throw fault(CREDENTIALS_ENDED);
  if (left < MIN_LIFETIME_SECONDS) throw fault(TOO_SHORT);
  return Math.min(left, MAX_LIFETIME_SECONDS);
}

const TOO_SHORT = "Your AWS session ends before the token would: sign in again, then run this again.";

/** STS's refusals, as sentences that state the fix. Returns other errors unchanged. */
function explained(error: unknown, audience: string): unknown {
  switch (error instanceof Error && error.name) {
    case "OutboundWebIdentityFederationDisabledException":
      return fault(
        "Your AWS account does not sign tokens yet: an administrator enables it with `aws iam enable-outbound-web-identity-federation`.",
        error,
      );
    case "AccessDenied":
    case "AccessDeniedException":
      return fault(
        `No permission for sts:GetWebIdentityToken with the audience ${audience}. A policy may also require another network. ` +
          "docs/aws-signed-tokens.md has the policy that allows it.",
        error,
      );
    case "SessionDurationEscalationException":
      return fault(TOO_SHORT, error);
    default:
      return error;
  }
}
