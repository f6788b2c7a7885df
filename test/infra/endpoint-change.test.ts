// A change of the endpoint's kind replaces the endpoint. `formerEndpoint` keeps the old one, also with mappings and
// callers as code.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Construct } from "constructs";
import { IamAuthenticator } from "../../infra/iam-authenticator.ts";
import { ACCOUNT, endpointOf, KINDS, type Kind, REGION } from "./stacks.ts";

interface Resource {
  readonly Type: string;
}

/** One deployment of the same stack, with mappings and callers as code. */
function deployed(kind: Kind, formerKind?: Kind): Map<string, Resource> {
  const stack = new Stack(new App(), "Test", { env: { account: ACCOUNT, region: REGION } });
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    clusterId: "prod",
    endpoint: endpointOf(kind, stack),
    ...(formerKind !== undefined && { formerEndpoint: endpointOf(formerKind, new Construct(stack, "Former")) }),
  });
  authenticator.addAccountMapping(ACCOUNT);
  authenticator.addCaller({ name: "control-plane", sha256: "0".repeat(64) });
  return new Map(Object.entries(Template.fromStack(stack).toJSON()["Resources"]));
}

const CHANGES = KINDS.flatMap((from) => KINDS.filter((to) => to !== from).map((to) => [from, to] as const));

for (const [from, to] of CHANGES) {
  test(`${from} to ${to} replaces all logical ids except the parameters of the stack`, () => {
    const before = deployed(from);
    const shared = [...deployed(to)].filter(([id]) => before.has(id));
    assert.deepEqual(
      shared.map(([, { Type }]) => Type),
      ["AWS::SSM::Parameter", "AWS::SSM::Parameter"],
    );
    for (const [id, resource] of shared) assert.deepEqual(resource, before.get(id));
  });

  test(`${from} to ${to} with formerEndpoint keeps the old endpoint unchanged, and then the new one`, () => {
    const both = deployed(to, from);
    const old = deployed(from);
    const now = deployed(to);
    for (const [id, resource] of [...old, ...now]) assert.deepEqual(both.get(id), resource, id);
    assert.equal(both.size, new Set([...old.keys(), ...now.keys()]).size);
  });
}
