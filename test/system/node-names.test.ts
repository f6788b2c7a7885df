// {EC2PrivateDNSName} through the bundle: loads the second file only if needed, and prevents node impersonation.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Ec2Instance } from "../../local/ec2/describe-instances.ts";
import type { InstanceProfile } from "../../local/ec2/get-instance-profile.ts";
import { localIdentity } from "../../local/identities.ts";
import { ec2Throttling, iamThrottling } from "../local/service-faults.ts";
import { denial, failure, grantedUser } from "./answers.ts";
import { sharedClock, stoppedClock } from "./clock.ts";
import { MAPPINGS } from "./mappings.ts";
import { answering, type FaultRule } from "./outages.ts";
import { BUNDLE, startSystem } from "./system.ts";

const ACCOUNT = "111122223333";

const NODE = {
  arn: `arn:aws:iam::${ACCOUNT}:role/ClusterNode`,
  username: "system:node:{EC2PrivateDNSName}",
  groups: ["system:bootstrappers", "system:nodes"],
};

const PROFILE: InstanceProfile = {
  name: "ClusterNode",
  arn: `arn:aws:iam::${ACCOUNT}:instance-profile/ClusterNode`,
  account: ACCOUNT,
  roles: [{ roleName: "ClusterNode", roleId: "AROALOCALCLUSTERNODEA", arn: NODE.arn }],
};

const INSTANCE: Ec2Instance = {
  instanceId: "i-0123456789abcdef0",
  state: "running",
  ownerId: ACCOUNT,
  privateDnsName: "ip-10-0-0-12.us-west-2.compute.internal",
  instanceProfileArn: PROFILE.arn,
};

const EC2 = { account: ACCOUNT, instances: [INSTANCE], profiles: [PROFILE] };

const parameters = {
  ...MAPPINGS,
  "role/111122223333/clusternode": NODE,
  "role/111122223333/contractor": { ...NODE, arn: "arn:aws:iam::111122223333:role/Contractor" },
};

test("a node is granted with its private DNS name", async (t) => {
  const system = await startSystem(t, { parameters, ec2: EC2 });
  const user = grantedUser(await system.review(await system.token("node")));
  assert.equal(user.username, "system:node:ip-10-0-0-12.us-west-2.compute.internal");
  assert.deepEqual(user.groups, ["system:bootstrappers", "system:nodes"]);
  assert.deepEqual(user.extra?.["sessionName"], ["i-0123456789abcdef0"]);
});

test("only a mapping that uses it loads the second file", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, "index.mjs");
  copyFileSync(BUNDLE, entry);
  const system = await startSystem(t, { entry, parameters, ec2: EC2 });
  for (const name of ["bob", "alice", "carol"]) grantedUser(await system.review(await system.token(name)));
  denial(await system.review(await system.token("bob-elsewhere")));
  const error = failure(await system.review(await system.token("node")), 500);
  assert.match(error, /^instances_unavailable: .*ERR_MODULE_NOT_FOUND/);
  assert.equal(system.ec2?.requests.length, 0);
});

/** Node impersonation: a user who can assume a role chooses the session name. */
const poser = {
  ...localIdentity("contractor"),
  accessKeyId: "ASIALOCALPOSERAAAAAA",
  arn: "arn:aws:sts::111122223333:assumed-role/Contractor/i-0123456789abcdef0",
  userId: "AROALOCALCONTRACTORAA:i-0123456789abcdef0",
};

test("a session with an instance id as its name is not a node (node impersonation by session name)", async (t) => {
  const system = await startSystem(t, { parameters, ec2: EC2, identities: [poser] });
  assert.match(denial(await system.review(await system.token(poser))), /^node_not_verified: .*does not have this role/);
  assert.match(
    denial(await system.review(await system.token("contractor"))),
    /^node_not_verified: .* is not verified as a node: the session name is not an instance id;/,
  );
});

const isEc2 = (body: Buffer): boolean => body.includes("Action=DescribeInstances");

for (const [name, fault, calls] of [
  ["EC2 resets the connection", { kind: "reset" }, 2],
  ["EC2 answers 500", answering(500), 2],
  ["EC2 throttles", ec2Throttling(), 4],
  ["EC2 answers garbage", answering(200, "{}"), 2],
  ["IAM throttles", ({ body }) => (isEc2(body) ? undefined : iamThrottling()), 5],
  ["IAM answers 500", ({ body }) => (isEc2(body) ? undefined : answering(500)), 3],
] as readonly (readonly [string, FaultRule, number])[]) {
  test(`${name}: 500, then granted`, async (t) => {
    // Throttled calls are repeated after a wait.
    const clock = name.endsWith("throttles") ? sharedClock() : stoppedClock();
    const system = await startSystem(t, { parameters, ec2: EC2, clock });
    const token = await system.token("node");
    system.ec2?.fail(fault);
    assert.match(failure(await system.review(token), 500), /^instances_unavailable: /);
    assert.equal(system.ec2?.requests.length, calls);
    system.ec2?.fail(undefined);
    grantedUser(await system.review(token));
    assert.equal(system.sts.calls(), 1);
  });
}
