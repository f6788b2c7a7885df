// Makes tokens: presigned by the caller's credentials, or signed by STS.

import { Sha256Js } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { jwtAudience, MAX_LIFETIME_SECONDS } from "../../functions/authenticator/jwt/parse-jwt.ts";
import { encodeComponent } from "../../functions/authenticator/token/encoding.ts";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { awsFailure } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import { OWN_SESSION_NAME } from "../model/session-programs.ts";
import type { ClientConfig, Credentials } from "./client.ts";
import { usableCredentials } from "./credentials.ts";
import { CREDENTIALS_ENDED, unusableAnswer } from "./errors.ts";

export interface AssumeOptions {
  readonly role?: string;
  readonly externalId?: string;
  readonly sessionName?: string;
  /** Uses the caller's own session name, or the name of its IAM user. */
  readonly forwardSessionName?: true;
}

/** Finds the caller's credentials. Ctrl-C aborts the calls. */
export async function findCredentials(config: ClientConfig, run: Run, options: AssumeOptions = {}) {
  const { role, externalId, sessionName, forwardSessionName } = options;
  if (role === undefined) return config.credentials();
  const [{ STSClient, AssumeRoleCommand }, { watched }] = await Promise.all([
    import("@aws-sdk/client-sts"),
    import("./calls.ts"),
  ]);
  const client = watched(new STSClient(config), run);
  const forwarded = forwardSessionName ? await ownName(config, run) : undefined;
  const RoleSessionName = sessionName ?? forwarded ?? OWN_SESSION_NAME;
  const { Credentials: assumed } = await client.send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName, ExternalId: externalId }),
    { abortSignal: run.interrupted },
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken)
    throw unusableAnswer("STS AssumeRole", "it has no keys");
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    ...(Expiration !== undefined && { expiration: Expiration }),
  };
  return usableCredentials(credentials, "STS AssumeRole", run);
}

/**
 * Returns the caller's own session name, or the name of its IAM user; `undefined` for root.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: `UserId` of a
 * session is `<role>:<session>`
 */
async function ownName(config: ClientConfig, run: Run): Promise<string | undefined> {
  const { callerIdentity } = await import("./calls.ts");
  const { UserId, Arn } = await callerIdentity(config, run);
  return UserId.split(":")[1] ?? /:user\/(?:.*\/)?([^/]+)$/.exec(Arn)?.[1];
}

interface TokenRequest {
  readonly credentials: Credentials;
  readonly clusterId: string;
  readonly region: string;
  /** DNS suffix of the region's partition, such as `amazonaws.com`. */
  readonly domain: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface SignedToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** STS ignores it, but every client sends it. */
const EXPIRES_SECONDS = 60;

/**
 * One minute less than the token's 15, so that clients do not send a token that is about to expire.
 */
const USABLE_MS = 14 * 60_000;

/**
 * The order of botocore: https://github.com/boto/botocore/blob/develop/botocore/auth.py
 * (SigV4QueryAuth)
 */
const ORDER = [
  "Action",
  "Version",
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Security-Token",
  "X-Amz-Signature",
];

export async function signToken({
  credentials,
  clusterId,
  region,
  domain,
  now,
}: TokenRequest): Promise<SignedToken> {
  const host = `sts.${region}.${domain}`;
  // For the few blocks of a signature, loading `node:crypto` takes five times as long as hashing in
  // JavaScript.
  const signer = new SignatureV4({ service: "sts", region, credentials, sha256: Sha256Js });
  const { query = {} } = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host, "x-k8s-aws-id": clusterId },
    },
    { signingDate: new Date(now), expiresIn: EXPIRES_SECONDS },
  );
  const pairs = Object.entries(query)
    .sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .map(([name, value]) => `${name}=${encodeComponent(String(value))}`);
  const url = `https://${host}/?${pairs.join("&")}`;
  // STS rejects a token whose credentials have expired. The client must fetch a new one by then.
  const credentialsEnd = credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
  return {
    token: `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`,
    expiresAt: Math.min(now + USABLE_MS, credentialsEnd),
  };
}

type SignedTokenRequest = Pick<TokenRequest, "credentials" | "clusterId"> & {
  readonly config: ClientConfig;
};

/** The shortest lifetime that STS accepts. */
const MIN_LIFETIME_SECONDS = 60;

/** kubectl gets another token this long before the end: the function has no grace. */
const MARGIN_MS = 60_000;

/**
 * Gets a token that STS signs. Throws a sentence with the fix if STS denies it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 */
export async function getSignedToken(
  { config, credentials, clusterId }: SignedTokenRequest,
  run: Run,
) {
  const [{ STSClient, GetWebIdentityTokenCommand }, { watched }] = await Promise.all([
    import("@aws-sdk/client-sts"),
    import("./calls.ts"),
  ]);
  const now = run.clock();
  const audience = jwtAudience(clusterId);
  const client = watched(new STSClient({ ...config, credentials }), run);
  try {
    const { WebIdentityToken: token, Expiration: end } = await client.send(
      new GetWebIdentityTokenCommand({
        Audience: [audience],
        DurationSeconds: lifetimeOf(credentials, now),
        // Takes the function less time to verify than ES384: test/bench/README.md.
        SigningAlgorithm: "RS256",
      }),
      { abortSignal: run.interrupted },
    );
    if (!token || end === undefined)
      throw unusableAnswer("STS GetWebIdentityToken", "it has no token");
    const left = end.getTime() - now;
    return { token, expiresAt: end.getTime() - Math.min(MARGIN_MS, left / 10) };
  } catch (error) {
    throw explained(error, audience);
  }
}

/**
 * Returns the lifetime of a token in seconds. A token cannot outlive the session that requests it.
 */
function lifetimeOf({ expiration }: Credentials, now: number): number {
  if (expiration === undefined) return MAX_LIFETIME_SECONDS;
  const left = Math.floor((expiration.getTime() - now) / 1000);
  if (left <= 0) throw awsFailure(CREDENTIALS_ENDED);
  if (left < MIN_LIFETIME_SECONDS) throw awsFailure(TOO_SHORT);
  return Math.min(left, MAX_LIFETIME_SECONDS);
}

const TOO_SHORT =
  "Your AWS session ends before the token would: sign in again, then run this again.";

/** Returns a denial of STS as a sentence that states the fix, and other errors unchanged. */
function explained(error: unknown, audience: string): unknown {
  if (isAwsError(error, "OutboundWebIdentityFederationDisabledException"))
    return awsFailure(
      "Your AWS account does not sign tokens yet: an administrator enables it with `aws iam enable-outbound-web-identity-federation`.",
      error,
    );
  if (isAwsError(error, "AccessDenied", "AccessDeniedException"))
    return awsFailure(
      `No permission for sts:GetWebIdentityToken with the audience ${audience}. A policy may also require another network. ` +
        "docs/aws-signed-tokens.md has the policy that allows it.",
      error,
    );
  return isAwsError(error, "SessionDurationEscalationException")
    ? awsFailure(TOO_SHORT, error)
    : error;
}
