// The default mappings of these tests, by their names below the prefix.

export const PREFIX = "/iam-authenticator/local";

// biome-ignore format: a table
export const MAPPINGS: Readonly<Record<string, unknown>> = {
  "user/111122223333/alice": { arn: "arn:aws:iam::111122223333:user/engineering/alice", username: "alice", groups: ["developers", "on-call"] },
  "role/111122223333/developers": { arn: "arn:aws:iam::111122223333:role/Developers", username: "dev:{SessionName}", groups: ["developers"] },
  "sso/111122223333/clusteradmin": { username: "admin:{SessionName}", groups: ["system:masters"] },
};

/** Of the local identity `node`. */
export const NODE_MAPPING = {
  arn: "arn:aws:iam::111122223333:role/ClusterNode",
  username: "system:node:{EC2PrivateDNSName}",
  groups: ["system:bootstrappers", "system:nodes"],
};
