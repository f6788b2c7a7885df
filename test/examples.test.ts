// The examples for teams without the CLI create parameters that the function can read.
// e2e/terraform.e2e.ts tests examples/terraform.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { arnsOfAddress } from "../cli/model/entry.ts";
import {
  hasArn,
  KINDS,
  kindsWhere,
  type MappingKind,
} from "../functions/authenticator/mapping/kinds.ts";
import { checkMapping } from "../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../functions/authenticator/mapping/parameter-name.ts";
import { ADMIN, exits, useCluster } from "./cli/commands/mappings/cluster.ts";
import { useFolder } from "./cli/fixtures.ts";
import { ONLY_IN_ALL, randomRuns } from "./extent.ts";

const ROOT = join(import.meta.dirname, "..");
const EXAMPLES = join(ROOT, "examples");
const ACCOUNT = "111122223333";
const PREFIX = "/iam-authenticator/my-cluster";

const { path: folder, write } = useFolder();
const cluster = useCluster(ADMIN, "all");

interface Parameter {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** Returns the name. */
function assertValid({ Properties: { Name, Value } }: Pick<Parameter, "Properties">): string {
  const kind = String(Name).slice(PREFIX.length).split("/")[1] as MappingKind;
  assert.deepEqual(checkMapping(JSON.parse(String(Value)), kind).valid, true, `${Name}: ${Value}`);
  return String(Name);
}

const [ROLE, SET] = [["role", "Developers"] as const, ["sso", "ClusterAdmin"] as const];
const NAMES = [ROLE, SET].map(([kind, name]) => mappingParameter(PREFIX, kind, ACCOUNT, name));

test("Terraform: the name of a mapping has the kinds of principals", () => {
  const text = readFileSync(join(EXAMPLES, "terraform/modules/mapping-name/main.tf"), "utf8");
  const [, ofArn = ""] = /regex\("(\^arn:.*?)", var\.arn\)/.exec(text) ?? [];
  const isArn = new RegExp(ofArn.replaceAll("\\\\", "\\"));
  for (const kind of kindsWhere(hasArn)) {
    const [arn = ""] = arnsOfAddress({ kind, account: ACCOUNT, name: "x" }).arns;
    assert.match(`arn:aws:${arn}`, isArn);
  }
  const [, unnamed = ""] = /contains\((\[.*?\]), local\.kind\)/.exec(text) ?? [];
  const ofAccount = kindsWhere((kind) => KINDS[kind].path === "account");
  assert.deepEqual(JSON.parse(unnamed), ofAccount);
});

test("CloudFormation: mappings.template.yaml", () => {
  const pseudo: Record<string, string> = {
    ClusterId: "my-cluster",
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "Mappings",
  };
  const resolve = (text: string) =>
    text.replace(/\$\{([\w:]+)\}/g, (_, name) => pseudo[name] ?? assert.fail(name));
  const text = readFileSync(join(EXAMPLES, "cloudformation", "mappings.template.yaml"), "utf8");
  const { Resources } = parse(text, {
    customTags: [
      { tag: "!Sub", resolve },
      { tag: "!Ref", resolve: (name: string) => pseudo[name] ?? assert.fail(name) },
    ],
  });
  const parameters: Parameter[] = Object.values(Resources);
  const Tags = { "iam-authenticator:managed-by": "Mappings" };
  for (const parameter of parameters)
    assert.partialDeepStrictEqual(parameter, {
      Type: "AWS::SSM::Parameter",
      Properties: { Type: "String", Tags },
    });
  assert.deepEqual(parameters.map(assertValid).sort(), NAMES);
});

test("Crossplane: crossplane.yaml", () => {
  const { metadata, spec } = parse(
    readFileSync(join(EXAMPLES, "other-tools", "crossplane.yaml"), "utf8"),
  );
  const name: string = metadata.annotations["crossplane.io/external-name"];
  assert.ok(NAMES.includes(name));
  assert.equal(spec.forProvider.type, "String");
  assertValid({ Properties: { Name: name, Value: spec.forProvider.insecureValue } });
});

test("no document or example contains a token hash", () => {
  const files = globSync(["*.md", "docs/**/*.md", "examples/**/*.*"], { cwd: ROOT });
  assert.ok(files.length > 30);
  for (const file of files)
    assert.doesNotMatch(readFileSync(join(ROOT, file), "utf8"), /\b[0-9a-f]{64}\b/i, file);
});

/** Runs an example's script with an `aws` that records its arguments. */
function runScript(script: string, words: readonly string[]) {
  const file = write("aws.txt", "");
  write("aws", `#!/bin/sh\nprintf '%s\\n' "$@" >> '${file}'\n`, 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env["PATH"]}` };
  const { status, stderr } = spawnSync(join(EXAMPLES, script), words, { env, encoding: "utf8" });
  return { status, stderr, asked: readFileSync(file, "utf8").split("\n") };
}

function putMapping(...words: string[]) {
  const { status, stderr, asked } = runScript("aws-cli/put-mapping.sh", words);
  const after = (option: string) =>
    asked.includes(option) ? (asked[asked.indexOf(option) + 1] ?? "") : "";
  return {
    status,
    stderr,
    call: asked.slice(0, 2).join(" "),
    name: after("--name"),
    value: after("--value"),
  };
}

test("StackSets: add-cluster.sh creates the stack of the entry in CDK's list", () => {
  const clusters = [
    { clusterId: "team-a", account: "333344445555", region: "eu-west-1" },
    { clusterId: "team-b", account: "444455556666", region: "us-east-1" },
  ];
  const list = write("cdk.json", JSON.stringify({ context: { clusters } }));
  const add = (id: string) =>
    runScript("stacksets/add-cluster.sh", [list, id, "ou-abcd-12345678", "release"]);
  const { status, stderr, asked } = add("team-b");
  assert.deepEqual(
    [status, stderr, asked.slice(0, 2)],
    [0, "", ["cloudformation", "create-stack-instances"]],
  );
  assert.equal(asked[asked.indexOf("--call-as") + 1], "SELF");
  for (const word of [
    "us-east-1",
    "OrganizationalUnitIds=ou-abcd-12345678,Accounts=444455556666,AccountFilterType=INTERSECTION",
    "ParameterKey=ClusterId,ParameterValue=team-b",
    "ParameterKey=CodeBucket,ParameterValue=release-us-east-1",
  ])
    assert.ok(asked.includes(word), word);
  const unknown = add("team-c");
  assert.deepEqual([unknown.status, unknown.asked], [2, [""]]);
  assert.match(unknown.stderr, /cdk\.json has no entry with account and region for team-c\.\n$/);
});

test("AWS CLI: put-mapping.sh writes the mapping of an ARN", () => {
  const arns = fc.record({
    kind: fc.constantFrom<"role" | "user">("role", "user"),
    path: fc.constantFrom("", "team/", "a/b.c/"),
    name: fc.stringMatching(/^[\w+=,.@-]{1,64}$/),
  });
  for (const { kind, path, name } of fc.sample(arns, { numRuns: randomRuns(20), seed: 13 })) {
    const arn = `arn:aws:iam::${ACCOUNT}:${kind}/${path}${name}`;
    const put = putMapping("my-cluster", arn, "dev:{SessionName}", "developers", "readers");
    assert.deepEqual([put.status, put.stderr, put.call], [0, "", "ssm put-parameter"]);
    assert.equal(put.name, mappingParameter(PREFIX, kind, ACCOUNT, name));
    assert.deepEqual(JSON.parse(put.value), {
      arn,
      username: "dev:{SessionName}",
      groups: ["developers", "readers"],
    });
  }
});

test("AWS CLI: put-mapping.sh rejects groups and what JSON must escape", () => {
  const alone = putMapping("my-cluster", `arn:aws:iam::${ACCOUNT}:user/bob`, "bob");
  assert.deepEqual(JSON.parse(alone.value).groups, []);
  assertValid({ Properties: { Name: alone.name, Value: alone.value } });
  const role = `arn:aws:iam::${ACCOUNT}:role/Developers`;
  for (const words of [
    ["my-cluster", `arn:aws:iam::${ACCOUNT}:root`, "root"],
    ["my-cluster"],
    // Neither may end the JSON string and inject keys or groups.
    ["my-cluster", role, "dev", 'developers"], "groups": ["system:masters'],
    ["my-cluster", role, "dev\\", "developers"],
  ]) {
    const { status, call } = putMapping(...words);
    assert.deepEqual([status, call], [2, ""]);
  }
});

/**
 * Synthesizes examples/cdk-app with the published package, in a folder that `npm init` created.
 * Returns the template.
 */
function synthApp(): { readonly Resources: Readonly<Record<string, Parameter>> } {
  const [app, outdir] = [join(folder, "cdk-app"), join(folder, "cdk.out")];
  cpSync(join(EXAMPLES, "cdk-app"), app, { recursive: true });
  writeFileSync(join(app, "package.json"), '{"type": "commonjs"}');
  mkdirSync(join(app, "node_modules"));
  for (const name of ["aws-cdk-lib", "constructs"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(app, "node_modules", name));
  }
  symlinkSync(ROOT, join(app, "node_modules", "lambda-iam-authenticator"));
  const { app: command, context = {} } = JSON.parse(readFileSync(join(app, "cdk.json"), "utf8"));
  const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) };
  execFileSync(process.execPath, command.split(" ").slice(1), { cwd: app, env, stdio: "pipe" });
  return JSON.parse(readFileSync(join(outdir, "MyCluster.template.json"), "utf8"));
}

test("CDK: the app works with the published package", ONLY_IN_ALL, () => {
  const { Resources } = synthApp();
  const isMapping = ({ Type, Properties: { Name } }: Parameter) =>
    Type === "AWS::SSM::Parameter" && Name !== `${PREFIX}/settings/my-cluster`;
  const mappings = Object.values(Resources).filter(isMapping);
  assert.deepEqual(mappings.map(assertValid).sort(), NAMES);
});

/**
 * The files of examples/deploy-from-branch fit together: the role, the mapping, the group and the
 * namespace.
 */
const read = (file: string) => readFileSync(join(EXAMPLES, "deploy-from-branch", file), "utf8");
const workflow = parse(read("deploy.yml"));

test("the workflow's role is mapped, and bound in its namespace only", async () => {
  const command =
    /mappings (set) -c my-cluster (\S+) --username (\S+) --group (\S+)/.exec(read("README.md")) ??
    assert.fail();
  const [, , arn = "", username = "", group = ""] = command;
  assert.equal(workflow.env.ROLE, arn);
  await exits(cluster.mappings(["set", arn, "--username", username, "--group", group, "-y"]), 0);
  assert.deepEqual(await cluster.value("role/111122223333/deploy-team-a"), {
    arn,
    username,
    groups: [group],
  });
  const [role, binding] = parseAllDocuments(read("role.yaml")).map((document) => document.toJS());
  assert.deepEqual([role.kind, binding.kind], ["Role", "RoleBinding"]);
  for (const { metadata } of [role, binding])
    assert.equal(metadata.namespace, workflow.env.NAMESPACE);
  assert.deepEqual(binding.subjects, [
    { kind: "Group", name: group, apiGroup: "rbac.authorization.k8s.io" },
  ]);
  assert.equal(binding.roleRef.name, role.metadata.name);
});

test("the trust policy and the workflow name the same branch", () => {
  const [statement] = JSON.parse(read("trust-policy.json")).Statement;
  const subject: string =
    statement.Condition.StringEquals["token.actions.githubusercontent.com:sub"];
  const subjects = workflow.on.push.branches.map(
    (branch: string) => `repo:my-org/my-app:ref:refs/heads/${branch}`,
  );
  assert.deepEqual(subjects, [subject]);
  assert.equal(workflow.permissions["id-token"], "write");
});
