// The template of each endpoint and of the issuer, without hashes, and the construct's public declarations, so that every
// change shows in a review. Update: `npm run prepare`, then `npx node --test --test-update-snapshots test/infra/snapshot.test.ts`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { SecurityGroup, Subnet } from "aws-cdk-lib/aws-ec2";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { issuerStack } from "../../infra/issuer/issuer-stack.ts";
import { ACCOUNT, certificateArn, KINDS, REGION, stackOf, templateOf, vpcOf } from "./stacks.ts";
import { flat } from "./template.ts";

const folder = join(import.meta.dirname, "snapshots");
const serializers = [(value: unknown) => `${JSON.stringify(value, null, 2)}\n`];

for (const kind of KINDS) {
  test(kind, (t) =>
    t.assert.fileSnapshot(flat(templateOf(kind).toJSON()), join(folder, `${kind}.snapshot`), { serializers }),
  );
}

test("in a VPC, with mappings and callers", (t) => {
  const { authenticator, template } = stackOf("http", (scope) => ({ vpc: vpcOf(scope, "Vpc") }));
  authenticator.addAccountMapping("444455556666", { username: "account:{AccountID}", groups: ["viewers"] });
  authenticator.addCaller({ name: "control-plane", sha256: "0".repeat(64) });
  t.assert.fileSnapshot(flat(template().toJSON()), join(folder, "vpc.snapshot"), { serializers });
});

test("every option: settings, subnets and groups, a domain, sizes, a dashboard, an email address and a standby", (t) => {
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
    vpc: vpcOf(scope, "Vpc"),
    vpcEndpoints: false,
    vpcSubnets: { subnets: [Subnet.fromSubnetId(scope, "Subnet", "subnet-0fedcba9876543210")] },
    securityGroups: [SecurityGroup.fromSecurityGroupId(scope, "Group", "sg-0123456789abcdef0")],
    architecture: Architecture.X86_64,
    memorySize: 1024,
    provisionedConcurrency: 2,
    reservedConcurrency: false,
    dashboard: true,
    quietHours: 24,
    alarmEmail: "on-call@example.com",
  }));
  t.assert.fileSnapshot(flat(template().toJSON()), join(folder, "options.snapshot"), { serializers });
});

test("issuer", (t) => {
  const stack = issuerStack(new App(), { clusterId: "prod", account: ACCOUNT, region: REGION });
  t.assert.fileSnapshot(flat(Template.fromStack(stack).toJSON()), join(folder, "issuer.snapshot"), { serializers });
});

const CONSTRUCT = join(import.meta.dirname, "..", "..", "dist", "construct");

/** All of a file of infra; of a file of functions, the types that infra uses. In the order of imports and exports. */
function declarations(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, "utf8");
  const imports = [...text.matchAll(/^(?:import|export) (?:type )?\{ ([^}]+?),? \} from "(\.[^"]+)\.ts";$/gm)];
  return [
    `// ${relative(CONSTRUCT, file)}\n${text}`,
    ...imports.flatMap(([, names = "", path = ""]) => {
      const imported = join(dirname(file), `${path}.d.ts`);
      return path.includes("/functions/") ? interfaces(imported, names.split(", ")) : declarations(imported, seen);
    }),
  ];
}

function interfaces(file: string, names: readonly string[]): string[] {
  const text = readFileSync(file, "utf8");
  return names.map((name) => {
    const [found] =
      new RegExp(`^export interface ${name} \\{$.*?^\\}$`, "ms").exec(text) ??
      new RegExp(`^export type ${name} = [^;]*;$`, "m").exec(text) ??
      [];
    assert.ok(found, `${name} in ${file}`);
    return `// ${relative(CONSTRUCT, file)}\n${found}\n`;
  });
}

test("the public declarations", (t) => {
  const text = declarations(join(CONSTRUCT, "infra", "iam-authenticator.d.ts")).join("\n");
  t.assert.fileSnapshot(text, join(folder, "declarations.snapshot"), { serializers: [String] });
});
