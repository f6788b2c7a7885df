// Tokens that the AWS SDK signs with keys of the local STS, of each kind that clients create.

import { localIdentity } from "../../../../local/identities.ts";
import { mintToken } from "../../../../local/token.ts";
import { EXTRA_HOST, NOW } from "./samples.ts";

export const CLUSTER_ID = "prod-1";

const KINDS = [
  { identity: "alice", region: "us-west-2" },
  { identity: "bob", region: "us-west-2" },
  { identity: "carol", region: "us-east-1", host: "sts.amazonaws.com" },
  { identity: "federated", region: "eu-north-1", host: EXTRA_HOST },
  { identity: "alice", region: "us-west-2", host: "sts-fips.us-west-2.amazonaws.com" },
  { identity: "bob", region: "us-west-2", host: "sts.us-west-2.api.aws" },
];

/** Tokens of a user, of a role with a session token, and for the global, an extra, a FIPS and a dual-stack host. */
export function mintEachKind(): Promise<string[]> {
  return Promise.all(
    KINDS.map(({ identity, ...where }) =>
      mintToken({ identity: localIdentity(identity), clusterId: CLUSTER_ID, now: NOW, ...where }),
    ),
  );
}
