// {EC2PrivateDNSName} through the bundle: loads the second file only if needed, and prevents node impersonation.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Ec2Instance } from "../../local/ec2/describe-instances.ts";
import type { InstanceProfile } from "../../local/ec2/get-instance-profile.ts";
import { denial, failure, grantedUser } from "./answers.ts";
import { MAPPINGS } from "./mappings.ts";
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
