// A node's name through the real SDK: only for a running instance of the account with the
// identity's role. While EC2 or IAM fails, a fault, since a failure proves nothing about the
// identity.

import assert from "node:assert/strict";
import { after, afterEach, beforeEach, mock, test } from "node:test";
import {
  createNodeNames,
  type FindNodeName,
} from "../../../../functions/authenticator/aws/ec2-node-name.ts";
import { findNodeNameLazily } from "../../../../functions/authenticator/aws/lazy.ts";
import type { InstanceSession } from "../../../../functions/authenticator/user/user.ts";
import type { Fault, LocalRequest } from "../../../../local/aws/http-server.ts";
import { readForm, renderResult } from "../../../../local/aws/protocols.ts";
import { ec2Throttling, iamThrottling } from "../../../local/aws/service-faults.ts";
import { mockTime, passEach } from "../../../time.ts";
import { reviewer, stsReturns } from "../attacks/review.ts";
import { fixedClock, HOME, OTHER, tokenOf } from "../fixtures.ts";
import {
  NAME,
  type NodeServices,
  node,
  PROFILE_ARN,
  ROLE,
  startNodeServices,
  within,
} from "./node-services.ts";

const services = await startNodeServices();
const find = createNodeNames({ region: "us-east-1", vpcs: [], clock: Date.now });
after(() => services.server.close());
beforeEach(() => services.set());
afterEach(() => {
  services.server.fail(undefined);
  mock.timers.reset();
});

function as(changes: Partial<InstanceSession>): Promise<unknown> {
  return find({ ...node, ...changes }, within());
}

async function refusal(changes: Partial<InstanceSession> = {}): Promise<string> {
  const answer = (await as(changes)) as { refusal?: string };
  return answer.refusal ?? "not refused";
}

test("a running instance of the account whose profile has the identity's role has a name", async () => {
  const before = services.server.requests.length;
  assert.deepEqual(await as({}), { name: NAME });
  const forms = services.server.requests
    .slice(before)
    .map((request) => Object.fromEntries(readForm(request)));
  const asked = forms.map(
    (form) => `${form["Action"]} ${form["InstanceId.1"] ?? form["InstanceProfileName"]}`,
  );
  assert.deepEqual(asked, [`DescribeInstances ${node.sessionName}`, "GetInstanceProfile nodes"]);
});

test("with NODE_VPCS, an instance in another VPC is refused", async () => {
  const vpcs = ["vpc-01234567", "vpc-0123456789abcdef0"];
  const inVpcs = createNodeNames({ region: "us-east-1", vpcs, clock: Date.now });
  for (const vpcId of [...vpcs, "vpc-89abcdef", undefined]) {
    services.set({ vpcId });
    const before = services.server.requests.length;
    const refusal = `instance ${node.sessionName} is in ${vpcId ?? "no VPC"}, which is not one of NODE_VPCS`;
    const isOwn = vpcs.includes(vpcId ?? "");
    assert.deepEqual(await inVpcs(node, within()), isOwn ? { name: NAME } : { refusal });
    assert.equal(services.server.requests.length - before, isOwn ? 2 : 1);
    assert.deepEqual(await as({}), { name: NAME });
  }
});

const NO_ROLE = /does not have this role$/;
const instanceProfileArn = `arn:aws:iam::${HOME}:instance-profile/other/nodes`;
const REFUSED: readonly (readonly [
  what: string,
  refusal: RegExp,
  instance?: Parameters<NodeServices["set"]>[0],
  profile?: Parameters<NodeServices["set"]>[1],
  identity?: Partial<InstanceSession>,
])[] = [
  ...(["pending", "shutting-down", "terminated", "stopping", "stopped"] as const).map(
    (state) => [`that is ${state}`, /is not running$/, { state }] as const,
  ),
  [
    "of another account, even if it is shared with this one",
    /is in another account$/,
    { ownerId: OTHER },
  ],
  [
    "of this account, for an identity of another",
    /is in another account$/,
    {},
    {},
    { accountId: OTHER },
  ],
  [
    "with another role",
    NO_ROLE,
    {},
    { roles: [{ ...ROLE, roleName: "Other", roleId: "AROAOTHER" }] },
  ],
  [
    "with a later role of the same name",
    NO_ROLE,
    {},
    { roles: [{ ...ROLE, roleId: "AROALATERROLE" }] },
  ],
  ["with a profile without a role", NO_ROLE, {}, { roles: [] }],
  ["without a profile", NO_ROLE, { instanceProfileArn: undefined }],
  ["whose profile was deleted", NO_ROLE, { instanceProfileArn: `${PROFILE_ARN}-gone` }],
  ["whose profile has the same name under another path", NO_ROLE, { instanceProfileArn }],
  [
    "that EC2 does not find",
    /^EC2 finds no instance i-\w+ in us-east-1$/,
    { instanceId: "i-11111111111111111" },
  ],
  ["without a private DNS name", /has no private DNS name$/, { privateDnsName: "" }],
];
for (const [what, expected, instance, profile, identity] of REFUSED) {
  test(`an instance ${what} is refused`, async () => {
    services.set(instance, profile);
    assert.match(await refusal(identity), expected);
  });
}

test("an answer of EC2 without the requested instance is refused", async () => {
  for (const item of [
    [],
    [{ ownerId: HOME, instancesSet: { item: [{ instanceId: "i-11111111111111111" }] } }],
  ]) {
    const { status, headers, body } = renderResult("ec2", "DescribeInstances", {
      reservationSet: { item },
    });
    services.server.fail({ kind: "answer", status, headers: { ...headers }, body: String(body) });
    assert.match(await refusal(), /^EC2 finds no instance /);
  }
});

test("an instance may have an id of 8 digits", async () => {
  services.set({ instanceId: "i-01234567" });
  assert.deepEqual(await as({ sessionName: "i-01234567" }), { name: NAME });
});

test("a user who can assume a role cannot pose as a node by a session name (PR #1067)", async () => {
  const groups = ["system:nodes"];
  const real = tokenOf("node", Date.now());
  const time = { findNodeName: find, clock: fixedClock(Date.now()) };
  const outcomeOf = (role: string, session = node.sessionName, id = node.principalId) => {
    const mapping = {
      arn: `arn:aws:iam::${HOME}:role/${role}`,
      username: "system:node:{EC2PrivateDNSName}",
      groups,
    };
    const arn = `arn:aws:sts::${HOME}:assumed-role/${role}/${session}`;
    const identity = stsReturns({ account: HOME, arn, userId: `${id}:${session}` });
    return reviewer(
      { [`role/${HOME}/${role.toLowerCase()}`]: mapping },
      { ...identity, ...time },
    ).outcome(real);
  };
  assert.equal(await outcomeOf("ClusterNode"), `granted as system:node:${NAME}`);
  assert.equal(await outcomeOf("Dev", node.sessionName, "AROADEV"), "node_not_verified");
  assert.equal(await outcomeOf("ClusterNode", node.sessionName, "AROALATER"), "node_not_verified");
  assert.equal(await outcomeOf("ClusterNode", NAME), "node_not_verified");
});

const findLazily: FindNodeName = (...asked) =>
  findNodeNameLazily({ region: "us-east-1", vpcs: [], random: () => 0, clock: Date.now })(...asked);

/** The first `count` requests of an action meet `fault`. */
function only(
  action: string,
  fault: Fault,
  count = Infinity,
): (request: LocalRequest) => Fault | undefined {
  let left = count;
  return (request) => {
    if (readForm(request).get("Action") !== action || left === 0) return undefined;
    left -= 1;
    return fault;
  };
}

const REFUSAL =
  "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";
const xml = (body: string): Fault => ({
  kind: "answer",
  status: 200,
  headers: { "content-type": "text/xml" },
  body,
});

for (const [action, throttling, asked] of [
  ["DescribeInstances", ec2Throttling(), 2],
  ["GetInstanceProfile", iamThrottling(), 3],
] as const) {
  test(`${action}: throttling and a failed connection are retried once, then it is a fault`, async () => {
    for (const rule of [only(action, throttling, 1), only(action, { kind: "reset" }, 1)]) {
      services.server.fail(rule);
      assert.deepEqual(await findLazily(node, within()), { name: NAME });
    }
    const before = services.server.requests.length;
    services.server.fail(only(action, throttling));
    await assert.rejects(findLazily(node, within()), { code: "instances_unavailable" });
    assert.equal(services.server.requests.length - before, asked);
  });

  test(`${action}: an unreachable, broken or refusing service is a fault, never a denial`, async () => {
    for (const fault of [
      { kind: "reset" },
      { kind: "answer", status: 500, body: "" },
      { kind: "answer", status: 403, body: REFUSAL },
      ...[
        "",
        "not XML <",
        "<html><body>proxy</body></html>",
        `<${action}Response></${action}Response>`,
      ].map(xml),
    ] as const) {
      services.server.fail(only(action, fault));
      await assert.rejects(
        findLazily(node, within()),
        { code: "instances_unavailable" },
        JSON.stringify(fault),
      );
    }
  });

  test(`${action}: a late answer is a fault, at the review's deadline at the latest`, async () => {
    services.server.fail(only(action, { kind: "silent" }));
    services.server.requests.length = 0;
    const asked = () =>
      services.server.requests.filter((request) => readForm(request).get("Action") === action);
    const time = mockTime();
    const found = findLazily(node, time.within(100));
    await passEach(() => asked().length, time.pass, 100);
    await assert.rejects(found, /no answer from EC2 or IAM \(TimedOut\)$/);
  });
}
