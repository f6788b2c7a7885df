// `explain` of a node's token proves the instance with EC2 and IAM, as the function does.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { startEc2 } from "../../../local/ec2/ec2.ts";
import { localIdentity } from "../../../local/identities.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { mintToken } from "../../../local/token.ts";
import { cli } from "../cli.ts";
import { exits, useCluster } from "../mappings/cluster.ts";
import { useServer } from "../use-server.ts";

const ACCOUNT = "111122223333";
const NODE = localIdentity("node");
const NODE_ROLE = `arn:aws:iam::${ACCOUNT}:role/ClusterNode`;
const INSTANCE = {
  instanceId: "i-0123456789abcdef0",
  state: "running",
  ownerId: ACCOUNT,
  privateDnsName: "ip-10-0-0-1.ec2.internal",
  instanceProfileArn: `arn:aws:iam::${ACCOUNT}:instance-profile/nodes`,
} as const;
const PROFILE = {
  name: "nodes",
  arn: INSTANCE.instanceProfileArn,
  account: ACCOUNT,
  roles: [{ roleName: "ClusterNode", roleId: "AROALOCALCLUSTERNODEA", arn: NODE_ROLE }],
};

const [sts, ec2] = [useServer(startSts), useServer(startEc2)];
const MAPPING = { arn: NODE_ROLE, username: "system:node:{EC2PrivateDNSName}", groups: ["system:nodes"] };
useCluster({ [`role/${ACCOUNT}/clusternode`]: MAPPING }, "all");
beforeEach(() => {
  Object.assign(process.env, { AWS_ENDPOINT_URL_EC2: ec2.url, AWS_ENDPOINT_URL_IAM: ec2.url });
  ec2.fail(undefined);
  ec2.instances.splice(0, Infinity, { ...INSTANCE });
  ec2.profiles.splice(0, Infinity, structuredClone(PROFILE));
});

async function explainNode(words: readonly string[] = []) {
  const input = await mintToken({ identity: NODE, clusterId: "prod", region: "us-east-1" });
  const environment = { AWS_ENDPOINT_URL_STS: sts.url };
  return cli(["explain", "-c", "prod", "--token-file", "-", ...words], { input, environment });
}

test("a running instance with this role gets its node name", async () => {
  const { out } = await exits(explainNode(), 0);
  assert.match(out, /\nuser {6}system:node:ip-10-0-0-1\.ec2\.internal\ngroups {4}system:nodes\nverdict {3}granted\n$/);
});

test("an instance that is not proven is denied, with reason and advice", async () => {
  ec2.instances.splice(0, 1, { ...INSTANCE, state: "stopped" });
  const { out } = await exits(explainNode(), 1);
  assert.match(out, /\nverdict {3}denied, node_not_verified\nreason .* is not running.*\nto do {5}check that the inst/);
});

test("an EC2 that does not answer is a fault, not a denial", async () => {
  ec2.fail({ kind: "reset" });
  await exits(explainNode(), 3, /^instances_unavailable: no answer from EC2 or IAM \(ECONNRESET\)\.\n$/, "");
});

test("for an ARN, EC2 is not called, the placeholder stays, and the verdict says so", async () => {
  const asked = ec2.requests.length;
  const { out } = await exits(cli(["explain", "-c", "prod", NODE_ROLE]), 0);
  assert.equal(ec2.requests.length, asked);
  assert.match(out, /\nuser {6}system:node:\{EC2PrivateDNSName\}\n/);
  assert.match(out, /\nverdict {3}granted, if EC2 confirms the instance\n {10}EC2 was not called: only a node's own /);
  const json = await cli(["explain", "-c", "prod", NODE_ROLE, "-o", "json"]);
  assert.equal(JSON.parse(json.out).instanceProven, false);
  assert.equal(JSON.parse((await explainNode(["-o", "json"])).out).instanceProven, undefined);
});
