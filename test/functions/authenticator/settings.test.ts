// The function's settings: required ones, accepted values, and defaults.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings, type Settings } from "../../../functions/authenticator/settings.ts";
import { hasCode } from "../../../functions/errors.ts";

const REQUIRED = { AWS_REGION: "eu-west-1", CLUSTER_ID: "prod-1", CALLER_AUTH: "bearer" };

function read(changes: Readonly<Record<string, string | undefined>> = {}): Settings {
  return readSettings({ ...REQUIRED, ...changes });
}

/** Each value is refused with the setting's name, in one line. */
function assertBad(name: string, values: readonly string[], more: Readonly<Record<string, string>> = {}): void {
  for (const value of values) {
    assert.throws(
      () => read({ ...more, [name]: value }),
      (error) => {
        assert.ok(hasCode(error, "setting_invalid"), `${name}=${value}: ${error}`);
        assert.match(error.message, new RegExp(`^${name} [^\\n]+$`));
        return error.code === "setting_invalid";
      },
      `${name}=${value}`,
    );
  }
}

test("unset settings have their defaults", () => {
  const { stsHosts, partition, ssmEndpoint, ...settings } = read();
  assert.deepEqual(settings, {
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
  });
  assert.equal(partition.id, "aws");
  assert.equal(ssmEndpoint.href, "https://ssm.eu-west-1.amazonaws.com/");
  assert.ok(stsHosts.regions.size > 30);
});

test("an empty string means not set", () => {
  const empty = Object.fromEntries(
    ["MAPPING_PREFIX", "CALLER_SUBJECTS", "STS_REGIONS", "STS_EXTRA_HOSTS", "AUDIENCES", "RESERVED_PREFIXES"]
      .concat(
        "USER_INFO",
        "LOG_LEVEL",
        "TOKENS",
        "JWT_ISSUERS",
        "JWT_KEYS_ENDPOINT",
        "ACCOUNTS",
        "NODE_VPCS",
        "STS_HOSTS",
        "AWS_ENDPOINT_URL",
      )
      .concat(["SSM", "STS", "EC2", "IAM"].map((service) => `AWS_ENDPOINT_URL_${service}`))
      .map((name) => [name, ""]),
  );
  assert.deepEqual(read(empty), read());
});

test("CLUSTER_ID, CALLER_AUTH and AWS_REGION are required", () => {
  for (const name of Object.keys(REQUIRED)) {
    for (const value of [undefined, ""]) {
      assert.throws(() => read({ [name]: value }), {
        code: "setting_invalid",
        message: new RegExp(`^${name} is required`),
      });
    }
  }
});

test("CLUSTER_ID is a letter or digit and up to 99 more letters, digits, underscores, dots and hyphens", () => {
  for (const id of ["a", "0", "Prod_1.eu-west-1", "a".repeat(100)])
    assert.equal(read({ CLUSTER_ID: id }).clusterId, id);
  assertBad("CLUSTER_ID", [
    "a".repeat(101),
    "-a",
    "_a",
    ".a",
    " a",
    "a ",
    "a/b",
    "a:b",
    "a\n",
    "a\r\nx-evil: 1",
    "é",
    "$&",
  ]);
});

test("AWS_REGION of an unknown partition is refused, a region that is newer than the table is not", () => {
  assert.equal(read({ AWS_REGION: "eu-west-9" }).partition.id, "aws");
  assert.equal(read({ AWS_REGION: "us-gov-west-1" }).partition.id, "aws-us-gov");
  assert.equal(read({ AWS_REGION: "cn-north-1" }).ssmEndpoint.host, "ssm.cn-north-1.amazonaws.com.cn");
  assertBad("AWS_REGION", [
    "mars-west-1",
    "eu-west",
    "EU-WEST-1",
    " eu-west-1",
    "eu-west-1\n",
    "aws-global",
    "eu_west-1",
  ]);
});

test("CALLER_AUTH is bearer, mtls or none", () => {
  for (const value of ["bearer", "none"]) assert.equal(read({ CALLER_AUTH: value }).callerAuth, value);
  assert.equal(read({ CALLER_AUTH: "mtls", CALLER_SUBJECTS: "CN=a" }).callerAuth, "mtls");
  assertBad("CALLER_AUTH", ["Bearer", "mTLS", "NONE", "off", "bearer,mtls", " bearer"]);
});

test("USER_INFO is full or minimal, and LOG_LEVEL debug, info, warn or error", () => {
  for (const value of ["full", "minimal"]) assert.equal(read({ USER_INFO: value }).userInfo, value);
  for (const value of ["debug", "info", "warn", "error"]) assert.equal(read({ LOG_LEVEL: value }).logLevel, value);
  assertBad("USER_INFO", ["FULL", "none", "min"]);
  assertBad("LOG_LEVEL", ["INFO", "trace", "silent", "off", "warning"]);
});

test("MAPPING_PREFIX is at most 12 levels of letters, digits, underscores, dots and hyphens", () => {
  for (const prefix of ["/a", "/Team_1/k8s.prod/x-y", "/a".repeat(12), `/${"a".repeat(499)}`, "/my/aws", "/awe"]) {
    assert.equal(read({ MAPPING_PREFIX: prefix }).mappingPrefix, prefix);
  }
  assertBad("MAPPING_PREFIX", [
    "/a".repeat(13),
    "a",
    "/",
    "//a",
    "/a/",
    "/a//b",
    "/a b",
    "/a/*",
    "/é",
    "/a\n",
    "/a,/b",
  ]);
  assertBad("MAPPING_PREFIX", ["/aws/a", "/AWS", "/awsome", "/ssm/a", "/SSM", `/${"a".repeat(500)}`]);
});

test("lists are separated by commas and trimmed, and an empty item is refused", () => {
  assert.deepEqual(read({ AUDIENCES: " a , b,c " }).audiences, ["a", "b", "c"]);
  assert.deepEqual(read({ RESERVED_PREFIXES: "system:, eks:" }).reservedPrefixes, ["system:", "eks:"]);
  for (const name of ["AUDIENCES", "RESERVED_PREFIXES", "STS_REGIONS", "STS_EXTRA_HOSTS", "ACCOUNTS", "NODE_VPCS"]) {
    assertBad(name, [",", "eu-west-1,", ",eu-west-1", "eu-west-1,,eu-west-2", " ", "eu-west-1, ,eu-west-2"]);
  }
});

test("CALLER_SUBJECTS are separated by semicolons, since a subject contains commas, and require mtls", () => {
  const mtls = { CALLER_AUTH: "mtls" };
  assert.deepEqual(read({ ...mtls, CALLER_SUBJECTS: "CN=a,O=b; CN=c" }).callerSubjects, ["CN=a,O=b", "CN=c"]);
  assertBad("CALLER_SUBJECTS", [";", "CN=a;", ";CN=a", "CN=a;;CN=b", " "], mtls);
  assert.deepEqual(read({ ...mtls, CALLER_SUBJECTS: " * " }).callerSubjects, ["*"]);
  assertBad("CALLER_SUBJECTS", ["*;CN=a", "CN=a;*", "*;*"], mtls);
  assertBad("CALLER_SUBJECTS", ["CN=a"]);
  assertBad("CALLER_SUBJECTS", ["CN=a"], { CALLER_AUTH: "none" });
});

test("mtls does not start without CALLER_SUBJECTS: a missing or misspelled variable accepts no certificate", () => {
  const message =
    "CALLER_SUBJECTS is required: with mtls, complete subject DNs, or * for any certificate of the truststore";
  for (const subjects of [{}, { CALLER_SUBJECTS: "" }, { CALLER_SUBJECT: "CN=a" }, { caller_subjects: "CN=a" }]) {
    assert.throws(() => read({ CALLER_AUTH: "mtls", ...subjects }), { message });
  }
  for (const callerAuth of ["bearer", "none"]) assert.deepEqual(read({ CALLER_AUTH: callerAuth }).callerSubjects, []);
});

test("ACCOUNTS are account ids of twelve digits", () => {
  assert.deepEqual(read({ ACCOUNTS: "111122223333, 444455556666" }).accounts, ["111122223333", "444455556666"]);
  assertBad("ACCOUNTS", [
    "11112222333",
    "1111222233334",
    "1111-2222-3333",
    "arn:aws:iam::111122223333:root",
    "１１１１２２２２３３３３",
  ]);
  assert.throws(() => read({ ACCOUNTS: "111122223333,44445555" }), {
    message: 'ACCOUNTS must be a list of AWS account ids, of 12 digits each, not "44445555"',
  });
});

test("NODE_VPCS are VPC ids", () => {
  const vpcs = ["vpc-0123456789abcdef0", "vpc-01234567"];
  assert.deepEqual(read({ NODE_VPCS: vpcs.join(",") }).nodeVpcs, vpcs);
  assertBad("NODE_VPCS", ["vpc-", "vpc-0123", "VPC-01234567", "vpc-0123456z", "subnet-01234567", "10.0.0.0/16"]);
});

test("an error names the setting, the expected value and the actual value", () => {
  for (const [name, value, message] of [
    [
      "CLUSTER_ID",
      "my cluster",
      'CLUSTER_ID must be up to 100 letters, digits, "_", "." and "-", the first a letter or digit, not "my cluster"',
    ],
    ["CALLER_AUTH", "mTLS", 'CALLER_AUTH must be one of bearer, mtls, none, not "mTLS"'],
    ["CALLER_AUTH", "", "CALLER_AUTH is required: one of bearer, mtls, none"],
    [
      "MAPPING_PREFIX",
      "auth",
      'MAPPING_PREFIX must be 1 to 12 levels such as /a/b, of letters, digits, "_", "." and "-", not "auth"',
    ],
    ["AWS_REGION", "mars-west-1", 'AWS_REGION must be a region of a known AWS partition, not "mars-west-1"'],
    ["AUDIENCES", "a,,b", 'AUDIENCES must be a list separated by ",", without an empty item, not "a,,b"'],
    ["CALLER_SUBJECTS", "CN=a", "CALLER_SUBJECTS must be empty with CALLER_AUTH=bearer: only mtls has subjects"],
  ] as const) {
    assert.throws(() => read({ [name]: value }), { message });
  }
});
