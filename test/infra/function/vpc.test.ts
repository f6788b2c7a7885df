// A function in a VPC: the endpoints through which it calls AWS, and the DNS zone in which it finds
// the keys of AWS-signed tokens.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import type { Construct } from "constructs";
import { IamAuthenticator, type IamAuthenticatorProps } from "../../../infra/iam-authenticator.ts";
import { KEYS_ROW } from "../../acceptance/checks/12-signed-tokens.ts";
import { ACCOUNT, stackOf, vpcOf } from "../stacks.ts";
import { resource, resources, variablesOf } from "../template.ts";

const servicesOf = (template: Template) =>
  resources(template, "AWS::EC2::VPCEndpoint").map(({ Properties }) => Properties["ServiceName"]);
const STS = "com.amazonaws.eu-west-1.sts";
const SSM = "com.amazonaws.eu-west-1.ssm";

test("in a VPC with endpoints: only tokens for the plain STS hosts that it has", () => {
  for (const [more, services, regions, hosts] of [
    [{}, [STS, SSM], "eu-west-1", "regional"],
    [{ vpcEndpoints: "existing" }, [], "eu-west-1", "regional"],
    [{ stsRegions: ["eu-west-1", "us-east-1"] }, [STS, SSM], "eu-west-1,us-east-1", "regional"],
    [{ vpcEndpoints: false }, [], undefined, undefined],
  ] as const) {
    const template = stackOf("http", (scope) => ({ vpc: vpcOf(scope, "Vpc"), ...more })).template();
    assert.deepEqual(servicesOf(template), services);
    const { STS_REGIONS, STS_HOSTS } = variablesOf(template);
    assert.deepEqual([STS_REGIONS, STS_HOSTS], [regions, hosts]);
  }
});

const ISSUERS = ["a1b2", "c3d4"].map((id) => `https://${id}.tokens.sts.global.api.aws`);
const [issuer = ""] = ISSUERS;

const signedIn =
  (more: Partial<IamAuthenticatorProps> = {}) =>
  (scope: Construct) => ({
    vpc: vpcOf(scope, "Vpc"),
    awsSignedTokens: [{ account: ACCOUNT, issuer }],
    ...more,
  });

test("the function's VPC gets an endpoint for the keys, and a zone for it", () => {
  const awsSignedTokens = ISSUERS.map((url, at) => ({ account: `11112222333${at}`, issuer: url }));
  const template = stackOf("http", signedIn({ accounts: "any", awsSignedTokens })).template();
  const endpoints = resources(template, "AWS::EC2::VPCEndpoint").map(
    ({ Properties }) => Properties,
  );
  const names = endpoints.map(
    (endpoint) => `${endpoint["ServiceName"]}, private DNS ${endpoint["PrivateDnsEnabled"]}`,
  );
  const keys = "com.amazonaws.eu-west-1.sts-oidc, private DNS false";
  assert.deepEqual(names, [`${STS}, private DNS true`, `${SSM}, private DNS true`, keys]);
  const zone = resource(template, "AWS::Route53::HostedZone").Properties;
  assert.equal(zone["Name"], "tokens.sts.global.api.aws.");
  assert.deepEqual(zone["VPCs"], [{ VPCId: "vpc-0123456789abcdef0", VPCRegion: "eu-west-1" }]);
  const { Name, Type, AliasTarget } = resource(template, "AWS::Route53::RecordSet").Properties;
  assert.deepEqual([Name, Type], ["*.tokens.sts.global.api.aws.", "A"]);
  assert.match(JSON.stringify(AliasTarget), /TokenKeysEndpoint/);
});

test("no endpoint for keys where none is needed", () => {
  for (const template of [
    stackOf("http", (scope) => ({ vpc: vpcOf(scope, "Vpc") })).template(),
    stackOf("http", signedIn({ vpcEndpoints: "existing" })).template(),
    stackOf("http", signedIn({ vpcEndpoints: false, tokens: "jwt" })).template(),
  ]) {
    assert.ok(!servicesOf(template).includes("com.amazonaws.eu-west-1.sts-oidc"));
    assert.deepEqual(resources(template, "AWS::Route53::HostedZone"), []);
  }
});

test("in China, the zone has the domain of its issuers, also in a stack without a region", () => {
  const china = "https://a1b2.tokens.sts.global.api.amazonwebservices.com.cn";
  const awsSignedTokens = [{ account: ACCOUNT, issuer: china }];
  for (const region of [undefined, "cn-north-1"]) {
    const stack = new Stack(
      new App(),
      "Test",
      region === undefined ? {} : { env: { account: ACCOUNT, region } },
    );
    new IamAuthenticator(stack, "Authenticator", {
      clusterId: "prod",
      vpc: vpcOf(stack, "Vpc"),
      awsSignedTokens,
    });
    const { Properties } = resource(Template.fromStack(stack), "AWS::Route53::HostedZone");
    assert.equal(Properties["Name"], "tokens.sts.global.api.amazonwebservices.com.cn.");
  }
});

test("only AWS-signed tokens through an endpoint are refused until a report", () => {
  const folder = join(import.meta.dirname, "..", "..", "acceptance", "reports");
  const proof = new RegExp(
    `^- Place: AWS,[^]*^\\| 12 [^|]*\\| ${KEYS_ROW} \\|.*\\| passed \\|$`,
    "m",
  );
  const proofs = readdirSync(folder).filter((file) =>
    proof.test(readFileSync(join(folder, file), "utf8")),
  );
  assert.deepEqual(
    proofs,
    [],
    "the endpoint works on AWS: delete this test and the check in infra/check-props.ts",
  );
  for (const vpcEndpoints of [true, "existing"] as const) {
    assert.throws(() => stackOf("http", signedIn({ tokens: "jwt", vpcEndpoints })), {
      message:
        /^tokens: "jwt" with vpcEndpoints .* never been tried.*`npm run acceptance -- --only 12 --private/,
    });
    stackOf("http", signedIn({ tokens: "any", vpcEndpoints }));
  }
});
