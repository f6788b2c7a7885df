// The examples for teams without the CLI create parameters that the function can read.
// e2e/terraform.e2e.ts tests examples/terraform.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { checkMapping, type MappingKind } from "../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../functions/authenticator/mapping/parameter-name.ts";

const ROOT = join(import.meta.dirname, "..");
const EXAMPLES = join(ROOT, "examples");
const ACCOUNT = "111122223333";
const PREFIX = "/iam-authenticator/my-cluster";

const folder = mkdtempSync(join(tmpdir(), "examples-"));
after(() => rmSync(folder, { recursive: true }));

function assertValid(name: string, value: string): void {
  const kind = name.slice(PREFIX.length).split("/")[1] as MappingKind;
  assert.deepEqual(checkMapping(JSON.parse(value), kind).valid, true, `${name}: ${value}`);
}

const NAMES = [
  mappingParameter(PREFIX, "role", ACCOUNT, "Developers"),
  mappingParameter(PREFIX, "sso", ACCOUNT, "ClusterAdmin"),
];

test("CloudFormation: mappings.template.yaml", () => {
  const pseudo: Record<string, string> = {
    ClusterId: "my-cluster",
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "Mappings",
  };
  const resolve = (text: string) => text.replace(/\$\{([\w:]+)\}/g, (_, name) => pseudo[name] ?? assert.fail(name));
  const text = readFileSync(join(EXAMPLES, "cloudformation", "mappings.template.yaml"), "utf8");
  const { Resources } = parse(text, {
    customTags: [
      { tag: "!Sub", resolve },
      { tag: "!Ref", resolve: (name: string) => pseudo[name] ?? assert.fail(name) },
    ],
  });
  const parameters: { Type: string; Properties: Record<string, string> }[] = Object.values(Resources);
  for (const { Type, Properties } of parameters) {
    assert.deepEqual([Type, Properties["Type"]], ["AWS::SSM::Parameter", "String"]);
    assert.deepEqual(Properties["Tags"], { "iam-authenticator:managed-by": "Mappings" });
    assertValid(Properties["Name"] ?? "", Properties["Value"] ?? "");
  }
  assert.deepEqual(parameters.map(({ Properties }) => Properties["Name"]).sort(), NAMES);
});

test("Crossplane: crossplane.yaml", () => {
  const { metadata, spec } = parse(readFileSync(join(EXAMPLES, "other-tools", "crossplane.yaml"), "utf8"));
  const name: string = metadata.annotations["crossplane.io/external-name"];
  assert.ok(NAMES.includes(name));
  assert.equal(spec.forProvider.type, "String");
  assertValid(name, spec.forProvider.insecureValue);
});

test("no document or example contains a token hash, since users could copy a caller with a public token", () => {
  const root = join(EXAMPLES, "..");
  const files = globSync(["*.md", "docs/**/*.md", "examples/**/*.*"], { cwd: root });
  assert.ok(files.length > 30);
  const found = files.filter((file) => /\b[0-9a-f]{64}\b/i.test(readFileSync(join(root, file), "utf8")));
  assert.deepEqual(found, []);
});

/** Runs `put-mapping.sh` with an `aws` that records its arguments. */
function putMapping(...words: string[]) {
  const file = join(folder, "aws.txt");
  writeFileSync(join(folder, "aws"), `#!/bin/sh\nprintf '%s\\n' "$@" > '${file}'\n`, { mode: 0o755 });
  writeFileSync(file, "");
  const env = { PATH: `${folder}${delimiter}${process.env["PATH"]}` };
  const { status, stderr } = spawnSync(join(EXAMPLES, "aws-cli", "put-mapping.sh"), words, { env, encoding: "utf8" });
  const asked = readFileSync(file, "utf8").split("\n");
  const after = (option: string) => (asked.includes(option) ? (asked[asked.indexOf(option) + 1] ?? "") : "");
  return { status, stderr, call: asked.slice(0, 2).join(" "), name: after("--name"), value: after("--value") };
}

test("AWS CLI: put-mapping.sh writes the mapping of an ARN", () => {
  const arns = fc.record({
    kind: fc.constantFrom<"role" | "user">("role", "user"),
    path: fc.constantFrom("", "team/", "a/b.c/"),
    name: fc.stringMatching(/^[\w+=,.@-]{1,64}$/),
  });
  for (const { kind, path, name } of fc.sample(arns, { numRuns: 20, seed: 13 })) {
    const arn = `arn:aws:iam::${ACCOUNT}:${kind}/${path}${name}`;
    const put = putMapping("my-cluster", arn, "dev:{SessionName}", "developers", "readers");
    assert.deepEqual([put.status, put.stderr, put.call], [0, "", "ssm put-parameter"]);
    assert.equal(put.name, mappingParameter(PREFIX, kind, ACCOUNT, name));
    assert.deepEqual(JSON.parse(put.value), { arn, username: "dev:{SessionName}", groups: ["developers", "readers"] });
  }
});

test("AWS CLI: put-mapping.sh accepts no groups, and rejects other ARNs and characters that JSON must escape", () => {
  const alone = putMapping("my-cluster", `arn:aws:iam::${ACCOUNT}:user/bob`, "bob");
  assert.deepEqual(JSON.parse(alone.value).groups, []);
  assertValid(alone.name, alone.value);
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

test("CDK: the app works with the published package in a folder that `npm init` created", () => {
  const [app, outdir] = [join(folder, "app"), join(folder, "cdk.out")];
  cpSync(join(EXAMPLES, "cdk-app"), app, { recursive: true });
  writeFileSync(join(app, "package.json"), '{"type": "commonjs"}');
  mkdirSync(join(app, "node_modules"));
  for (const name of ["aws-cdk-lib", "constructs"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(app, "node_modules", name));
  }
  symlinkSync(ROOT, join(app, "node_modules", "lambda-iam-authenticator"));
  const command: string = JSON.parse(readFileSync(join(app, "cdk.json"), "utf8")).app;
  execFileSync(process.execPath, command.split(" ").slice(1), {
    cwd: app,
    env: { ...process.env, CDK_OUTDIR: outdir },
    stdio: "pipe",
  });
  const { Resources } = JSON.parse(readFileSync(join(outdir, "MyCluster.template.json"), "utf8"));
  const found: { Type: string; Properties: Record<string, string> }[] = Object.values(Resources);
  const mappings = found
    .filter(({ Type }) => Type === "AWS::SSM::Parameter")
    .map(({ Properties }) => [Properties["Name"] ?? "", Properties["Value"] ?? ""] as const);
  for (const [name, value] of mappings) assertValid(name, value);
  assert.deepEqual(mappings.map(([name]) => name).sort(), NAMES);
});
