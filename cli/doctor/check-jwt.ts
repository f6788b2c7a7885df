// Checks AWS-signed tokens: STS signs one, its issuer's keys can be read, and the function accepts it.

import { createKeySets } from "../../functions/authenticator/aws/key-sets.ts";
import { AWS_ISSUER, MAX_AHEAD_SECONDS } from "../../functions/authenticator/jwt/issuer.ts";
import { deadlineIn } from "../../functions/lib/deadline.ts";
import type { ClientConfig } from "../aws/client-config.ts";
import { toFailure } from "../aws/errors.ts";
import { getSignedToken } from "../aws/signed-token.ts";
import { functionSettings } from "../function-settings.ts";
import { unverifiedParts } from "../jwt-parts.ts";
import type { ConnectionOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Check, Endpoint } from "./check.ts";
import { checkReviewOnce } from "./check-review.ts";

const LIMIT_MS = 10_000;

export async function checkSignedTokens(
  endpoint: Endpoint,
  options: ConnectionOptions,
  config: ClientConfig,
  io: IOStreams,
): Promise<Check[]> {
  const made = await makeSignedToken(options, config, io);
  if (made.token === undefined) return [made.check];
  const { token, check, issuer, keyId } = made;
  io.secrets.add(token);
  const keys = await checkKeys(issuer, keyId, functionSettings(options, config.region, io).jwtKeysEndpoint, io);
  const review = await checkReviewOnce(endpoint, token, "jwt review");
  const isNotOurs = review.state === "failed" && review.seen === "refused without a reason";
  const advice = `the function does not accept AWS-signed tokens: add this account and ${issuer} to awsSignedTokens (JWT_ISSUERS)`;
  return [check, keys, isNotOurs ? { ...review, seen: "a token of another kind", advice } : review];
}

type Made =
  | { readonly check: Check; readonly token: undefined }
  | { readonly check: Check; readonly token: string; readonly issuer: string; readonly keyId: string };

async function makeSignedToken({ cluster }: ConnectionOptions, config: ClientConfig, io: IOStreams): Promise<Made> {
  const check = "jwt";
  try {
    const credentials = await config.credentials();
    const { token } = await getSignedToken({ config, credentials, clusterId: cluster }, io);
    const { header, claims } = unverifiedParts(token);
    const { iss, iat } = claims;
    const { kid } = header;
    if (typeof iss !== "string" || !AWS_ISSUER.test(iss) || typeof kid !== "string" || typeof iat !== "number") {
      const advice = "check for a proxy, and check AWS_ENDPOINT_URL_STS";
      return { check: { check, state: "failed", seen: "the token is not one of AWS", advice }, token: undefined };
    }
    const skew = Math.round(Math.abs(io.clock() / 1000 - iat));
    const seen = `signed by ${iss}, this machine's clock is ${skew} s off STS's`;
    if (skew <= MAX_AHEAD_SECONDS) return { check: { check, state: "ok", seen }, token, issuer: iss, keyId: kid };
    return { check: { check, state: "warning", seen, advice: "synchronize it (NTP)" }, token, issuer: iss, keyId: kid };
  } catch (error) {
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    const advice = "enable signing in the account, or allow it: iam-authenticator jwt policy";
    return { check: { check, state: "failed", seen: failure.message, advice }, token: undefined };
  }
}

async function checkKeys(issuer: string, keyId: string, from: URL | undefined, io: IOStreams): Promise<Check> {
  const check = "jwt keys";
  const advice = "check the network from here, and from the function, to the issuer";
  try {
    const keys = await createKeySets(from)(issuer, deadlineIn(LIMIT_MS, io.clock));
    const seen = `${keys.size} keys`;
    if (keys.has(keyId)) return { check, state: "ok", seen };
    return { check, state: "failed", seen: `${seen}, and the token's key is not one of them`, advice };
  } catch (error) {
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    return { check, state: "failed", seen: failure.message, advice };
  }
}
