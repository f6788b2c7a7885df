// cdk-nag's AwsSolutions rules: every finding is acknowledged, with a reason.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { App, Validations } from "aws-cdk-lib";
import { Role } from "aws-cdk-lib/aws-iam";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { AwsSolutionsChecks } from "cdk-nag";
import { ServiceAccountRole } from "../../infra/iam-authenticator.ts";
import { useFolder } from "../cli/fixtures.ts";
import {
  ACCOUNT,
  issuerOf,
  KINDS,
  type MoreProps,
  type Synthesized,
  stackOf,
  vpcOf,
} from "./stacks.ts";

interface Report {
  readonly pluginReports: {
    readonly violations: {
      readonly ruleName: string;
      readonly violatingConstructs: { constructPath: string }[];
    }[];
  }[];
}

/** In the form `rule at construct`. */
function findings({ app }: Pick<Synthesized, "app">): string[] {
  try {
    app.synth();
  } catch (error) {
    // The report has the findings.
    assert.match(String(error), /ValidationFailed/);
  }
  const report: Report = JSON.parse(
    readFileSync(join(app.outdir, "validation-report.json"), "utf8"),
  );
  return report.pluginReports
    .flatMap(({ violations }) => violations)
    .flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    );
}

function checkedApp(context: Record<string, boolean> = {}): App {
  const app = new App({ outdir: useFolder().path, context });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

const checked = (
  kind: (typeof KINDS)[number],
  more: MoreProps = {},
  context?: Record<string, boolean>,
) => stackOf(kind, more, checkedApp(context));

const EVERYTHING: MoreProps = (scope) => ({
  nodes: true,
  vpc: vpcOf(scope, "FunctionVpc"),
  vpcEndpoints: false,
  provisionedConcurrency: 1,
  alarmTopic: Topic.fromTopicArn(scope, "Topic", "arn:aws:sns:eu-west-1:111122223333:on-call"),
});

for (const kind of KINDS) {
  test(`${kind}: no findings with all options`, () => {
    const made = checked(kind, EVERYTHING);
    made.authenticator.addAccountMapping("111122223333");
    made.authenticator.addCaller({ name: "c", sha256: "0".repeat(64) });
    assert.deepEqual(findings(made), []);
  });
}

const FLAGS = {
  "@aws-cdk/core:enablePartitionLiterals": true,
  "@aws-cdk/aws-iam:minimizePolicies": true,
};
for (const [what, props, flags] of [
  ["with an email address for alarms", { alarmEmail: "on-call@example.com" }, {}],
  ["in an app that writes partitions as literals", { nodes: true }, FLAGS],
] as const) {
  test(`no findings ${what}`, () => assert.deepEqual(findings(checked("http", props, flags)), []));
}

test("the check works: it finds a bucket beside the authenticator", () => {
  const made = checked("http");
  new Bucket(made.stack, "Bucket");
  assert.match(findings(made).join("\n"), /AwsSolutions-S1 at Test\/Bucket\/Resource/);
});

test("an issuer and a role for a service account: no findings", () => {
  const { app, stack, issuer } = issuerOf(() => ({}), checkedApp());
  issuer.grantManageKeys(Role.fromRoleArn(stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`));
  new ServiceAccountRole(stack, "Reader", {
    issuer: "https://oidc.example.com",
    namespace: "a",
    name: "b",
  });
  // The role of the app's team has a wildcard below the issuer's path.
  const others = findings({ app }).filter((finding) => !finding.includes("Test/Team/"));
  assert.deepEqual(others, []);
});
