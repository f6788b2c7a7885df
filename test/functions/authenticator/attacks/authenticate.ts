// Runs a token through a new authenticator against a local STS.

import { after } from "node:test";
import { createSts } from "../../../../functions/authenticator/aws/sts.ts";
import type { LocalServer } from "../../../../local/aws/http-server.ts";
import { presignUrl, type TokenOptions } from "../../../../local/identities.ts";
import { localIdentity, startSts } from "../../../local-aws.ts";
import { fixedClock } from "../fixtures.ts";
import { HOST, NOW } from "../token/samples.ts";
import { reviewer } from "./review.ts";

/** The identity whose tokens are attacked: a role, with a session token. */
export const VICTIM = localIdentity("bob");
/** Every identity that STS proves has this user. */
export const GRANTED = "granted as proven";
const MAPPINGS = { "pattern/any": [{ arnLike: "arn:*:*:*:*:*", username: "proven" }] };
const CLUSTER_ID = "cluster-a";

export function victimsUrl(options: Partial<TokenOptions> = {}): Promise<string> {
  return presignUrl({
    identity: VICTIM,
    clusterId: CLUSTER_ID,
    region: "us-west-2",
    now: NOW,
    ...options,
  });
}

/** All connections go to `sts`. Returns `GRANTED` or the code of the error. */
export function authenticatorAt(sts: LocalServer, clusterId = CLUSTER_ID) {
  const askSts = createSts({ regionalHost: HOST, endpoint: new URL(sts.url), clock: Date.now });
  return (token: string, now = NOW) => {
    return reviewer(MAPPINGS, { askSts, clock: fixedClock(now) }, { clusterId }).outcome(token);
  };
}

/**
 * An STS until the end of the file or test that calls this, an authenticator of `cluster-a`, and
 * the victim's URL.
 */
export async function attacked() {
  const sts = await startSts({ now: () => NOW });
  after(() => sts.close());
  return { sts, authenticate: authenticatorAt(sts), url: await victimsUrl() };
}
