// Runs a token through an authenticator against a local STS, and returns the result and the requests that STS received.

import { after } from "node:test";
import { createSts } from "../../../../functions/authenticator/aws/sts.ts";
import { proveIdentity } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { hasTokenPrefix } from "../../../../functions/authenticator/token/token.ts";
import { isAuthenticatorError, isDenial } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import type { LocalServer } from "../../../../local/http-server.ts";
import { localIdentity } from "../../../../local/identities.ts";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { presignUrl, type TokenOptions } from "../../../../local/token.ts";
import { HOST, NOW, parse } from "../token/samples.ts";

/** The identities whose tokens are attacked. The role has a session token. */
export const VICTIM = localIdentity("bob");
export const CLUSTER_ID = "cluster-a";

/** The URL in the victim's token for `cluster-a`. */
export function victimsUrl(options: Partial<TokenOptions> = {}): Promise<string> {
  return presignUrl({ identity: VICTIM, clusterId: CLUSTER_ID, region: "us-west-2", now: NOW, ...options });
}

/** `granted <ARN>`, or the code of the error; `now` is the authenticator's time. */
export type Authenticate = (text: string, now?: number) => Promise<string>;

/** An authenticator of the cluster `clusterId`. All its connections go to `sts`. */
export function authenticatorAt(sts: LocalServer, clusterId = CLUSTER_ID): Authenticate {
  const askSts = createSts({ regionalHost: HOST, endpoint: new URL(sts.url) });
  const prove = proveIdentity(askSts, "aws", clusterId);
  return async (text, now = NOW) => {
    try {
      if (!hasTokenPrefix(text)) return "not ours";
      const { result } = await prove(parse(text, now), deadlineIn(5_000, Date.now));
      return isDenial(result) ? result.code : `granted ${result.arn}`;
    } catch (error) {
      if (isAuthenticatorError(error)) return error.code;
      throw error;
    }
  };
}

/** An STS until the end of the file or test that calls this, an authenticator of `cluster-a`, and the victim's URL. */
export async function attacked(now = () => NOW) {
  const sts = await startSts({ now });
  after(() => sts.close());
  return { sts, authenticate: authenticatorAt(sts), url: await victimsUrl() };
}
