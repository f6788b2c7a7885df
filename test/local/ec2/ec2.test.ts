// DescribeInstances and GetInstanceProfile through the real clients, with each error.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetInstanceProfileCommand, IAMClient } from "@aws-sdk/client-iam";
import { startEc2 } from "../../../local/ec2/ec2.ts";
import { post } from "../../post.ts";
import { sdkOptions } from "../sdk-options.ts";

const NODE = "i-0123456789abcdef0";
const OLD = "i-01234567";
const PROFILE_ARN = "arn:aws:iam::111122223333:instance-profile/team/nodes";
const ROLE = { roleName: "nodes", roleId: "AROAEXAMPLE", arn: "arn:aws:iam::111122223333:role/team/nodes" };

const server = await startEc2({
  instances: [
    {
      instanceId: NODE,
      state: "running",
      ownerId: "111122223333",
      privateDnsName: "ip-10-0-0-1.ec2.internal",
      instanceProfileArn: PROFILE_ARN,
    },
    { instanceId: OLD, state: "terminated", ownerId: "444455556666", privateDnsName: "" },
  ],
  profiles: [
    { name: "nodes", arn: PROFILE_ARN, account: "111122223333", roles: [ROLE] },
    { name: "other", arn: PROFILE_ARN, account: "444455556666", roles: [] },
    { name: "empty", arn: PROFILE_ARN, account: "111122223333", roles: [] },
  ],
});
after(() => server.close());
const ec2 = new EC2Client(sdkOptions(server.url));
const iam = new IAMClient(sdkOptions(server.url));

const describe = (...InstanceIds: string[]) => ec2.send(new DescribeInstancesCommand({ InstanceIds }));
const profile = (InstanceProfileName: string) => iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));

test("DescribeInstances returns the fields that verify a node", async () => {
  const { Reservations: [{ OwnerId, Instances: [instance] = [] } = {}, ...others] = [] } = await describe(NODE);
  assert.deepEqual([OwnerId, others], ["111122223333", []]);
  const { InstanceId, State, PrivateDnsName, IamInstanceProfile } = instance ?? {};
  assert.deepEqual([InstanceId, PrivateDnsName], [NODE, "ip-10-0-0-1.ec2.internal"]);
  assert.deepEqual([State, IamInstanceProfile?.Arn], [{ Code: 16, Name: "running" }, PROFILE_ARN]);
});

test("DescribeInstances accepts several ids; without ids it returns all instances", async () => {
  assert.equal((await describe(NODE, OLD)).Reservations?.length, 2);
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
  const terminated = Reservations?.[1]?.Instances?.[0];
  assert.deepEqual([terminated?.State?.Name, terminated?.PrivateDnsName], ["terminated", ""]);
  assert.equal(terminated?.IamInstanceProfile, undefined);
});

const filtered = () => ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "vpc-id", Values: ["x"] }] }));
for (const [what, call, name, status, message] of [
  ["a missing id", () => describe("i-00000000"), "InvalidInstanceID.NotFound", 400, /'i-00000000' does not exist/],
  [
    "two missing ids",
    () => describe("i-00000000", NODE, "i-00000001"),
    "InvalidInstanceID.NotFound",
    400,
    /IDs 'i-00000000, i-00000001' do/,
  ],
  ["a short id", () => describe("i-1"), "InvalidInstanceID.Malformed", 400, /Invalid id: "i-1"/],
  ["another text", () => describe("<&>"), "InvalidInstanceID.Malformed", 400, /"<&>" \(expecting "i-\.\.\."\)/],
  ["a filter", filtered, "UnknownParameter", 400, /Filter\.1\.Name/],
  ["a missing profile", () => profile("none"), "NoSuchEntityException", 404, /Instance Profile none cannot be found/],
  ["another account's profile", () => profile("other"), "NoSuchEntityException", 404, /other/],
  ["a malformed name", () => profile("a b"), "ValidationError", 400, /alphanumeric/],
] as const) {
  test(`refused: ${what}`, async () => {
    const error = await call().catch((reason: unknown) => reason as Error & { $metadata: { httpStatusCode: number } });
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.$metadata.httpStatusCode], [name, status]);
    assert.match(error.message, message);
  });
}

test("GetInstanceProfile returns the roles", async () => {
  const { InstanceProfile: found } = await profile("nodes");
  assert.deepEqual([found?.Arn, found?.InstanceProfileName, found?.Path], [PROFILE_ARN, "nodes", "/team/"]);
  const roles = found?.Roles?.map(({ RoleName, RoleId, Arn }) => ({ roleName: RoleName, roleId: RoleId, arn: Arn }));
  assert.deepEqual(roles, [ROLE]);
  assert.deepEqual((await profile("empty")).InstanceProfile?.Roles, []);
});

test("unsigned requests and unknown actions fail", async () => {
  const call = async (body: string, authorization = "AWS4-HMAC-SHA256 Credential=A") => {
    const headers = { authorization, "content-type": "application/x-www-form-urlencoded" };
    const { status, text } = await post(server.url, { headers, body });
    return `${status} ${/<Code>(.*)<\/Code>/.exec(text)?.[1]}`;
  };
  assert.equal(await call("Action=DescribeInstances&Version=2016-11-15", "none"), "400 MissingParameter");
  assert.equal(await call("Action=GetInstanceProfile&Version=2010-05-08", "none"), "403 MissingAuthenticationToken");
  assert.equal(await call("Action=GetInstanceProfile&Version=2016-11-15"), "400 InvalidAction");
  assert.equal(await call("Action=DescribeInstances&Version=2010-05-08"), "400 InvalidAction");
});
