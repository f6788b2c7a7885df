// docs/reference.md lists every context key of the schema: in its tables with the real default, or as a prop of the construct.

import "../infra/quick-synth.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { readCluster } from "../../infra/context/cluster.ts";
import { clusterStack } from "../../infra/context/cluster-stack.ts";
import { readClusters } from "../../infra/context/clusters.ts";
import { issuerStack } from "../../infra/issuer/issuer-stack.ts";
import { CLUSTERS } from "../infra/clusters.ts";

const read = (page: string): string => readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
const reference = read("docs/reference.md");

interface Row {
  readonly keys: readonly string[];
  readonly byDefault: string;
}

/** Keys and defaults of the table with this header row, as written. */
function rows(head: string): Row[] {
  const [, table = ""] = reference.split(`| ${head} |`);
  const lines = (table.split("\n\n")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => {
    const [, keys = "", byDefault = ""] = line.split(/(?<!\\)\|/);
    return { keys: [...keys.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key), byDefault: byDefault.trim() };
  });
}

const [, PROPS_SENTENCE = ""] = /with the same meaning and default: (.*?)\. The others are:/s.exec(reference) ?? [];
const PROPS = [...PROPS_SENTENCE.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key);
/** The props of the construct, with the `@default` of their comments. */
const DECLARED = ["infra/common-props.ts", "infra/props.ts"].flatMap((file) =>
  [...read(file).matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*readonly (\w+)\??:/gs)].map(
    ([, comment = "", key = ""]): Row => {
      return { keys: [key], byDefault: /@default (.*)/.exec(comment)?.[1] ?? "" };
    },
  ),
);

test("each key that the page leaves to the construct is a prop there", () => {
  const known = new Set(DECLARED.flatMap(({ keys }) => keys));
  assert.deepEqual(
    PROPS.filter((key) => !known.has(key)),
    [],
  );
});

/** The keys in the error for an unknown key. */
function keysOfSchema(cluster: object): string[] {
  try {
    readCluster(cluster);
  } catch (error) {
    const [, keys = ""] = /; the keys are (.*)$/.exec(String(error)) ?? [];
    return keys.split(", ");
  }
  return assert.fail("an unknown key did not fail");
}

const [, mtls, hidden] = CLUSTERS;
const SCHEMA = keysOfSchema({ clusterId: "a", zzz: 1 });

test("the table lists each key of the schema, except the construct's props", () => {
  const documented = [...rows("key | default | meaning").flatMap(({ keys }) => keys), ...PROPS];
  assert.deepEqual(documented.toSorted(), SCHEMA.toSorted());
});

const [, ENDPOINTS = ""] = /### Endpoints\n.*?```json\n(.*?)```/s.exec(reference) ?? [];
const OF_KIND = { http: {}, mtls: mtls?.endpoint, private: hidden?.endpoint };

for (const example of JSON.parse(ENDPOINTS)) {
  const kind: keyof typeof OF_KIND = example.kind;
  test(`the example of the endpoint ${kind} is valid and has each key of the schema`, () => {
    readCluster({ clusterId: "a", endpoint: example });
    const schema = keysOfSchema({ clusterId: "a", endpoint: { kind, ...OF_KIND[kind], zzz: 1 } });
    assert.deepEqual(Object.keys(example).toSorted(), schema.toSorted());
  });
}

test("the endpoint's example has every kind", () => {
  assert.deepEqual(
    JSON.parse(ENDPOINTS).map(({ kind }: { kind: string }) => kind),
    Object.keys(OF_KIND),
  );
});

const WHERE = { clusterId: "a", account: "111122223333", region: "eu-west-1", vpc: hidden?.vpc };

function template(more: object): object {
  const app = new App({ context: { clusters: [{ ...WHERE, ...more }] } });
  const [cluster] = readClusters(app);
  return Template.fromStack(clusterStack(app, cluster ?? assert.fail())).toJSON();
}

/** A value other than the default, for each key except the id and `issuer`. */
const OTHERS: Readonly<Record<string, unknown>> = {
  account: "444455556666",
  region: "eu-west-2",
  stackName: "other",
  terminationProtection: false,
  tags: { team: "platform" },
  endpoint: hidden?.endpoint,
  formerEndpoint: mtls?.endpoint,
  failoverUrl: "https://standby.example.com/authenticate",
  throttle: { rateLimit: 20, burstLimit: 40 },
  mappingPrefix: "/other",
  accounts: ["444455556666"],
  stsRegions: ["eu-west-2"],
  stsExtraHosts: ["sts.example.com"],
  audiences: ["other"],
  reservedPrefixes: ["other"],
  userInfo: "minimal",
  awsSignedTokens: [{ account: "111122223333", issuer: "https://a.tokens.sts.global.api.aws" }],
  tokens: "jwt",
  logLevel: "debug",
  nodes: true,
  nodeVpcs: ["vpc-1"],
  architecture: "x86_64",
  memorySize: 1024,
  provisionedConcurrency: 1,
  reservedConcurrency: false,
  vpc: hidden?.vpc,
  vpcEndpoints: false,
  securityGroupIds: ["sg-1"],
  safeDeployments: false,
  compareStoredValues: false,
  alarms: false,
  dashboard: true,
  quietHours: 72,
  alarmTopicArn: "arn:aws:sns:eu-west-1:111122223333:on-call",
  alarmEmail: "on-call@example.com",
  logRetentionDays: 365,
  encryptionKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012",
  callers: [{ name: "first", sha256: "0".repeat(64) }],
};

function issuer(more: object) {
  const stack = issuerStack(
    new App(),
    readCluster({ clusterId: "a", account: "111122223333", region: "eu-west-1", ...more }),
  );
  const { environment, terminationProtection, stackName } = stack;
  return {
    environment,
    terminationProtection,
    stackName,
    tags: stack.tags.tagValues(),
    template: Template.fromStack(stack),
  };
}

test("the page lists exactly the keys that the issuer uses", () => {
  assert.deepEqual(
    Object.keys(OTHERS).toSorted(),
    SCHEMA.filter((key) => !["clusterId", "issuer"].includes(key)).toSorted(),
  );
  const plain = issuer({});
  plain.template.resourceCountIs("AWS::CloudWatch::Dashboard", 0);
  const seen = ({ template, ...others }: typeof plain) => JSON.stringify([template.toJSON(), others]);
  const obeyed = Object.keys(OTHERS).filter((key) => seen(issuer({ [key]: OTHERS[key] })) !== seen(plain));
  const [, sentence = ""] = /With `issuer`, these keys apply to both stacks: (.*?)\.\n/s.exec(reference) ?? [];
  const named = [...sentence.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key).filter((key) => key !== "true");
  assert.deepEqual(named.toSorted(), obeyed.toSorted());
});

/** Passed to the function unchanged; reference.test.ts tests the function's defaults. */
const SETTINGS = ["tokens", "userInfo", "logLevel"];

test("a documented default creates the same stack as an absent key", () => {
  const without = template({});
  const props = DECLARED.filter(({ keys: [key = ""] }) => PROPS.includes(key));
  const defaults = [...rows("key | default | meaning"), ...props]
    .map(({ keys: [key = ""], byDefault }) => ({ key, value: byDefault.replaceAll("`", "") }))
    .filter(({ value }) => /^(["{[].*|\d[\d.]*|true|false)$/.test(value));
  assert.equal(defaults.length, 16);
  for (const { key, value } of defaults) {
    if (SETTINGS.includes(key)) continue;
    assert.deepEqual(template({ [key]: JSON.parse(value) }), without, `${key}: ${value}`);
  }
});
