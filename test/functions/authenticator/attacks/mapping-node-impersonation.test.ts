// Attack: a user who can assume a role chooses another node's instance id as session name.
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/1067

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { findNodeNameLazily } from "../../../../functions/authenticator/aws/lazy.ts";
import { NAME, type NodeServices, node, startNodeServices } from "../aws/node-services.ts";
import { fakeServices, gatewayEvent, HOME, handlerOf, identityBody, OTHER, reviewBody, tokenOf } from "../fixtures.ts";

const USERNAME = "system:node:{EC2PrivateDNSName}";
const mapped = (role: string, username = USERNAME) => ({
  [`role/${HOME}/${role.toLowerCase()}`]: {
    arn: `arn:aws:iam::${HOME}:role/${role}`,
    username,
    groups: ["system:nodes"],
  },
});

let nodes: NodeServices;
before(async () => {
  nodes = await startNodeServices();
});
after(() => nodes.server.close());
beforeEach(() => nodes.set());

/** An identity with this role and a chosen session name. */
async function statusFor(
  role: string,
  session: string,
  stored: Record<string, unknown>,
  principalId = node.principalId,
) {
  const arn = `arn:aws:sts::${HOME}:assumed-role/${role}/${session}`;
  const body = identityBody({ account: HOME, arn, userId: `${principalId}:${session}` });
  const around = fakeServices(stored, {
    askSts: async () => ({ status: 200, body, requestId: undefined }),
    findNodeName: findNodeNameLazily({ region: "us-east-1", vpcs: [] }),
    // The SDK's calls to EC2 use real time limits.
    clock: Date.now,
  });
  return (await handlerOf(around)(gatewayEvent(reviewBody(tokenNow())))).json.status;
}

function tokenNow(): string {
  return tokenOf("node", Date.now());
}

test("the node itself gets its name", async () => {
  const { user } = await statusFor("ClusterNode", node.sessionName ?? "", mapped("ClusterNode"));
  assert.equal(user?.username, `system:node:${NAME}`);
});

test("a user with another role and a node's instance id as session name is not a node (PR #1067)", async () => {
  const { authenticated, error } = await statusFor("Dev", node.sessionName ?? "", mapped("Dev"), "AROADEV");
  assert.equal(authenticated, false);
  assert.match(error ?? "", /^node_not_verified: .* does not have this role/);
});

test("an identity with a role that was created again under the node role's name is not a node (PR #1067)", async () => {
  const { authenticated } = await statusFor("ClusterNode", node.sessionName ?? "", mapped("ClusterNode"), "AROALATER");
  assert.equal(authenticated, false);
});

test("an instance in the attacker's account, or one that is stopped, does not prove a node (PR #1067)", async () => {
  for (const change of [{ ownerId: OTHER }, { state: "stopped" as const }]) {
    nodes.set(change);
    const { authenticated } = await statusFor("ClusterNode", node.sessionName ?? "", mapped("ClusterNode"));
    assert.equal(authenticated, false);
  }
});

test("a session name that is a node's DNS name does not render as {EC2PrivateDNSName} (PR #1067)", async () => {
  const { authenticated } = await statusFor("ClusterNode", NAME, mapped("ClusterNode"));
  assert.equal(authenticated, false);
});
