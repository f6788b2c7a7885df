// {EC2PrivateDNSName} through the bundle: loads the second file only if needed, and prevents node impersonation.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { localIdentity } from "../../local/identities.ts";
import { ec2Throttling, iamThrottling } from "../local/service-faults.ts";
import { denial, failure, grantedUser } from "./answers.ts";
import { MAPPINGS } from "./mappings.ts";
import { EC2, INSTANCE, NODE, PROFILE } from "./nodes.ts";
import { answering, type FaultRule } from "./outages.ts";
import { BUNDLE, startSystem } from "./system.ts";

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

for (const [name, instance, profile] of [
  ["does not run", { state: "stopped" }],
  ["is in another account", { ownerId: "444455556666" }],
  ["has no profile", { instanceProfileArn: undefined }],
  ["has a profile that does not exist", { instanceProfileArn: `${PROFILE.arn}-gone` }],
  ["has a profile of the same name in another path", { instanceProfileArn: PROFILE.arn.replace("/", "/other/") }],
  ["has no name", { privateDnsName: "" }],
  ["does not exist", { instanceId: "i-0123456789abcdef1" }],
  ["has an older role of that name", {}, { roleId: "AROALOCALOLDERNODEAAA" }],
] as const) {
  test(`an instance that ${name} does not prove a node`, async (t) => {
    const roles = PROFILE.roles.map((role) => ({ ...role, ...profile }));
    const ec2 = { instances: [{ ...INSTANCE, ...instance }], profiles: [{ ...PROFILE, roles }] };
    const system = await startSystem(t, { parameters, ec2 });
    assert.match(denial(await system.review(await system.token("node"))), /^node_not_verified: /);
  });
}

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
    const system = await startSystem(t, { parameters, ec2: EC2 });
    const token = await system.token("node");
    system.ec2?.fail(fault);
    assert.match(failure(await system.review(token), 500), /^instances_unavailable: /);
    assert.equal(system.ec2?.requests.length, calls);
    system.ec2?.fail(undefined);
    grantedUser(await system.review(token));
    assert.equal(system.sts.calls(), 1);
  });
}
