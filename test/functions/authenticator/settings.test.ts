// The function's settings: required ones, accepted values, and defaults.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Settings } from "../../../functions/authenticator/settings.ts";
import { assertBad, read } from "./read-settings.ts";

const DEFAULTS = {
  clusterId: "prod-1",
  region: "eu-west-1",
  mappingPrefix: "/iam-authenticator/prod-1",
  callerAuth: "bearer",
  callerSubjects: [],
  accounts: [],
  nodeVpcs: [],
  stsEndpoint: undefined,
  audiences: [],
  reservedPrefixes: [],
  userInfo: "full",
  tokens: "any",
  jwt: undefined,
  jwtKeysEndpoint: undefined,
  logLevel: "info",
};
const LISTS = ["AUDIENCES", "RESERVED_PREFIXES", "STS_REGIONS", "STS_EXTRA_HOSTS", "ACCOUNTS", "NODE_VPCS"];
const OTHERS = ["MAPPING_PREFIX", "CALLER_SUBJECTS", "USER_INFO", "LOG_LEVEL", "TOKENS", "JWT_ISSUERS", "STS_HOSTS"];
const ENDPOINTS = ["JWT_KEYS_ENDPOINT", "AWS_ENDPOINT_URL"].concat(
  ["SSM", "STS", "EC2", "IAM"].map((service) => `AWS_ENDPOINT_URL_${service}`),
);

test("unset settings have their defaults, and an empty string means not set", () => {
  const { stsHosts, partition, ssmEndpoint, ...settings } = read();
  assert.deepEqual(settings, DEFAULTS);
  assert.equal(partition.id, "aws");
  assert.equal(ssmEndpoint.href, "https://ssm.eu-west-1.amazonaws.com/");
  assert.ok(stsHosts.regions.size > 30);
  assert.deepEqual(read(Object.fromEntries([...LISTS, ...OTHERS, ...ENDPOINTS].map((name) => [name, ""]))), read());
});

for (const [name, expected] of [
  ["CLUSTER_ID", "the id that tokens are signed for"],
  ["CALLER_AUTH", "one of bearer, mtls, none"],
  ["AWS_REGION", "the region that the function runs in, such as eu-west-1"],
] as const) {
  test(`${name} is required`, () => {
    for (const value of [undefined, ""]) {
      const message = `${name} is required: ${expected}`;
      assert.throws(() => read({ [name]: value }), { code: "setting_invalid", message });
    }
  });
}

const ID_RULE = 'CLUSTER_ID must be up to 100 letters, digits, "_", "." and "-", the first a letter or digit';
const PREFIX_RULE = 'MAPPING_PREFIX must be 1 to 12 levels such as /a/b, of letters, digits, "_", "." and "-"';
const CHOICES: readonly (readonly [
  name: string,
  setting: keyof Settings,
  accepted: readonly string[],
  refused: readonly string[],
  message: string,
])[] = [
  [
    "CLUSTER_ID",
    "clusterId",
    ["a", "0", "Prod_1.eu-west-1", "a".repeat(100)],
    ["a".repeat(101), "-a", "_a", ".a", " a", "a ", "a/b", "a:b", "a\n", "é", "my cluster"],
    ID_RULE,
  ],
  [
    "CALLER_AUTH",
    "callerAuth",
    ["bearer", "none"],
    ["Bearer", "mTLS", "bearer,mtls"],
    "one of bearer, mtls, none, not",
  ],
  ["USER_INFO", "userInfo", ["full", "minimal"], ["FULL", "none", "min"], "one of full, minimal, not"],
  ["LOG_LEVEL", "logLevel", ["debug", "info", "warn", "error"], ["INFO", "trace"], "one of debug, info, warn, error"],
  [
    "MAPPING_PREFIX",
    "mappingPrefix",
    ["/a", "/Team_1/k8s.prod/x-y", "/a".repeat(12), `/${"a".repeat(499)}`, "/my/aws", "/awe"],
    ["/a".repeat(13), "a", "/", "//a", "/a/", "/a//b", "/a b", "/a/*", "/é", "/a\n", "/a,/b"],
    PREFIX_RULE,
  ],
];
for (const [name, setting, accepted, refused, message] of CHOICES) {
  test(`${name}: accepted and refused values`, () => {
    for (const value of accepted) assert.equal(read({ [name]: value })[setting], value);
    assertBad(name, refused, message);
  });
}

test("MAPPING_PREFIX must not begin with a name that AWS reserves, and has at most 500 characters", () => {
  assertBad("MAPPING_PREFIX", ["/aws/a", "/AWS", "/awsome", "/ssm/a", "/SSM"], "which AWS reserves");
  assertBad("MAPPING_PREFIX", [`/${"a".repeat(500)}`], "at most 500 characters");
});

test("AWS_REGION of an unknown partition is refused, a region that is newer than the table is not", () => {
  assert.equal(read({ AWS_REGION: "eu-west-9" }).partition.id, "aws");
  assert.equal(read({ AWS_REGION: "us-gov-west-1" }).partition.id, "aws-us-gov");
  assert.equal(read({ AWS_REGION: "cn-north-1" }).ssmEndpoint.host, "ssm.cn-north-1.amazonaws.com.cn");
  assertBad("AWS_REGION", ["mars-west-1", "eu-west", "aws-global"], "a region of a known AWS partition, not ");
  assertBad("AWS_REGION", ["EU-WEST-1", " eu-west-1", "eu-west-1\n", "eu_west-1"]);
});

test("lists are separated by commas and trimmed, and an empty item is refused", () => {
  assert.deepEqual(read({ AUDIENCES: " a , b,c " }).audiences, ["a", "b", "c"]);
  assert.deepEqual(read({ RESERVED_PREFIXES: "system:, eks:" }).reservedPrefixes, ["system:", "eks:"]);
  for (const name of LISTS) {
    const refused = [",", "eu-west-1,", ",eu-west-1", "eu-west-1,,eu-west-2", " ", "eu-west-1, ,eu-west-2"];
    assertBad(name, refused, 'a list separated by ",", without an empty item, not "');
  }
});

test("CALLER_SUBJECTS are separated by semicolons, since a subject contains commas, and require mtls", () => {
  const mtls = { CALLER_AUTH: "mtls" };
  assert.deepEqual(read({ ...mtls, CALLER_SUBJECTS: "CN=a,O=b; CN=c" }).callerSubjects, ["CN=a,O=b", "CN=c"]);
  assert.deepEqual(read({ ...mtls, CALLER_SUBJECTS: " * " }).callerSubjects, ["*"]);
  assertBad("CALLER_SUBJECTS", [";", "CN=a;", ";CN=a", "CN=a;;CN=b", " "], "", mtls);
  assertBad("CALLER_SUBJECTS", ["*;CN=a", "CN=a;*", "*;*"], "", mtls);
  for (const CALLER_AUTH of ["bearer", "none"]) {
    const message = `empty with CALLER_AUTH=${CALLER_AUTH}: only mtls has subjects`;
    assertBad("CALLER_SUBJECTS", ["CN=a"], message, { CALLER_AUTH });
    assert.deepEqual(read({ CALLER_AUTH }).callerSubjects, []);
  }
});

test("mtls does not start without CALLER_SUBJECTS: a missing or misspelled variable accepts no certificate", () => {
  const message =
    "CALLER_SUBJECTS is required: with mtls, complete subject DNs, or * for any certificate of the truststore";
  for (const subjects of [{}, { CALLER_SUBJECTS: "" }, { CALLER_SUBJECT: "CN=a" }, { caller_subjects: "CN=a" }]) {
    assert.throws(() => read({ CALLER_AUTH: "mtls", ...subjects }), { message });
  }
});

test("ACCOUNTS are account ids of twelve digits", () => {
  assert.deepEqual(read({ ACCOUNTS: "111122223333, 444455556666" }).accounts, ["111122223333", "444455556666"]);
  const refused = ["11112222333", "1111222233334", "1111-2222-3333", "arn:aws:iam::111122223333:root"];
  assertBad("ACCOUNTS", [...refused, "１１１１２２２２３３３３"], "a list of AWS account ids, of 12 digits each, not ");
});

test("NODE_VPCS are VPC ids", () => {
  const vpcs = ["vpc-0123456789abcdef0", "vpc-01234567"];
  assert.deepEqual(read({ NODE_VPCS: vpcs.join(",") }).nodeVpcs, vpcs);
  assertBad("NODE_VPCS", ["vpc-", "vpc-0123", "VPC-01234567", "vpc-0123456z", "subnet-01234567", "10.0.0.0/16"]);
});
