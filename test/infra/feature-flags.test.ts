// CDK's feature flags: the fixed ones create the same stacks as all recommended flags, and each has an effect.

import "./quick-synth.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import recommended from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import { readCluster } from "../../infra/context/cluster.ts";
import { clusterStack } from "../../infra/context/cluster-stack.ts";
import { FEATURE_FLAGS } from "../../infra/feature-flags.ts";
import { issuerStack } from "../../infra/issuer/issuer-stack.ts";
import { CLUSTERS } from "./clusters.ts";

/** Stacks of every kind of endpoint, each with an issuer. */
function templates(context: Readonly<Record<string, unknown>>): unknown[] {
  const app = new App({ context });
  const stacks = CLUSTERS.map(readCluster).flatMap((cluster) => [
    clusterStack(app, cluster),
    issuerStack(app, cluster),
  ]);
  return stacks.map((stack) => Template.fromStack(stack).toJSON());
}

test("no other recommended flag changes a stack (can fail after an update of aws-cdk-lib)", () => {
  assert.deepEqual(templates(FEATURE_FLAGS), templates(recommended));
});

for (const flag of Object.keys(FEATURE_FLAGS)) {
  test(`${flag} is recommended, and changes a stack`, () => {
    assert.equal((recommended as Record<string, unknown>)[flag], true);
    assert.notDeepEqual(templates({ [flag]: true }), templates({}));
  });
}
