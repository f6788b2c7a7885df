// Props that do not go together fail at synth, each with a sentence that says what to do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { Construct } from "constructs";
import { IamAuthenticator, type MtlsEndpoint } from "../../infra/iam-authenticator.ts";
import { certificateArn, endpointOf, type MoreProps, REGION, stackOf, vpcOf } from "./stacks.ts";

const mtls = (change: (scope: Construct) => Partial<MtlsEndpoint>) => (scope: Construct) => ({
  endpoint: { ...endpointOf("mtls", scope), ...change(scope) } as MtlsEndpoint,
});

const REFUSED: Readonly<Record<string, [MoreProps, RegExp]>> = {
  "a cluster id with a space": [{ clusterId: "my cluster" }, /CLUSTER_ID must be/],
  "a prefix without a slash": [{ mappingPrefix: "auth" }, /MAPPING_PREFIX must be/],
  "a region of another partition": [{ stsRegions: ["cn-north-1"] }, /STS_REGIONS must be .* not "cn-north-1"/],
  "an empty list of regions": [
    { stsRegions: [] },
    /^stsRegions must not be an empty list: leave it out for the default$/,
  ],
  "a comma in an audience": [{ audiences: ["a,b"] }, /^audiences: "a,b" must not contain ","$/],
  "an STS host with a scheme": [
    { stsExtraHosts: ["https://a.b"] },
    /STS_EXTRA_HOSTS must be a list of host names, in lower case/,
  ],
  "more warm than allowed": [
    { provisionedConcurrency: 3, reservedConcurrency: 2 },
    /^provisionedConcurrency \(3\) must not be above reservedConcurrency \(2\): raise reservedConcurrency, or/,
  ],
  "a week and an hour of quiet": [{ quietHours: 169 }, /^quietHours must be at most 168 \(a week\): /],
  "a share of denials in percent": [{ denialShare: 50 }, /^denialShare must be above 0 and at most 1, such as 0.5/],
  "no concurrency at all": [{ reservedConcurrency: 0 }, /^reservedConcurrency must be a whole number, 1 or more$/],
  "a throttle of nothing": [
    { throttle: { rateLimit: 0, burstLimit: 1 } },
    /^rateLimit must be a whole number, 1 or more$/,
  ],
  "endpoints without a VPC": [{ vpcEndpoints: true }, /^vpcEndpoints needs vpc: give the function's VPC/],
  "subnets without a VPC": [{ vpcSubnets: {} }, /^vpcSubnets needs vpc: give the function's VPC, or leave both out$/],
  "security groups without a VPC": [{ securityGroups: [] }, /^securityGroups needs vpc: /],
  "hours of quiet without alarms": [
    { alarms: false, quietHours: 5 },
    /^quietHours is for alarms: leave it out, or leave out alarms: false$/,
  ],
  "an http domain in another region's certificate": [
    (scope) => ({
      endpoint: {
        kind: "http",
        domain: {
          domainName: "authenticator.example.com",
          certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn("us-east-1")),
        },
      },
    }),
    /the certificate is in us-east-1 and the stack is in eu-west-1: a custom domain needs both in one region/,
  ],
  "nodes behind endpoints": [
    (scope) => ({ nodes: true, vpc: vpcOf(scope, "Vpc") }),
    /^nodes in a vpc needs IAM.*use a VPC with a NAT gateway and vpcEndpoints: false$/,
  ],
  "nodes behind endpoints that exist": [
    (scope) => ({ nodes: true, vpc: vpcOf(scope, "Vpc"), vpcEndpoints: "existing" }),
    /^nodes in a vpc needs IAM/,
  ],
  "VPCs of nodes without nodes": [{ nodeVpcs: ["vpc-0123456789abcdef0"] }, /^nodeVpcs needs nodes: true/],
  "an account of eleven digits": [{ accounts: ["11112222333"] }, /ACCOUNTS must be .*12 digits/],
  "a VPC that is no VPC id": [{ nodes: true, nodeVpcs: ["subnet-1"] }, /NODE_VPCS must be .*VPC ids/],
  "a former endpoint of the same kind": [
    { formerEndpoint: { kind: "http" } },
    /^formerEndpoint must be of another kind than endpoint \(http\)/,
  ],
  "mtls without subjects": [mtls(() => ({ subjects: [] })), /an mtls endpoint needs subjects: the whole subject DN/],
  "mtls with an empty subject": [mtls(() => ({ subjects: [" "] })), /subjects must not be empty strings/],
  "mtls with * and a subject": [mtls(() => ({ subjects: ["*", "CN=a"] })), /CALLER_SUBJECTS must be \* alone/],
  "mtls with a semicolon in a subject": [mtls(() => ({ subjects: ["CN=a;O=b"] })), /must not contain ";"/],
  "mtls for a wildcard domain": [
    mtls(() => ({ domainName: "*.example.com" })),
    /domainName must be one host name in lower case, not \*\.example\.com/,
  ],
  "mtls in another zone": [
    mtls(() => ({ domainName: "a.example.org" })),
    /domainName a\.example\.org must be in the hosted zone example\.com: give/,
  ],
  "mtls with a certificate of another region": [
    mtls((scope) => ({ certificate: Certificate.fromCertificateArn(scope, "Far", certificateArn("us-east-1")) })),
    /the certificate is in us-east-1 and the stack is in eu-west-1/,
  ],
  "private with client certificates": [
    (scope) => ({ endpoint: { kind: "private", vpc: vpcOf(scope, "V"), callerAuth: "mtls" as never } }),
    /callerAuth must be bearer or none: client certificates need an mtls endpoint/,
  ],
  "an unknown endpoint": [{ endpoint: { kind: "alb" } as never }, /an endpoint's kind must be http, mtls or private/],
};
for (const [name, [props, message]] of Object.entries(REFUSED)) {
  test(name, () => assert.throws(() => stackOf("http", props), { message }));
}

test("a stack that does not know its region yet takes regions of one partition, whichever", () => {
  for (const stsRegions of [["cn-north-1", "cn-northwest-1"], ["us-gov-west-1"], [REGION]]) {
    new IamAuthenticator(new Stack(new App(), "Free"), "Authenticator", { clusterId: "a", stsRegions });
  }
  const mixed = ["cn-north-1", "eu-west-1"];
  assert.throws(
    () => new IamAuthenticator(new Stack(new App(), "Free"), "Authenticator", { clusterId: "a", stsRegions: mixed }),
    { message: /STS_REGIONS must be .* not "eu-west-1"/ },
  );
});
