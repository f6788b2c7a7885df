// The app's context: what JSON may say of a cluster, and how what it may not say is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import "./quick-synth.ts";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { clusterStack } from "../../infra/context/cluster-stack.ts";
import { readClusters } from "../../infra/context/clusters.ts";
import { CLUSTERS } from "./clusters.ts";
import { flat, resource } from "./template.ts";

const read = (context: Record<string, unknown>) => readClusters(new App({ context }));
const make = (cluster: unknown) => {
  const app = new App({ context: { clusters: [cluster] } });
  return readClusters(app).map((context) => clusterStack(app, context));
};

test("a cluster by its id alone, or one of the list, or all of the list", () => {
  assert.deepEqual(read({ clusterId: "a" }), [{ clusterId: "a" }]);
  const clusters = [{ clusterId: "a", nodes: true }, { clusterId: "b" }];
  assert.deepEqual(read({ clusters, clusterId: "a" }), [{ clusterId: "a", nodes: true }]);
  assert.deepEqual(read({ clusters }), clusters);
});

test("each cluster is a stack of its own, with outputs that need no suffix", () => {
  const app = new App({ context: { clusters: CLUSTERS } });
  const stacks = readClusters(app).map((cluster) => clusterStack(app, cluster));
  assert.deepEqual(
    stacks.map(({ stackName }) => stackName),
    ["IamAuthenticator-plain", "IamAuthenticator-certified", "IamAuthenticator-hidden-1"],
  );
  for (const stack of stacks) {
    const { Outputs } = Template.fromStack(stack).toJSON();
    assert.deepEqual(Object.keys(Outputs), [
      "Endpoint",
      "KubeconfigCommand",
      "ApiserverFlags",
      "FunctionName",
      "LogGroup",
    ]);
  }
});

test("account and region fix the environment, else the CLI's credentials do", () => {
  const [free] = make({ clusterId: "a" });
  assert.deepEqual([free?.environment], ["aws://unknown-account/unknown-region"]);
  const [fixed] = make({ clusterId: "a", account: "111122223333", region: "eu-west-1" });
  assert.equal(fixed?.environment, "aws://111122223333/eu-west-1");
});

test("what the context says comes to the construct", () => {
  const [stack] = make({
    clusterId: "a",
    architecture: "x86_64",
    memorySize: 256,
    logRetentionDays: 365,
    alarmTopicArn: "arn:aws:sns:eu-west-1:111122223333:on-call",
    callers: [{ name: "c", sha256: "0".repeat(64) }],
  });
  assert.ok(stack);
  const template = Template.fromStack(stack);
  const { Architectures, MemorySize } = resource(template, "AWS::Lambda::Function").Properties;
  assert.deepEqual([Architectures, MemorySize], [["x86_64"], 256]);
  template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 365 });
  template.hasResourceProperties("AWS::SSM::Parameter", { Name: "/iam-authenticator/a/callers" });
  assert.match(
    JSON.stringify(flat(template.toJSON())),
    /"AlarmActions":\["arn:aws:sns:eu-west-1:111122223333:on-call"\]/,
  );
});

const VPC = { vpcId: "vpc-1", availabilityZones: ["eu-west-1a"], privateSubnetIds: ["subnet-1"] };
const REFUSED: Readonly<Record<string, [unknown, RegExp]>> = {
  "no id": [{ nodes: true }, /each of "clusters" needs a clusterId/],
  "nothing at all": [null, /each of "clusters" needs a clusterId/],
  "an unknown key": [{ clusterId: "a", memory: 1 }, /cluster a: memory is none of clusterId, /],
  "a number as text": [{ clusterId: "a", memorySize: "512" }, /cluster a: memorySize must be a number/],
  "a text where a list belongs": [{ clusterId: "a", audiences: "vault" }, /audiences must be a list of texts/],
  "an unknown endpoint": [{ clusterId: "a", endpoint: "mtls" }, /endpoint must be "http", or an object/],
  "mtls without truststore": [
    { clusterId: "a", endpoint: { kind: "mtls", domainName: "a.b", subjects: [], certificateArn: "c" } },
    /an mtls endpoint: truststore must be an object/,
  ],
  "private with an unknown key": [
    { clusterId: "a", endpoint: { kind: "private", vpc: VPC, vpcEndpoint: "x" } },
    /a private endpoint: vpcEndpoint is none of kind, vpc, vpcEndpointId/,
  ],
  "a VPC without subnets": [
    { clusterId: "a", vpc: { ...VPC, privateSubnetIds: "s" } },
    /privateSubnetIds must be a list/,
  ],
  "an unknown architecture": [{ clusterId: "a", architecture: "arm" }, /architecture must be arm64 or x86_64/],
  "days that CloudWatch does not know": [{ clusterId: "a", logRetentionDays: 100 }, /does not know 100 days/],
  "a caller with its token": [{ clusterId: "a", callers: [{ name: "c", token: "t" }] }, /64 lower-case hex digits/],
};
for (const [name, [cluster, message]] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, () => assert.throws(() => make(cluster), { message }));
}

test("no cluster, a list that is none, and the same cluster twice are refused", () => {
  assert.throws(() => read({}), { message: /say which cluster: -c clusterId=my-cluster, or / });
  assert.throws(() => read({ clusters: [{ clusterId: "prod" }], clusterId: "prdo" }), {
    message: 'prdo is none of "clusters": prod',
  });
  assert.throws(() => read({ clusters: {} }), { message: /must be a list/ });
  assert.throws(() => read({ clusters: [{ clusterId: "a" }, { clusterId: "a" }] }), { message: /cluster a is twice/ });
});
