// Checks AWS-signed tokens: makes one, and lets the endpoint review it.

import { createKeySets } from "../../../functions/authenticator/aws/aws-signed-tokens.ts";
import { MAX_AHEAD_SECONDS } from "../../../functions/authenticator/jwt/parse-jwt.ts";
import { API_VERSIONS } from "../../../functions/authenticator/review/token-review.ts";
import { partitionOfIssuer } from "../../../functions/aws/partitions.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import { endpoint as endpointOf, readFrom } from "../../../functions/settings/environment.ts";
import type { ClientConfig } from "../../aws/client.ts";
import { getSignedToken } from "../../aws/tokens.ts";
import { type Check, failed, failureOf, ok, warning } from "../../cmdline/advice.ts";
import { openAgents } from "../../io/http.ts";
import type { Run } from "../../io/run.ts";
import type { Endpoint } from "../../kube/client.ts";
import { unverifiedParts } from "../../model/unverified-token.ts";
import { reviewBy, reviewCheck } from "./check-endpoint.ts";

const LIMIT_MS = 10_000;

export async function checkSignedTokens(
  endpoint: Endpoint,
  clusterId: string,
  config: ClientConfig,
  run: Run,
): Promise<Check[]> {
  const made = await makeSignedToken(clusterId, config, run);
  if ("state" in made) return [made];
  const { token, check, issuer, keyId } = made;
  run.secrets.add(token);
  const keys = await checkKeys(
    issuer,
    keyId,
    endpointOf(readFrom(run.environment), "JWT_KEYS_ENDPOINT"),
    run,
  );
  const reviewed = await reviewBy(endpoint, token, API_VERSIONS[0]);
  const name = "jwt review";
  const isNotOurs = reviewed.kind === "refused" && reviewed.error === undefined;
  const advice = `the function does not accept AWS-signed tokens: add this account and ${issuer} to awsSignedTokens (JWT_ISSUERS)`;
  return [
    check,
    keys,
    isNotOurs ? failed(name, "a token of another kind", advice) : reviewCheck(name, reviewed),
  ];
}

/** Makes an AWS-signed token. Returns a failed check if STS signs none. */
async function makeSignedToken(clusterId: string, config: ClientConfig, run: Run) {
  try {
    const credentials = await config.credentials();
    const { token } = await getSignedToken({ config, credentials, clusterId }, run);
    const { header, claims } = unverifiedParts(token);
    const { iss: issuer, iat } = claims;
    const { kid: keyId } = header;
    if (
      typeof issuer !== "string" ||
      partitionOfIssuer(issuer) === undefined ||
      typeof keyId !== "string" ||
      typeof iat !== "number"
    ) {
      return failed(
        "jwt",
        "the token is not one of AWS",
        "check for a proxy, and check AWS_ENDPOINT_URL_STS",
      );
    }
    const skew = Math.round(Math.abs(run.clock() / 1000 - iat));
    const seen = `signed by ${issuer}, this machine's clock is ${skew} s off STS's`;
    const check =
      skew <= MAX_AHEAD_SECONDS ? ok("jwt", seen) : warning("jwt", seen, "synchronize it (NTP)");
    return { check, token, issuer, keyId };
  } catch (error) {
    return failureOf(
      "jwt",
      error,
      "enable signing in the account, or allow it (docs/aws-signed-tokens.md)",
    );
  }
}

async function checkKeys(
  issuer: string,
  keyId: string,
  from: URL | undefined,
  run: Run,
): Promise<Check> {
  const advice = "check the network from here, and from the function, to the issuer";
  try {
    const keys = await createKeySets(
      from,
      openAgents(run),
      run.clock,
    )(issuer, deadlineIn(LIMIT_MS, run.clock));
    const seen = `${keys.size} keys`;
    if (keys.has(keyId)) return ok("jwt keys", seen);
    return failed("jwt keys", `${seen}, and the token's key is not one of them`, advice);
  } catch (error) {
    return failureOf("jwt keys", error, advice);
  }
}
