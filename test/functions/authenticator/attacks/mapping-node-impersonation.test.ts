// Attack: a user who can assume a role chooses another node's instance id as session name.
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/1067

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { findNodeNameLazily } from "../../../../functions/authenticator/aws/lazy.ts";
import { NAME, type NodeServices, node, startNodeServices } from "../aws/node-services.ts";
import { HOME, OTHER, tokenOf } from "../fixtures.ts";
import { reviewer, stsReturns } from "./review.ts";

let nodes: NodeServices;
before(async () => {
  nodes = await startNodeServices();
});
after(() => nodes.server.close());
beforeEach(() => nodes.set());

/** An identity with a role that is mapped to nodes, and a chosen session name. */
async function errorFor({ role = "ClusterNode", session = node.sessionName ?? "", id = node.principalId } = {}) {
  const mapping = { username: "system:node:{EC2PrivateDNSName}", groups: ["system:nodes"] };
  const arn = `arn:aws:sts::${HOME}:assumed-role/${role}/${session}`;
  const { status } = reviewer(
    { [`role/${HOME}/${role.toLowerCase()}`]: { arn: `arn:aws:iam::${HOME}:role/${role}`, ...mapping } },
    {
      ...stsReturns({ account: HOME, arn, userId: `${id}:${session}` }),
      findNodeName: findNodeNameLazily({ region: "us-east-1", vpcs: [] }),
      // The SDK's calls to EC2 use real time limits.
      clock: Date.now,
    },
  );
  const { user, error } = await status(tokenOf("node", Date.now()));
  return user?.username ?? error ?? "";
}

test("the node itself gets its name", async () => {
  assert.equal(await errorFor(), `system:node:${NAME}`);
});

test("another role, a role that was created again, or a node's name as session name is not a node (PR #1067)", async () => {
  assert.match(await errorFor({ role: "Dev", id: "AROADEV" }), /^node_not_verified: .* does not have this role/);
  assert.match(await errorFor({ id: "AROALATER" }), /^node_not_verified: /);
  assert.match(await errorFor({ session: NAME }), /^node_not_verified: /);
});

test("an instance in the attacker's account, or one that is stopped, does not prove a node (PR #1067)", async () => {
  for (const change of [{ ownerId: OTHER }, { state: "stopped" as const }]) {
    nodes.set(change);
    assert.match(await errorFor(), /^node_not_verified: /);
  }
});
