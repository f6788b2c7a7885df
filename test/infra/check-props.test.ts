// Props that do not work together fail at synth, with an error that states what to do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Lazy, Stack } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import {
  IamAuthenticator,
  type IamAuthenticatorProps,
  type MtlsEndpoint,
} from "../../infra/iam-authenticator.ts";
import { certificateArn, endpointOf, type MoreProps, REGION, stackOf, vpcOf } from "./stacks.ts";

const ISSUER = "https://a1b2.tokens.sts.global.api.aws";
const STANDBY = "https://standby.example.com/authenticate";
const farCertificate = (scope: Construct) =>
  Certificate.fromCertificateArn(scope, "Far", certificateArn("us-east-1"));
const mtls =
  (
    change: (scope: Construct) => Partial<MtlsEndpoint>,
    more: Partial<IamAuthenticatorProps> = {},
  ) =>
  (scope: Construct) => ({
    ...more,
    endpoint: { ...endpointOf("mtls", scope), ...change(scope) } as MtlsEndpoint,
  });

const alarmEmail = "on-call";
const awsSignedTokens = [
  { account: "111122223333", issuer: Lazy.string({ produce: () => ISSUER }) },
];
// biome-ignore format: a table
const REFUSED: Readonly<Record<string, [MoreProps, RegExp]>> = {
  "a cluster id with a space": [{ clusterId: "my cluster" }, /^clusterId must be up to 100 letters, digits/],
  "a region of another partition": [{ stsRegions: ["cn-north-1"] }, /^stsRegions must be .* not "cn-north-1"/],
  "an empty list of regions": [{ stsRegions: [] }, /^stsRegions must not be an empty list: leave it out/],
  "a comma in an audience": [{ audiences: ["a,b"] }, /^audiences: "a,b" must not contain ","$/],
  "only AWS-signed tokens without an account that signs some": [{ tokens: "jwt" }, /^awsSignedTokens is required:/],
  "an issuer with a final slash": [{ awsSignedTokens: [{ account: "111122223333", issuer: "https://a.tokens.sts.global.api.aws/" }] }, /^awsSignedTokens must be a list of <account id>=https:/],
  "an issuer that is not known at synth, behind VPC endpoints": [
    (scope) => ({ vpc: vpcOf(scope, "Vpc"), awsSignedTokens }),
    /^awsSignedTokens with vpcEndpoints must have an issuer that is known at synth, such as https:\/\/<id>\.tokens\./,
  ],
  "more provisioned than reserved concurrency": [
    { provisionedConcurrency: 3, reservedConcurrency: 2 },
    /^provisionedConcurrency \(3\) must be below reservedConcurrency \(2\): otherwise Lambda throttles a version without provisioned concurrency/,
  ],
  "less memory than Lambda allows": [{ memorySize: 127 }, /^memorySize \(127\) must be an integer from 128/],
  "more memory than Lambda allows": [{ memorySize: 10_241 }, /^memorySize \(10241\) must be an integer from 128/],
  "half a megabyte": [{ memorySize: 512.5 }, /^memorySize \(512\.5\) must be an integer from 128 to 10240/],
  "an issuer of an account that is not accepted by default": [
    { awsSignedTokens: [{ account: "444455556666", issuer: ISSUER }] },
    /^awsSignedTokens has the account 444455556666, whose identities are denied: set accounts to a list that has it, or to "any"$/,
  ],
  "an issuer of an account that accounts does not have": [
    { accounts: ["444455556666"], awsSignedTokens: [{ account: "111122223333", issuer: ISSUER }] },
    /^awsSignedTokens has the account 111122223333, whose identities are denied/,
  ],
  "double braces in a reserved prefix": [{ reservedPrefixes: ["corp:", "a{{b"] }, /^reservedPrefixes must not contain "\{\{": Parameter Store, /],
  "double braces in an audience": [{ audiences: ["a{{b}}"] }, /^audiences must not contain "\{\{": Parameter Store, /],
  "more settings than Lambda allows": [
    { accounts: Array.from({ length: 400 }, (_, at) => String(111122220000 + at)) },
    /^the function's settings have \d+ bytes, and Lambda allows 4096: shorten accounts, which has \d+$/,
  ],
  "an alarm topic of another region": [
    (scope) => ({ alarmTopic: Topic.fromTopicArn(scope, "Far", "arn:aws:sns:us-east-1:111122223333:on-call") }),
    /^the alarm topic arn:aws:sns:us-east-1:111122223333:on-call is in us-east-1 and the stack is in eu-west-1: alarms notify/,
  ],
  "an alarm topic without alarms": [(scope) => ({ alarms: false, alarmTopic: new Topic(scope, "Topic") }), /^alarmTopic requires alarms: leave it out, or leave out alarms: false$/],
  "a topic and an address for alarms": [
    (scope) => ({ alarmTopic: new Topic(scope, "Topic"), alarmEmail: "on-call@example.com" }),
    /^alarmEmail and alarmTopic exclude each other: omit one, or subscribe the address to the topic$/,
  ],
  "an address without alarms": [{ alarms: false, alarmEmail: "a@example.com" }, /^alarmEmail requires alarms: leave/],
  "a name instead of an address": [{ alarmEmail }, /^alarmEmail must be an email address, .* not "on-call"$/],
  "quietHours of more than a week": [{ quietHours: 169 }, /^quietHours must be at most 168 \(a week\), /],
  "zero reserved concurrency": [{ reservedConcurrency: 0 }, /^reservedConcurrency must be a positive integer/],
  "as much provisioned concurrency as is reserved": [{ provisionedConcurrency: 8, reservedConcurrency: 8 }, /^provisionedConcurrency \(8\) must be below reservedConcurrency \(8\): /],
  "a throttle of zero": [{ throttle: { rateLimit: 0, burstLimit: 1 } }, /^rateLimit must be a positive integer$/],
  "endpoints without a VPC": [{ vpcEndpoints: true }, /^vpcEndpoints requires vpc: set vpc to the function's VPC/],
  "subnets without a VPC": [{ vpcSubnets: {} }, /^vpcSubnets requires vpc: set vpc to the function's VPC/],
  "security groups without a VPC": [{ securityGroups: [] }, /^securityGroups requires vpc: /],
  "quietHours without alarms": [{ alarms: false, quietHours: 5 }, /^quietHours requires alarms: leave it out/],
  "an http domain with a certificate of another region": [
    (scope) => ({
      endpoint: {
        kind: "http",
        domain: { domainName: "authenticator.example.com", certificate: farCertificate(scope) },
      },
    }),
    /the certificate is in us-east-1 and the stack is in eu-west-1: a custom domain requires a certificate in the stack's region/,
  ],
  "nodes with VPC endpoints": [(scope) => ({ nodes: true, vpc: vpcOf(scope, "Vpc") }), /^nodes with a vpc requires/],
  "nodes with existing VPC endpoints": [(scope) => ({ nodes: true, vpc: vpcOf(scope, "Vpc"), vpcEndpoints: "existing" }), /^nodes with a vpc requires access to IAM/],
  "nodeVpcs without nodes": [{ nodeVpcs: ["vpc-0123456789abcdef0"] }, /^nodeVpcs requires nodes: true/],
  "a former endpoint of the same kind": [{ formerEndpoint: { kind: "http" } }, /^formerEndpoint must not be of/],
  "mtls without subjects": [mtls(() => ({ subjects: [] })), /an mtls endpoint requires subjects/],
  "mtls with an empty subject": [mtls(() => ({ subjects: [" "] })), /subjects must not be empty strings/],
  "mtls with a semicolon in a subject": [mtls(() => ({ subjects: ["CN=a;O=b"] })), /must not contain ";"/],
  "mtls for a wildcard domain": [mtls(() => ({ domainName: "*.example.com" })), /domainName must be a host name/],
  "mtls in a zone whose name only ends alike": [mtls(() => ({ domainName: "evilexample.com" })), /domainName evilexample\.com is not in/],
  "mtls in another zone": [mtls(() => ({ domainName: "a.example.org" })), /domainName a\.example\.org is not in/],
  "mtls with a certificate of another region": [mtls((scope) => ({ certificate: farCertificate(scope) })), /the certificate is in us-east-1 and the stack is in eu-west-1/],
  "private with client certificates": [
    (scope) => ({ endpoint: { kind: "private", vpc: vpcOf(scope, "V"), callerAuth: "mtls" as never } }),
    /callerAuth must be bearer or none: certificates require an mtls endpoint/,
  ],
  "failoverUrl of a private endpoint": [(scope) => ({ endpoint: { kind: "private", vpc: vpcOf(scope, "V") }, failoverUrl: STANDBY }), /^failoverUrl requires an http or mtls endpoint: leave it out$/],
  "failoverUrl without https": [{ failoverUrl: "http://standby.example.com/authenticate" }, /^failoverUrl must be the output Endpoint .*, not http:\/\/standby/],
  "failoverUrl with another path": [{ failoverUrl: "https://standby.example.com/" }, /^failoverUrl must be/],
  "failoverUrl without a dot in the host name": [
    { failoverUrl: "https://standby/authenticate" },
    /^failoverUrl must be the output Endpoint of the standby's stack, such as https:\/\/standby\.example\.com\/authenticate, not /,
  ],
  "failoverUrl with an address": [{ failoverUrl: "https://192.0.2.1/authenticate" }, /^failoverUrl must be the output Endpoint/],
  "failoverUrl with a port above 65535": [{ failoverUrl: "https://a.b:65536/authenticate" }, /^failoverUrl must be the output Endpoint/],
  "a nodeRegion of another partition": [{ nodeRegion: "cn-north-1" }, /^nodeRegion must be a region of the partition aws, not "cn-north-1"$/],
  "failoverUrl with a stage variable": [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's syntax
    { failoverUrl: "https://${stageVariables.a}/authenticate" },
    /^failoverUrl must be the output Endpoint/,
  ],
  "failoverUrl of a private API": [{ failoverUrl: "https://abc123.execute-api.us-east-1.amazonaws.com/prod/authenticate" }, /a private API cannot be the standby$/],
  "failoverUrl of an HTTP API in the stack's region, such as its own": [
    { failoverUrl: "https://abc123.execute-api.eu-west-1.amazonaws.com/authenticate" },
    /^failoverUrl must be an endpoint in another region, not the stack's own: https:/,
  ],
  "failoverUrl of the stack's own domain": [
    mtls(() => ({}), { failoverUrl: "https://authenticator.example.com/authenticate" }),
    /^failoverUrl must be an endpoint in another region, not the stack's own: https:/,
  ],
  "failoverUrl of the stack's own domain with a port": [
    mtls(() => ({}), { failoverUrl: "https://authenticator.example.com:443/authenticate" }),
    /^failoverUrl must be an endpoint in another region, not the stack's own: https:/,
  ],
  "an unknown endpoint": [{ endpoint: { kind: "alb" } as never }, /an endpoint's kind must be http, mtls or private/],
};
for (const [name, [props, message]] of Object.entries(REFUSED)) {
  test(name, () => assert.throws(() => stackOf("http", props), { message }));
}

for (const name of [
  "accounts",
  "audiences",
  "reservedPrefixes",
  "stsRegions",
  "nodeVpcs",
  "stsExtraHosts",
] as const) {
  test(`an empty item in ${name} is refused, since it could mean any`, () => {
    const message = `${name} must not contain an empty item: leave ${name} out for the default`;
    for (const item of ["", " "])
      assert.throws(() => stackOf("http", { nodes: true, [name]: [item] }), { message });
  });
}

test("Lambda's limits are accepted", () => {
  for (const memorySize of [128, 10_240]) stackOf("http", { memorySize });
  stackOf("http", { provisionedConcurrency: 2, reservedConcurrency: 3 });
  stackOf("http", { provisionedConcurrency: 80, reservedConcurrency: false });
  stackOf("http", { provisionedConcurrency: 80 });
});

test("a stack with an unknown region accepts regions of one partition", () => {
  const make = (...stsRegions: string[]) =>
    new IamAuthenticator(new Stack(new App(), "Free"), "Authenticator", {
      clusterId: "a",
      stsRegions,
    });
  for (const stsRegions of [["cn-north-1", "cn-northwest-1"], ["us-gov-west-1"], [REGION]])
    make(...stsRegions);
  assert.throws(() => make("cn-north-1", "eu-west-1"), {
    message: /^stsRegions must be .* not "eu-west-1"/,
  });
});
