// The template of each endpoint and of the issuer, without hashes, and the construct's public
// declarations, so that every change shows in a review. Update: `npm run prepare`, then `TEST_ALL=1
// npx node --test --test-update-snapshots test/infra/snapshot.test.ts`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { SecurityGroup, Subnet } from "aws-cdk-lib/aws-ec2";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { issuerStack } from "../../infra/context/stacks.ts";
import { ONLY_IN_ALL } from "../extent.ts";
import { ACCOUNT, certificateArn, KINDS, REGION, stackOf, templateOf, vpcOf } from "./stacks.ts";
import { flat } from "./template.ts";

const folder = join(import.meta.dirname, "snapshots");
const serializers = [(value: unknown) => `${JSON.stringify(value, null, 2)}\n`];

for (const kind of KINDS) {
  test(kind, (t) =>
    t.assert.fileSnapshot(flat(templateOf(kind).toJSON()), join(folder, `${kind}.snapshot`), {
      serializers,
    }),
  );
}

test("in a VPC, with mappings and callers", (t) => {
  const { authenticator, template } = stackOf("http", (scope) => ({ vpc: vpcOf(scope, "Vpc") }));
  authenticator.addAccountMapping("444455556666", {
    username: "account:{AccountID}",
    groups: ["viewers"],
  });
  authenticator.addCaller({ name: "control-plane", sha256: "0".repeat(64) });
  t.assert.fileSnapshot(flat(template().toJSON()), join(folder, "vpc.snapshot"), { serializers });
});

test("every option of the construct", (t) => {
  const { template } = stackOf("http", (scope) => ({
    endpoint: {
      kind: "http",
      domain: {
        domainName: "authenticator.example.com",
        certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn(REGION)),
      },
    },
    failoverUrl: "https://standby.example.com/authenticate",
    mappingPrefix: "/kube/auth",
    accounts: [ACCOUNT, "444455556666"],
    stsRegions: ["eu-west-1", "us-east-1"],
    stsExtraHosts: ["vpce-1.sts.eu-west-1.vpce.amazonaws.com"],
    audiences: ["vault"],
    reservedPrefixes: ["system:"],
    userInfo: "minimal",
    awsSignedTokens: [{ account: ACCOUNT, issuer: "https://0a1b2c3d.tokens.sts.global.api.aws" }],
    tokens: "jwt",
    logLevel: "warn",
    nodes: true,
    nodeVpcs: ["vpc-0123456789abcdef0", "vpc-01234567"],
    nodeRegion: "eu-central-1",
    vpc: vpcOf(scope, "Vpc"),
    vpcEndpoints: false,
    vpcSubnets: { subnets: [Subnet.fromSubnetId(scope, "Subnet", "subnet-0fedcba9876543210")] },
    securityGroups: [SecurityGroup.fromSecurityGroupId(scope, "Group", "sg-0123456789abcdef0")],
    architecture: Architecture.X86_64,
    memorySize: 1024,
    provisionedConcurrency: 2,
    reservedConcurrency: false,
    quietHours: 24,
    alarmEmail: "on-call@example.com",
  }));
  t.assert.fileSnapshot(flat(template().toJSON()), join(folder, "options.snapshot"), {
    serializers,
  });
});

test("issuer", (t) => {
  const stack = issuerStack(new App(), { clusterId: "prod", account: ACCOUNT, region: REGION });
  t.assert.fileSnapshot(flat(Template.fromStack(stack).toJSON()), join(folder, "issuer.snapshot"), {
    serializers,
  });
});

const CONSTRUCT = join(import.meta.dirname, "..", "..", "dist", "construct");

/** The top-level statements of a file, each with its comment. */
function statements(file: string): string[] {
  return readFileSync(file, "utf8").split(
    /^(?<!\*\/\n)(?=\/\*\*|export |import |declare |type |interface )/m,
  );
}

const DECLARED = /^(?:export )?(?:declare )?(?:interface|type|class|const|function) (\w+)/m;
const FROM = /^(?:import|export) (?:type )?\{ ([^}]+?),? \} from "(\..+)\.ts";$/m;

/**
 * Adds what `text` of `file` names of this package, and what that names. By name: moving it to
 * another file is no change.
 */
function addNamed(text: string, file: string, found: Map<string, string>): void {
  const code = text.replaceAll(/\/\*\*.*?\*\//gs, "");
  const add = (name: string, from: string) => {
    if (found.has(name) || !new RegExp(`\\b${name}\\b(?!\\??:)`).test(code)) return;
    const declared = statements(from).find((statement) => DECLARED.exec(statement)?.[1] === name);
    found.set(name, declared ?? assert.fail(`${name} in ${from}`));
    addNamed(found.get(name) ?? "", from, found);
  };
  for (const statement of statements(file)) {
    const [, own] = DECLARED.exec(statement) ?? [];
    if (own !== undefined) add(own, file);
    const [, names = "", path] = FROM.exec(statement) ?? [];
    if (path === undefined) continue;
    for (const name of names.replaceAll("type ", "").split(", "))
      add(name, join(dirname(file), `${path}.d.ts`));
  }
}

test("the public declarations", ONLY_IN_ALL, (t) => {
  const entry = join(CONSTRUCT, "infra", "iam-authenticator.d.ts");
  const found = new Map<string, string>();
  addNamed(readFileSync(entry, "utf8"), entry, found);
  const named = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, declared]) => declared);
  const others = statements(entry).filter((statement) => !DECLARED.test(statement));
  t.assert.fileSnapshot(
    [...others, "\n", ...named].join(""),
    join(folder, "declarations.snapshot"),
    {
      serializers: [String],
    },
  );
});
