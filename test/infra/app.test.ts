// The app of `cdk deploy`: a stack for each cluster, messages without a stack trace, and CDK's
// feature flags: the fixed ones create the same stacks as all recommended flags, and each has an
// effect. test/e2e/cfn-lint.e2e.ts runs the CDK CLI.

import "./quick-synth.ts";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import recommended from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import { FEATURE_FLAGS } from "../../infra/cdk-rules.ts";
import { readCluster } from "../../infra/context/cluster.ts";
import { clusterStack, issuerStack } from "../../infra/context/stacks.ts";
import { useFolder } from "../cli/fixtures.ts";
import { ONLY_IN_ALL } from "../extent.ts";
import { ROOT } from "./cdk-cli.ts";
import { CLUSTERS } from "./clusters.ts";

/** Runs the app with this context, as the CDK CLI does. */
function run(context: object, outdir: string) {
  const settings = {
    CDK_CONTEXT_JSON: JSON.stringify(context),
    CDK_OUTDIR: outdir,
    CDK_VALIDATION: "false",
  };
  const env = { ...process.env, ...settings };
  return spawnSync(process.execPath, [join(ROOT, "infra", "app.ts")], { env, encoding: "utf8" });
}

test("the app checks its context, and prints only the message of a mistake", () => {
  const { status, stderr } = run({ clusterId: "prod", endpoint: "mtls" }, "unused");
  assert.match(
    `${status}: ${stderr}`,
    /^1: the context key "endpoint" has no effect: it belongs to a cluster\. .*\n$/,
  );
});

test("the app has a stack for each cluster, and for its issuer", () => {
  const outdir = useFolder().path;
  const { status, stderr } = run(
    { clusters: [{ clusterId: "a", issuer: true }, { clusterId: "b" }] },
    outdir,
  );
  assert.equal(status, 0, stderr);
  const stacks = readdirSync(outdir).flatMap(
    (file) => /^(.*)\.template\.json$/.exec(file)?.[1] ?? [],
  );
  assert.deepEqual(stacks.sort(), [
    "IamAuthenticator-a",
    "IamAuthenticator-b",
    "IamAuthenticatorIssuer-a",
  ]);
});

/** Stacks of every kind of endpoint, each with an issuer. */
function templates(context: Readonly<Record<string, unknown>>): unknown[] {
  const app = new App({ context });
  const stacks = CLUSTERS.map(readCluster).flatMap((cluster) => [
    clusterStack(app, cluster),
    issuerStack(app, cluster),
  ]);
  return stacks.map((stack) => Template.fromStack(stack).toJSON());
}

test(
  "no other recommended flag changes a stack (can fail after an update of aws-cdk-lib)",
  ONLY_IN_ALL,
  () => {
    assert.deepEqual(templates(FEATURE_FLAGS), templates(recommended));
  },
);

for (const flag of Object.keys(FEATURE_FLAGS)) {
  test(`${flag} is recommended, and changes a stack`, ONLY_IN_ALL, () => {
    assert.equal((recommended as Record<string, unknown>)[flag], true);
    assert.notDeepEqual(templates({ [flag]: true }), templates({}));
  });
}
