// A node's name through the real SDK: only for a running instance of the account with the identity's role.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createNodeNames } from "../../../../functions/authenticator/aws/ec2-node-name.ts";
import type { VerifiedIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import { readForm } from "../../../../local/ec2/query-protocol.ts";
import { HOME, OTHER } from "../fixtures.ts";
import { NAME, type NodeServices, node, PROFILE_ARN, ROLE, startNodeServices, within } from "./node-services.ts";

let services: NodeServices;
let find: ReturnType<typeof createNodeNames>;

before(async () => {
  services = await startNodeServices();
  find = createNodeNames({ region: "us-east-1", vpcs: [] });
});
after(() => services.server.close());
beforeEach(() => services.set());

function as(changes: Partial<VerifiedIdentity>): Promise<unknown> {
  return find({ ...node, ...changes }, within());
}

async function refusal(changes: Partial<VerifiedIdentity> = {}): Promise<string> {
  const answer = (await as(changes)) as { refusal?: string };
  return answer.refusal ?? "not refused";
}

test("a running instance of the account whose profile has the identity's role has a name", async () => {
  const before = services.server.requests.length;
  assert.deepEqual(await as({}), { name: NAME });
  const asked = services.server.requests.slice(before).map((request) => Object.fromEntries(readForm(request)));
  assert.deepEqual(
    asked.map(({ Action, "InstanceId.1": id, InstanceProfileName: profile }) => [Action, id ?? profile]),
    [
      ["DescribeInstances", node.sessionName],
      ["GetInstanceProfile", "nodes"],
    ],
  );
});

test("an instance in any other state than running is refused", async () => {
  for (const state of ["pending", "shutting-down", "terminated", "stopping", "stopped"] as const) {
    services.set({ state });
    assert.match(await refusal(), /is not running$/, state);
  }
});

test("with NODE_VPCS, an instance in another VPC is refused before IAM is called, and one in any of them has a name", async () => {
  const inVpcs = createNodeNames({ region: "us-east-1", vpcs: ["vpc-01234567", "vpc-0123456789abcdef0"] });
  for (const vpcId of ["vpc-01234567", "vpc-0123456789abcdef0"]) {
    services.set({ vpcId });
    assert.deepEqual(await inVpcs(node, within()), { name: NAME });
  }
  for (const vpcId of ["vpc-89abcdef", undefined]) {
    services.set({ vpcId });
    const before = services.server.requests.length;
    assert.deepEqual(await inVpcs(node, within()), {
      refusal: `instance ${node.sessionName} is in ${vpcId ?? "no VPC"}, which is not one of NODE_VPCS`,
    });
    assert.equal(services.server.requests.length, before + 1);
    // Without the setting it does not matter
    assert.deepEqual(await as({}), { name: NAME });
  }
});

test("an instance of another account is refused, even if it is shared with this account", async () => {
  services.set({ ownerId: OTHER });
  assert.match(await refusal(), /is in another account$/);
  services.set();
  assert.match(await refusal({ accountId: OTHER }), /is in another account$/);
});

test("an instance with another role's profile is refused", async () => {
  services.set({}, { roles: [{ ...ROLE, roleName: "Other", roleId: "AROAOTHER" }] });
  assert.match(await refusal(), /does not have this role$/);
  services.set({}, { roles: [] });
  assert.match(await refusal(), /does not have this role$/);
});

test("a role that was created again under the same name is another role", async () => {
  services.set({}, { roles: [{ ...ROLE, roleId: "AROALATERROLE" }] });
  assert.match(await refusal(), /does not have this role$/);
});

test("an instance without a profile, or whose profile was deleted, is refused", async () => {
  services.set({ instanceProfileArn: undefined });
  assert.match(await refusal(), /does not have this role$/);
  services.set({ instanceProfileArn: `${PROFILE_ARN}-gone` });
  assert.match(await refusal(), /does not have this role$/);
});

test("a profile of the same name under another path is another profile", async () => {
  services.set({ instanceProfileArn: `arn:aws:iam::${HOME}:instance-profile/other/nodes` });
  assert.match(await refusal(), /does not have this role$/);
});

test("an instance that EC2 does not find is refused", async () => {
  services.set({ instanceId: "i-11111111111111111" });
  assert.match(await refusal(), /^EC2 finds no instance i-0123456789abcdef0 in us-east-1$/);
});

test("an instance without a private DNS name is refused", async () => {
  services.set({ privateDnsName: "" });
  assert.match(await refusal(), /has no private DNS name$/);
});

test("a session name that is not an instance id is refused without a call to EC2", async () => {
  const before = services.server.requests.length;
  for (const sessionName of [
    ...[undefined, "", "i-", "i-0123456", "i-012345678", "i-0123456789abcdef01", "I-0123456789abcdef0"],
    ...["i-0123456789ABCDEF0", "i-0123456789abcdefg", "xi-0123456789abcdef0", "i-0123456789abcdef0,i-01234567"],
    ...["mi-0123456789abcdef0", "i-01234567 "],
  ]) {
    assert.equal(await refusal({ sessionName }), "the session name is not an instance id", sessionName);
  }
  assert.equal(await refusal({ kind: "user" }), "the session name is not an instance id");
  assert.equal(services.server.requests.length, before);
});

test("an instance id of eight digits is accepted", async () => {
  services.set({ instanceId: "i-01234567" });
  assert.deepEqual(await as({ sessionName: "i-01234567" }), { name: NAME });
});
