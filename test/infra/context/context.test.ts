// The app's context: accepted clusters, and errors for invalid ones.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "../quick-synth.ts";
import { App } from "aws-cdk-lib";
import { Annotations, Template } from "aws-cdk-lib/assertions";
import { checkContext, readClusters } from "../../../infra/context/read-context.ts";
import {
  chooseCluster,
  clusterStack,
  issuerStack,
  stackName,
} from "../../../infra/context/stacks.ts";
import { OUTPUTS } from "../../../infra/outputs.ts";
import { useFolder } from "../../cli/fixtures.ts";
import { CLUSTERS } from "../clusters.ts";
import { flat, lambdaFunction } from "../template.ts";

const { path: folder, write } = useFolder();

const read = (context: Record<string, unknown>) => readClusters(new App({ context }));
const makeAll = (context: object, app = new App({ context: { ...context } })) =>
  readClusters(app).map((cluster) => clusterStack(app, cluster));
const make = (cluster: unknown) => makeAll({ clusters: [cluster] });

test("deploys a cluster by its id, one or several of the list, or the entire list", () => {
  assert.deepEqual(read({ clusterId: "a" }), [{ clusterId: "a" }]);
  const a = { clusterId: "a", nodes: true };
  const b = { clusterId: "b" };
  const c = { clusterId: "c" };
  const clusters = [a, b, c];
  assert.deepEqual(read({ clusters, clusterId: "a" }), [a]);
  assert.deepEqual(read({ clusters, clusterId: "c,a" }), [a, c]);
  assert.throws(
    () => read({ clusters, clusterId: "a,d" }),
    /^Error: -c clusterId=d: not found in "clusters", which has a, b, c$/,
  );
  assert.deepEqual(read({ clusters }), clusters);
});

test("reservedConcurrency on the command line applies to each cluster", () => {
  const clusters = [{ clusterId: "a", reservedConcurrency: 20 }, { clusterId: "b" }];
  for (const [given, reservedConcurrency] of [
    ["8", 8],
    ["false", false],
    [8, 8],
  ] as const) {
    const context = { reservedConcurrency: given };
    checkContext(new App({ context }), folder);
    assert.deepEqual(read({ ...context, clusterId: "a" }), [
      { clusterId: "a", reservedConcurrency },
    ]);
    const reserved = read({ ...context, clusters }).map((cluster) => cluster.reservedConcurrency);
    assert.deepEqual(reserved, [reservedConcurrency, reservedConcurrency]);
  }
  const message = "cluster a: reservedConcurrency must be a number, or false for none";
  for (const given of ["true", "eight", ""]) {
    assert.throws(() => read({ clusterId: "a", reservedConcurrency: given }), { message });
  }
  assert.throws(() => makeAll({ clusterId: "a", reservedConcurrency: "0" }), {
    message: "cluster a: reservedConcurrency must be a positive integer, or false for none",
  });
});

test("each cluster has a separate stack, with outputs that need no suffix", () => {
  const stacks = makeAll({ clusters: CLUSTERS });
  const names = stacks.map(({ stackName }) => stackName.replace("IamAuthenticator-", ""));
  const hidden = stackName({ clusterId: "hidden.1" }).replace("IamAuthenticator-", "");
  assert.deepEqual(names, ["plain", "certified", hidden]);
  const without = OUTPUTS.filter((name) => name !== "FailoverUrl");
  for (const stack of stacks)
    assert.deepEqual(Object.keys(Template.fromStack(stack).toJSON()["Outputs"]), without);
});

test("one id in two regions has two stacks of one name", () => {
  const failoverUrl = "https://standby.example.com/authenticate";
  const clusters = [
    { clusterId: "a", region: "eu-west-1", failoverUrl },
    { clusterId: "a", region: "eu-central-1", nodeRegion: "eu-west-1" },
    { clusterId: "b" },
  ];
  const app = new App({ context: { clusters, clusterId: "a" } });
  const stacks = makeAll({}, app);
  const made = stacks.map(({ node, stackName, region }) => `${node.id}: ${stackName} in ${region}`);
  assert.deepEqual(made, [
    "IamAuthenticator-a: IamAuthenticator-a in eu-west-1",
    "IamAuthenticator-a-eu-central-1: IamAuthenticator-a in eu-central-1",
  ]);
  const outputs = stacks.map(
    (stack) => Template.fromStack(stack).toJSON()["Outputs"]["FailoverUrl"]?.Value,
  );
  assert.deepEqual(outputs, [failoverUrl, undefined]);
  const [primary = assert.fail(), standby = assert.fail()] = readClusters(app);
  issuerStack(app, primary);
  const message = /^cluster a: only one of its two stacks can have an issuer/;
  assert.throws(() => issuerStack(app, standby), { message });
});

test("the construct receives the settings of the context", () => {
  const [stack] = make({
    clusterId: "a",
    architecture: "x86_64",
    memorySize: 256,
    logRetentionDays: 365,
    alarmTopicArn: "arn:aws:sns:eu-west-1:111122223333:on-call",
    callers: [
      { name: "c", sha256: "0".repeat(64) },
      {
        name: "d",
        arn: "arn:aws:iam::111122223333:role/control-plane",
        principalId: "AROAEXAMPLE",
      },
    ],
  });
  assert.ok(stack);
  const template = Template.fromStack(stack);
  const { Architectures, MemorySize } = lambdaFunction(template).Properties;
  assert.deepEqual([Architectures, MemorySize], [["x86_64"], 256]);
  template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 365 });
  const callers = JSON.stringify([
    { name: "c", sha256: "0".repeat(64) },
    { name: "d", arn: "arn:aws:iam::111122223333:role/control-plane", principalId: "AROAEXAMPLE" },
  ]);
  template.hasResourceProperties("AWS::SSM::Parameter", {
    Name: "/iam-authenticator/a/callers",
    Value: callers,
  });
  const notifies = /"AlarmActions":\["arn:aws:sns:eu-west-1:111122223333:on-call"\]/;
  assert.match(JSON.stringify(flat(template.toJSON())), notifies);
});

test("the context sets a stack's environment, name, protection and tags", () => {
  const [free] = make({ clusterId: "a" });
  assert.equal(free?.environment, "aws://unknown-account/unknown-region");
  const more = { stackName: "kube-auth", terminationProtection: true, tags: { team: "platform" } };
  const [stack] = make({ clusterId: "a", account: "111122223333", region: "eu-west-1", ...more });
  assert.equal(stack?.environment, "aws://111122223333/eu-west-1");
  assert.deepEqual([stack.stackName, stack.terminationProtection], ["kube-auth", true]);
  assert.deepEqual(stack.tags.tagValues(), { team: "platform" });
});

test("cluster ids a.b, a-b and a_b have different stacks", () => {
  const clusters = ["a.b", "a-b", "a_b"].map((clusterId) => ({ clusterId }));
  const names = makeAll({ clusters }).map(({ stackName }) => stackName);
  assert.equal(new Set(names).size, 3);
  assert.equal(names[1], "IamAuthenticator-a-b");
  for (const name of names) assert.match(name, /^IamAuthenticator-a-b(-[0-9a-f]{8})?$/);
});

test("without a cluster, the stack's deployment fails with a message", () => {
  assert.deepEqual(read({}), []);
  Annotations.fromStack(chooseCluster(new App())).hasError(
    "*",
    'no cluster is chosen: add -c clusterId=my-cluster, or {"context": {"clusters": [{"clusterId": "my-cluster"}]}} to cdk.json',
  );
});

test("each typo of test/docs/journey.md has the answer on that page", () => {
  const page = readFileSync(new URL("../../docs/journey.md", import.meta.url), "utf8");
  const [, section = ""] = page.split(/^### Ten typos$/m);
  const [, ...steps] = (section.split(/^## /m)[0] ?? "")
    .replaceAll("\n      ", " ")
    .split("    $ npx cdk deploy");
  assert.equal(steps.length, 10);
  for (const step of steps) {
    const [command = "", answer = ""] = step.split("\n").map((line) => line.trim());
    const file = /# (\{.*)$/.exec(command)?.[1] ?? "{}";
    write("cdk.json", file);
    const given = [...command.matchAll(/-c (\w+)=(\S+)/g)].map(([, key = "", value = ""]) => [
      key,
      value,
    ]);
    const app = new App({ context: { ...JSON.parse(file).context, ...Object.fromEntries(given) } });
    const deploy = () => {
      checkContext(app, folder);
      makeAll({}, app);
    };
    assert.throws(deploy, { message: answer }, command);
  }
  write("cdk.json", "{}");
});

const MTLS = { kind: "mtls", domainName: "a.b", subjects: [], certificateArn: "c" };
/** By mistake: the settings of cluster a, and the start of the message after its name. */
const REFUSED: Readonly<Record<string, [settings: object, problem: string]>> = {
  "a stack name with an underscore": [
    { stackName: "kube_auth" },
    "stackName must be 1 to 128 letters, digits",
  ],
  "a topic by its name": [
    { alarmTopicArn: "on-call" },
    "alarmTopicArn must be the ARN of an SNS topic",
  ],
  "reserved concurrency that is true": [
    { reservedConcurrency: true },
    "reservedConcurrency must be a number",
  ],
  "a key in another case": [
    { nodeVPCs: [] },
    "has the unknown key nodeVPCs: did you mean nodeVpcs?; the keys are",
  ],
  "a number as a string": [{ memorySize: "512" }, "memorySize must be a number"],
  "a string instead of a list": [{ audiences: "vault" }, "audiences must be a list"],
  "a boolean as a string": [{ nodes: "yes" }, "nodes must be true or false"],
  "a typo in a throttle": [
    { throttle: { rateLimit: 5, burst: 5 } },
    "throttle.burstLimit is missing",
  ],
  "an endpoint that is only a kind": [
    { endpoint: "alb" },
    'endpoint must be "http", or an object of kind http, mtls',
  ],
  "mtls with an unknown key of the truststore": [
    { endpoint: { ...MTLS, truststore: { bucket: "b", key: "k", versionId: "1" } } },
    "endpoint.truststore has the unknown key versionId: did you mean version?; the keys are",
  ],
  "an unknown architecture": [{ architecture: "arm" }, "architecture must be arm64 or x86_64"],
  "a retention that CloudWatch does not accept": [
    { logRetentionDays: 100 },
    "logRetentionDays must be a number",
  ],
  "a caller with its token": [
    { callers: [{ name: "c", token: "t" }] },
    "callers[0] must have a name",
  ],
  "an account that only the construct checks": [
    { accounts: ["1111222233"] },
    "accounts must be a list",
  ],
  "memory that only the construct checks": [
    { memorySize: 100 },
    "memorySize (100) must be an integer from 128",
  ],
  "a prefix that only the construct checks": [
    { mappingPrefix: "auth" },
    "mappingPrefix must be 1 to 12 levels",
  ],
};
for (const [name, [settings, problem]] of Object.entries(REFUSED)) {
  test(`refused, with the cluster and the key: ${name}`, () => {
    const isExpected = ({ message }: Error) =>
      message.startsWith(`cluster a: ${problem}`) || assert.fail(message);
    assert.throws(() => make({ clusterId: "a", ...settings }), isExpected);
  });
}

test("a 100-character id with an underscore is too long for the issuer's stack", () => {
  const clusterId = `${"a".repeat(99)}_`;
  const app = new App();
  clusterStack(app, { clusterId });
  const tooLong =
    /^cluster a+_: the issuer's stack name \S+ has 132 characters, and CloudFormation allows 128: use a shorter/;
  assert.throws(() => issuerStack(app, { clusterId }), { message: tooLong });
  const message = /^cluster a: mappingPrefix must be/;
  assert.throws(() => issuerStack(new App(), { clusterId: "a", mappingPrefix: "auth" }), {
    message,
  });
});

const ELSEWHERE = (key: string, value: unknown, known = key) =>
  `the context key "${key}" has no effect: it belongs to a cluster. Move it into the cluster's entry in cdk.json: ` +
  `{"context": {"clusters": [{"clusterId": "my-cluster", "${known}": ${JSON.stringify(value)}}]}}`;
const MEANT = (key: string, meant: string) =>
  `the context key "${key}" has no effect: did you mean "${meant}"?`;

for (const [key, value, message] of [
  ["nodes", "true", ELSEWHERE("nodes", true)],
  ["account", "111122223333", ELSEWHERE("account", "111122223333")],
  ["nodeVPCs", ["vpc-1"], ELSEWHERE("nodeVPCs", ["vpc-1"], "nodeVpcs")],
  ["cluster", "prod", MEANT("cluster", "clusterId")],
  ["issuers", "true", MEANT("issuers", "issuer")],
  ["reservedconcurrency", "8", MEANT("reservedconcurrency", "reservedConcurrency")],
] as const) {
  test(`a context key that has no effect is refused: ${key} ${JSON.stringify(value)}`, () => {
    const app = new App({ context: { [key]: value } });
    assert.throws(() => checkContext(app, folder), { message });
  });
}

test("keys of CDK, of other apps and of this one are accepted", () => {
  const context = {
    "aws:cdk:enable-path-metadata": true,
    "@aws-cdk/core:stackRelativeExports": true,
    "availability-zones:account=111122223333:region=eu-west-1": ["eu-west-1a"],
    "cli-telemetry": false,
    stage: "prod",
    customer: "x",
    clusterId: "a",
    clusters: [{ clusterId: "a" }],
    issuer: "true",
  };
  checkContext(new App({ context }), folder);
});

test("a key at the top level of cdk.json, where CDK does not read it, is refused", () => {
  const check = (content: object) => {
    write("cdk.json", JSON.stringify({ app: "x", ...content }));
    checkContext(new App(), folder);
  };
  const message =
    /^cdk\.json has the key "clusters" at its top level, .* Move it below "context": \{"context": \{"clusters": \.\.\.\}\}$/;
  assert.throws(() => check({ clusters: [] }), { message });
  assert.throws(() => check({ clusterId: "a" }), {
    message: /^cdk\.json has the key "clusterId" at its top level/,
  });
  check({
    tags: [{ Key: "team", Value: "a" }],
    output: "cdk.out",
    requireApproval: "never",
    watch: {},
  });
});

const A = { clusterId: "a" };
const A_IN_A_REGION = { clusterId: "a", region: "eu-west-1" };
const SAME_STACK = { clusterId: "b", stackName: "IamAuthenticator-a" };
const PRIMARY = { ...A_IN_A_REGION, failoverUrl: "https://standby.example.com/authenticate" };
const STANDBY = { clusterId: "a", region: "eu-central-1", nodeRegion: "eu-west-1" };
const VPC = {
  vpcId: "vpc-1",
  availabilityZones: ["a"],
  privateSubnetIds: ["subnet-1"],
  cidr: "10.0.0.0/16",
};
const DENIES =
  "cluster a: the standby in eu-central-1 denies tokens that are signed for eu-west-1: add eu-west-1 to its stsRegions, or " +
  "set its vpcEndpoints to false. In a VPC, both require a NAT gateway";
const TWICE = '"clusters" has the cluster a twice: two stacks of one cluster need two regions';
for (const [what, clusters, clusterId, message] of [
  [
    "a numeric id, since it would deploy every cluster",
    [A],
    5,
    '"clusterId" in the context must be a string: put it in quotes',
  ],
  ["an unknown cluster", [A], "b", '-c clusterId=b: not found in "clusters", which has a'],
  [
    "an entry without an id",
    [{ nodes: true }],
    undefined,
    'an entry of "clusters": clusterId is missing',
  ],
  ["a value that is not a list", {}, undefined, '"clusters" in cdk.json must be a list'],
  ["a repeated cluster", [A, A], undefined, TWICE],
  ["a repeated cluster in one region", [A_IN_A_REGION, A_IN_A_REGION], undefined, TWICE],
  ["a repeated cluster, one of them without a region", [A_IN_A_REGION, A], undefined, TWICE],
  [
    "a failoverUrl in both entries of an id",
    [PRIMARY, { ...STANDBY, failoverUrl: "https://a.b/authenticate" }],
    "b",
    "cluster a: both stacks have failoverUrl: leave it out of the standby's entry",
  ],
  ["a standby with the default VPC endpoints", [{ ...STANDBY, vpc: VPC }, PRIMARY], "a", DENIES],
  [
    "a standby with existing VPC endpoints",
    [PRIMARY, { ...STANDBY, vpc: VPC, vpcEndpoints: "existing" }],
    "a",
    DENIES,
  ],
  [
    "a standby that accepts only its region",
    [PRIMARY, { ...STANDBY, stsRegions: ["eu-central-1"] }],
    "a",
    DENIES,
  ],
  [
    "a standby that does not accept every region of the primary",
    [
      { ...PRIMARY, stsRegions: ["eu-central-1", "eu-west-2"] },
      { ...STANDBY, stsRegions: ["eu-central-1"] },
    ],
    "a",
    DENIES.replaceAll("eu-west-1", "eu-west-2"),
  ],
  [
    "a standby without the primary's nodeRegion",
    [PRIMARY, { clusterId: "a", region: "eu-central-1" }],
    "a",
    'cluster a: the standby in eu-central-1 requires "nodeRegion": "eu-west-1"',
  ],
  [
    "a standby with another nodeRegion than the primary's",
    [{ ...PRIMARY, nodeRegion: "eu-north-1" }, STANDBY],
    "a",
    'cluster a: the standby in eu-central-1 requires "nodeRegion": "eu-north-1"',
  ],
  ...(
    [
      ["accounts", ["111122223333"]],
      ["audiences", ["vault"]],
      [
        "awsSignedTokens",
        [{ account: "111122223333", issuer: "https://a.tokens.sts.global.api.aws" }],
      ],
      ["nodes", true],
      ["nodeVpcs", ["vpc-01234567"]],
      ["reservedPrefixes", ["system:"]],
      ["stsExtraHosts", ["sts.example.com"]],
      ["tokens", "jwt"],
      ["userInfo", "minimal"],
    ] as const
  ).map(([key, value]) => {
    const clusters = [{ ...PRIMARY, [key]: value }, STANDBY];
    const message = `cluster a: ${key} of the standby in eu-central-1 differs from the primary's`;
    return [`a standby whose ${key} differs`, clusters, "a", message] as const;
  }),
  [
    "a repeated stack",
    [A, SAME_STACK],
    undefined,
    TWICE.replace("cluster a", "stack IamAuthenticator-a"),
  ],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => read({ clusters, ...(clusterId !== undefined && { clusterId }) }), {
      message,
    });
  });
}

for (const [what, standby] of [
  ["with a NAT gateway instead of endpoints", { vpc: VPC, vpcEndpoints: false }],
  [
    "with endpoints, that accepts both Regions",
    { vpc: VPC, stsRegions: ["eu-central-1", "eu-west-1"] },
  ],
  ["without a VPC", {}],
] as const) {
  test(`a standby ${what} is accepted`, () => {
    assert.equal(read({ clusters: [PRIMARY, { ...STANDBY, ...standby }] }).length, 2);
  });
}
test("a list of a standby can have another order than the primary's", () => {
  const accounts = ["111122223333", "444455556666"];
  const clusters = [
    { ...PRIMARY, accounts },
    { ...STANDBY, accounts: accounts.toReversed() },
  ];
  assert.equal(read({ clusters }).length, 2);
});

test("without failoverUrl, two stacks of an id can accept different Regions", () => {
  assert.equal(read({ clusters: [A_IN_A_REGION, { ...STANDBY, vpc: VPC }] }).length, 2);
});
