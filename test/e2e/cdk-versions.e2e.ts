// Compiles and synthesizes apps with the packed construct, every kind of endpoint and the example
// of docs/cdk.md: a CommonJS app, as `cdk init` creates it, with the oldest aws-cdk-lib that
// package.json allows, and an ES module with the newest. Run by `npm run test:cdk-versions`;
// installs both from the registry.

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { FEATURE_FLAGS } from "../../infra/cdk-rules.ts";
import { useFolder } from "../cli/fixtures.ts";
import { compile, packInto, ROOT, run } from "./packed.ts";

const { peerDependencies, devDependencies } = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
);
const { path: folder, write } = useFolder();

let tarball: string;
before(() => ({ tarball } = packInto(folder)));

const APP = `
import { App, Stack } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { IamAuthenticator, ServiceAccountIssuer, ServiceAccountRole } from "lambda-iam-authenticator";

const app = new App({ outdir: "cdk.out", context: JSON.parse(process.env["FLAGS"] ?? "{}") });
const stack = new Stack(app, "Cluster", { env: { account: "111122223333", region: "eu-west-1" } });
const vpc = Vpc.fromVpcAttributes(stack, "Vpc", {
  vpcId: "vpc-0123456789abcdef0",
  availabilityZones: ["eu-west-1a"],
  privateSubnetIds: ["subnet-0123456789abcdef0"],
  vpcCidrBlock: "10.0.0.0/16",
});
const authenticator = new IamAuthenticator(stack, "Http", { clusterId: "http" });
authenticator.addRoleMapping(Role.fromRoleName(stack, "Ops", "ops"), { username: "ops" });
authenticator.addDenial({ arnLike: "arn:aws:iam::111122223333:user/mallory" });
authenticator.addCaller({ name: "control-plane", sha256: "0".repeat(64) });
authenticator.grantManageMappings(Role.fromRoleArn(stack, "Team", "arn:aws:iam::111122223333:role/Team"));
new IamAuthenticator(stack, "Both", {
  clusterId: "both",
  vpc,
  endpoint: { kind: "private", vpc, accountLogRole: true },
  formerEndpoint: {
    kind: "mtls",
    domainName: "authenticator.example.com",
    subjects: ["CN=kube-apiserver"],
    certificate: Certificate.fromCertificateArn(stack, "Certificate", "arn:aws:acm:eu-west-1:111122223333:certificate/a"),
    truststore: { bucket: Bucket.fromBucketName(stack, "Truststore", "truststore"), key: "ca.pem" },
  },
});
const issuer = new ServiceAccountIssuer(stack, "Issuer", {
  clusterId: "http",
  domain: {
    domainName: "oidc.example.com",
    certificate: Certificate.fromCertificateArn(stack, "IssuerCertificate", "arn:aws:acm:eu-west-1:111122223333:certificate/b"),
  },
});
new ServiceAccountRole(stack, "Reader", { issuer, namespace: "team-a", name: "reader" });
class Documented extends Stack {
  constructor(scope: App) {
    super(scope, "Documented", { env: { account: "111122223333", region: "eu-west-1" } });
    const teamRole = new Role(this, "Team", { assumedBy: new AccountRootPrincipal() });
    const userRole = new Role(this, "User", { assumedBy: new AccountRootPrincipal() });
${snippet()}
  }
}
new Documented(app);
app.synth();
`;

function snippet(): string {
  const page = readFileSync(join(ROOT, "docs", "cdk.md"), "utf8");
  const [, code = ""] =
    /^import \{ IamAuthenticator \} from "lambda-iam-authenticator";\n(.*?)^```$/ms.exec(page) ??
    [];
  return code.replace("<64 hex digits>", "0".repeat(64));
}

const oldest = (name: string) => String(peerDependencies[name]).replace("^", "");
for (const [name, type, library, constructs] of [
  ["the oldest allowed", "commonjs", oldest("aws-cdk-lib"), oldest("constructs")],
  ["the newest", "module", "2", "10"],
] as const) {
  test(`aws-cdk-lib, ${name}, ${type}: an app compiles and synthesizes every kind of endpoint`, () => {
    const app = join(folder, type);
    const types = `@types/node@${devDependencies["@types/node"]}`;
    const wanted = [`aws-cdk-lib@${library}`, `constructs@${constructs}`, types];
    write(`${type}/package.json`, JSON.stringify({ type }));
    write(`${type}/app.ts`, APP);
    run("npm", ["install", "--silent", "--ignore-scripts", tarball, ...wanted], app);
    compile(app, "app.ts");
    // The oldest version has no list of flags.
    const list = join(app, "node_modules", "aws-cdk-lib", "recommended-feature-flags.json");
    const flags = existsSync(list) ? readFileSync(list, "utf8") : JSON.stringify(FEATURE_FLAGS);
    for (const FLAGS of ["{}", flags]) check(app, FLAGS);
  });
}

function check(app: string, FLAGS: string): void {
  run(process.execPath, ["app.js"], app, { FLAGS });
  const { Resources } = JSON.parse(
    readFileSync(join(app, "cdk.out", "Cluster.template.json"), "utf8"),
  );
  const types = Object.values(Resources as Record<string, { Type: string }>).map(
    ({ Type }) => Type,
  );
  const count = (type: string) => types.filter((found) => found === type).length;
  // An authenticator and its deployment check per endpoint, and the issuer.
  assert.equal(count("AWS::Lambda::Function"), 7);
  assert.deepEqual([count("AWS::ApiGatewayV2::Api"), count("AWS::ApiGateway::RestApi")], [3, 1]);
  assert.deepEqual([count("AWS::IAM::OIDCProvider"), count("AWS::SSM::Parameter")], [1, 5]);
  const documented = readFileSync(join(app, "cdk.out", "Documented.template.json"), "utf8");
  assert.equal(documented.match(/"AWS::SSM::Parameter"/g)?.length, 8);
  assert.ok(documented.includes('"/iam-authenticator/prod/sso/111122223333/clusteradmin"'));
  const bundles = globSync(join(app, "cdk.out", "asset.*", "index.mjs")).map((file) =>
    readFileSync(file),
  );
  for (const name of ["authenticator", "deployment-check"]) {
    const built = readFileSync(join(ROOT, "dist", name, "index.mjs"));
    const isBundled = bundles.some((bundle) => bundle.equals(built));
    assert.ok(isBundled, name);
  }
}
