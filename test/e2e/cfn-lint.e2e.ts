// The real CDK CLI with a list of clusters of each kind of endpoint and cdk-nag, and cfn-lint on
// these templates and those of a release. Run by `npm run test:cfn-lint`; requires Python 3.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { before, test } from "node:test";
import { parse } from "yaml";
import { buildRelease } from "../../build/assets.ts";
import { ACTIONS } from "../../build/templates/deploying-role.ts";
import { stackName } from "../../infra/context/stacks.ts";
import { useFolder } from "../cli/fixtures.ts";
import { cdk, ROOT, writeApp } from "../infra/cdk-cli.ts";
import { CLUSTERS } from "../infra/clusters.ts";
import { pythonTool } from "./tools.ts";

const { path: folder, write } = useFolder();
let bin: string;
before(() => {
  bin = pythonTool("cfn-lint==1.58.0");
  // The issuer's stack does not depend on the kind of endpoint.
  const [first, ...others] = CLUSTERS;
  writeApp(folder, [{ ...first, issuer: true }, ...others]);
  cdk(folder, ["synth", "--quiet", "--all"]);
  buildRelease(join(folder, "release"));
});

test("cdk synth has no findings", () => {
  const { pluginReports } = JSON.parse(
    readFileSync(join(folder, "cdk.out", "validation-report.json"), "utf8"),
  );
  assert.deepEqual(pluginReports, []);
});

test("cdk.json without a cluster: cdk ls works, also with an older `node`", () => {
  const script = `#!/bin/sh\ncase "$1" in *.ts) exit 1;; esac\nexec "${process.execPath}" "$@"\n`;
  const PATH = `${dirname(write("old-node/node", script, 0o755))}${delimiter}${process.env["PATH"]}`;
  assert.equal(
    cdk(ROOT, ["ls", "--output", join(folder, "ls")], { PATH }).trim(),
    "choose-a-cluster",
  );
});

// CDK writes redundant DependsOn entries: W3005, harmless.
const OPTIONS = ["--ignore-checks", "W3005", "--regions", "eu-west-1", "us-east-1"];

const STACKS = CLUSTERS.map((cluster) => stackName(cluster));
const ISSUER = STACKS[0]?.replace("IamAuthenticator-", "IamAuthenticatorIssuer-");
for (const template of [
  ...[...STACKS, ISSUER].map((stack) => `cdk.out/${stack}.template.json`),
  ...["http", "mtls", "private", "issuer"].map((kind) => `release/${kind}.template.yaml`),
  ...globSync("examples/*/*.template.yaml", { cwd: ROOT }),
]) {
  test(`${template}: neither errors nor warnings`, () => {
    const args = [
      ...OPTIONS,
      "--",
      join(template.startsWith("examples/") ? ROOT : folder, template),
    ];
    const { status, stdout, stderr } = spawnSync(join(bin, "cfn-lint"), args, { encoding: "utf8" });
    assert.deepEqual([status, stdout, stderr], [0, "", ""]);
  });
}

test("examples/stacksets gives the release's template exactly its parameters", () => {
  const read = (file: string) => parse(readFileSync(file, "utf8"), { logLevel: "error" });
  const { Parameters } = read(join(folder, "release", "http.template.yaml"));
  const stackSet = read(join(ROOT, "examples", "stacksets", "stack-set.template.yaml")).Resources
    .StackSet.Properties;
  const given = stackSet.Parameters.map(
    ({ ParameterKey }: { ParameterKey: string }) => ParameterKey,
  );
  const unknown = given.filter((name: string) => !(name in Parameters));
  const missing = Object.keys(Parameters).filter(
    (name) => !("Default" in Parameters[name]) && !given.includes(name),
  );
  assert.deepEqual([unknown, missing], [[], []]);
});

/** Actions for features that the release's templates do not use. */
const UNUSED: Readonly<Record<string, RegExp>> = {
  "a VPC, a file system or a key for the function": /^(ec2|elasticfilesystem|s3files|kms):/,
  "layers, signed code, capacity providers":
    /^lambda:(GetLayerVersion|\w*CodeSigningConfig|PassCapacityProvider)$/,
  "policies of users and groups, boundaries":
    /^iam:(\w+(Group|User)Policy|\w+RolePermissionsBoundary)$/,
  "settings of a log group other than its retention":
    /^(firehose:.*|s3:REST.*|logs:(Associate|Disassociate)KmsKey|logs:(Put|Delete)(DataProtectionPolicy|IndexPolicy)|logs:PutBearerTokenAuthentication|logs:PutLogGroupDeletionProtection|logs:Delete(Resource|Retention)Policy)$/,
  "deployments to machines": /^codedeploy:RegisterOnPremisesInstance$/,
};

test("the deploying role allows the calls that AWS's schemas list for each resource", () => {
  const [schemas = assert.fail()] = globSync(
    join(bin, "../lib/python3*/site-packages/cfnlint/data/schemas"),
  );
  const read = (...path: string[]) => JSON.parse(readFileSync(join(schemas, ...path), "utf8"));
  const names: Readonly<Record<string, string>> = read("providers", "us-east-1.json");
  const { Statement } = JSON.parse(
    readFileSync(join(folder, "release", "deploying-role.json"), "utf8"),
  );
  const allowed = Statement.flatMap(({ Action }: { Action: string[] }) => Action);
  const missing = Object.keys(ACTIONS).flatMap((type) => {
    const { handlers } = read("resources", `${names[type]}.json`);
    const verbs = ["create", "read", "update", "delete"];
    const needed: string[] = verbs.flatMap((verb) => handlers[verb]?.permissions ?? []);
    assert.ok(needed.length > 0, type);
    const isAllowed = (action: string) =>
      allowed.some((name: string) => name.toLowerCase() === action.toLowerCase()) ||
      Object.values(UNUSED).some((pattern) => pattern.test(action));
    return needed.filter((action) => !isAllowed(action)).map((action) => `${type}: ${action}`);
  });
  assert.deepEqual(missing, []);
});
