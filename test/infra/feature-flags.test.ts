// CDK's feature flags: the four that are set make the same stacks as all that CDK recommends, and each changes something.

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

/** Of every kind of endpoint, and of an issuer beside each. */
function templates(context: Readonly<Record<string, unknown>>): unknown[] {
  const app = new App({ context });
  const stacks = CLUSTERS.map(readCluster).flatMap((cluster) => [
    clusterStack(app, cluster),
    issuerStack(app, cluster),
  ]);
  return stacks.map((stack) => Template.fromStack(stack).toJSON());
}

test("no other recommended flag changes a stack: a newer aws-cdk-lib may recommend one that does", () => {
  assert.deepEqual(templates(FEATURE_FLAGS), templates(recommended));
});

for (const flag of Object.keys(FEATURE_FLAGS)) {
  test(`${flag} is recommended, and changes a stack`, () => {
    assert.equal((recommended as Record<string, unknown>)[flag], true);
    assert.notDeepEqual(templates({ [flag]: true }), templates({}));
  });
}
