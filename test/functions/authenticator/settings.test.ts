// The function's settings: accepted values and defaults. refused-settings.test.ts has the others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings, type Settings } from "../../../functions/authenticator/settings.ts";
import { HOME, OTHER } from "./fixtures.ts";
import { ISSUER, OTHER_ISSUER } from "./jwt/mint.ts";

function read(changes: Readonly<Record<string, string | undefined>> = {}): Settings {
  return readSettings({
    AWS_REGION: "eu-west-1",
    CLUSTER_ID: "prod-1",
    CALLER_AUTH: "bearer",
    ...changes,
  });
}

const DEFAULTS = {
  clusterId: "prod-1",
  region: "eu-west-1",
  mappingPrefix: "/iam-authenticator/prod-1",
  callerAuth: "bearer",
  callerSubjects: [],
  accounts: [],
  nodeVpcs: [],
  nodeRegion: "eu-west-1",
  failoverUrl: undefined,
  stsEndpoint: undefined,
  audiences: [],
  reservedPrefixes: [],
  userInfo: "full",
  tokens: "any",
  jwt: undefined,
  jwtKeysEndpoint: undefined,
  logLevel: "info",
};
const LISTS = [
  "AUDIENCES",
  "RESERVED_PREFIXES",
  "STS_REGIONS",
  "STS_EXTRA_HOSTS",
  "ACCOUNTS",
  "NODE_VPCS",
];
const CHOICES = ["USER_INFO", "LOG_LEVEL", "TOKENS", "STS_HOSTS"];
const OTHERS = [
  "MAPPING_PREFIX",
  "CALLER_SUBJECTS",
  "JWT_ISSUERS",
  "FAILOVER_URL",
  "NODE_REGION",
  ...CHOICES,
];
const OF_SERVICES = ["SSM", "STS", "EC2", "IAM"].map((service) => `AWS_ENDPOINT_URL_${service}`);
const ENDPOINTS = ["JWT_KEYS_ENDPOINT", "AWS_ENDPOINT_URL"].concat(OF_SERVICES);

test("unset settings have their defaults, and an empty string means not set", () => {
  const { stsHosts, partition, ssmEndpoint, ...settings } = read();
  assert.deepEqual(settings, DEFAULTS);
  assert.equal(partition.id, "aws");
  assert.equal(ssmEndpoint.href, "https://ssm.eu-west-1.amazonaws.com/");
  assert.ok(stsHosts.regions.size > 30);
  assert.deepEqual(
    read(Object.fromEntries([...LISTS, ...OTHERS, ...ENDPOINTS].map((name) => [name, ""]))),
    read(),
  );
});

// biome-ignore format: a table
const ACCEPTED: readonly (readonly [name: string, setting: keyof Settings, values: readonly string[]])[] = [
  ["CLUSTER_ID", "clusterId", ["a", "0", "Prod_1.eu-west-1", "a".repeat(100)]],
  ["CALLER_AUTH", "callerAuth", ["bearer", "none"]],
  ["USER_INFO", "userInfo", ["full", "minimal"]],
  ["LOG_LEVEL", "logLevel", ["debug", "info", "warn", "error"]],
  ["TOKENS", "tokens", ["any"]],
  ["FAILOVER_URL", "failoverUrl", ["standby.example.com/authenticate", "a1b2.execute-api.eu-west-1.amazonaws.com/live/authenticate", "a.b:8443/x", "a.b:65535/x", "1.a-1/..x/...", "a.b/x/"].map((rest) => `https://${rest}`)],
  ["NODE_REGION", "nodeRegion", ["eu-west-1", "eu-central-1", "us-east-9"]],
  ["MAPPING_PREFIX", "mappingPrefix", ["/a", "/T_1/k.p/x-y", "/a".repeat(12), `/${"a".repeat(499)}`, "/a/aws", "/awe"]],
];
for (const [name, setting, values] of ACCEPTED) {
  test(`${name}: accepted values`, () => {
    for (const value of values) assert.equal(read({ [name]: value })[setting], value);
  });
}

test("lists are separated by commas, and CALLER_SUBJECTS by semicolons", () => {
  const vpcs = "vpc-0123456789abcdef0,vpc-01234567";
  const lists = {
    AUDIENCES: " a , b,c ",
    RESERVED_PREFIXES: "system:, eks:",
    ACCOUNTS: `${HOME}, ${OTHER}`,
  };
  assert.partialDeepStrictEqual(read({ ...lists, NODE_VPCS: vpcs }), {
    audiences: ["a", "b", "c"],
    reservedPrefixes: ["system:", "eks:"],
    accounts: [HOME, OTHER],
    nodeVpcs: vpcs.split(","),
  });
  const subjects = (CALLER_SUBJECTS: string) =>
    read({ CALLER_AUTH: "mtls", CALLER_SUBJECTS }).callerSubjects;
  assert.deepEqual([subjects("CN=a,O=b; CN=c"), subjects(" * ")], [["CN=a,O=b", "CN=c"], ["*"]]);
});

test("a region that is newer than the table is accepted", () => {
  assert.equal(
    read({ AWS_REGION: "us-gov-west-1" }).ssmEndpoint.href,
    "https://ssm.us-gov-west-1.amazonaws.com/",
  );
  assert.equal(
    read({ AWS_REGION: "cn-north-1" }).ssmEndpoint.host,
    "ssm.cn-north-1.amazonaws.com.cn",
  );
  const { regions } = read({
    AWS_REGION: "eu-west-9",
    STS_REGIONS: "eu-west-9,eu-west-1",
  }).stsHosts;
  assert.deepEqual([...regions], ["eu-west-9", "eu-west-1"]);
});

test("STS_EXTRA_HOSTS are added, and STS_HOSTS=regional accepts only plain hosts", () => {
  const hosts = [
    "vpce-0123-abc.sts.eu-west-1.vpce.amazonaws.com",
    "sts.internal",
    "localhost",
    "a".repeat(253),
  ];
  const { regionByHost } = read({ STS_EXTRA_HOSTS: hosts.join(", ") }).stsHosts;
  for (const host of hosts)
    assert.deepEqual([regionByHost.has(host), regionByHost.get(host)], [true, undefined]);
  assert.deepEqual(read({ STS_HOSTS: "all" }), read());
  const regional = read({ STS_HOSTS: "regional", STS_REGIONS: "us-east-1" }).stsHosts;
  assert.deepEqual([...regional.regionByHost.keys()], ["sts.us-east-1.amazonaws.com"]);
});

test("endpoints are https://, or http:// on this machine", () => {
  for (const host of [
    "localhost",
    "127.0.0.1",
    "127.1.2.3",
    "[::1]",
    "host.docker.internal",
    "LOCALHOST",
  ]) {
    for (const name of ENDPOINTS.slice(1)) read({ [name]: `http://${host}:4566` });
  }
  for (const url of [
    "https://vpce-0123.example.com/",
    "https://sts.internal:8443/",
    "http://127.0.0.1:4566/",
  ]) {
    const { stsEndpoint, stsHosts } = read({ AWS_ENDPOINT_URL_STS: url });
    assert.deepEqual([stsEndpoint?.href, stsHosts], [url, read().stsHosts]);
    assert.equal(read({ AWS_ENDPOINT_URL_STS: url.slice(0, -1) }).stsEndpoint?.href, url);
  }
});

test("AWS_ENDPOINT_URL_SSM has precedence over AWS_ENDPOINT_URL", () => {
  const ssm = "https://ssm.internal:8443/path";
  const any = "http://localhost:4566/";
  assert.equal(read({ AWS_ENDPOINT_URL_SSM: ssm }).ssmEndpoint.href, ssm);
  assert.equal(read({ AWS_ENDPOINT_URL: any }).ssmEndpoint.href, any);
  assert.equal(read({ AWS_ENDPOINT_URL: any, AWS_ENDPOINT_URL_SSM: ssm }).ssmEndpoint.href, ssm);
});

test("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS removes the endpoints of the SDK, and not that of STS", () => {
  const urls = {
    AWS_ENDPOINT_URL: "https://any.example.com/",
    AWS_ENDPOINT_URL_STS: "https://sts.example.com/",
  };
  const ssm = { true: "https://ssm.eu-west-1.amazonaws.com/", false: urls.AWS_ENDPOINT_URL };
  for (const [AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, expected] of Object.entries(ssm)) {
    const { ssmEndpoint, stsEndpoint } = read({ ...urls, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS });
    assert.deepEqual([ssmEndpoint.href, stsEndpoint?.href], [expected, urls.AWS_ENDPOINT_URL_STS]);
  }
});

test("JWT_ISSUERS lists accounts and their issuers, and TOKENS=jwt requires it", () => {
  const { jwt } = read({ JWT_ISSUERS: `${HOME}=${ISSUER}, ${OTHER}=${OTHER_ISSUER}` });
  const accountByIssuer = new Map([
    [ISSUER, HOME],
    [OTHER_ISSUER, OTHER],
  ]);
  assert.deepEqual(jwt, { clusterId: "prod-1", partition: "aws", accountByIssuer });
  assert.equal(read({ TOKENS: "jwt", JWT_ISSUERS: `${HOME}=${ISSUER}` }).tokens, "jwt");
  const china = "https://a1b2.tokens.sts.global.api.amazonwebservices.com.cn";
  const inChina = read({ AWS_REGION: "cn-north-1", JWT_ISSUERS: `${HOME}=${china}` }).jwt;
  assert.deepEqual(inChina?.accountByIssuer, new Map([[china, HOME]]));
  for (const AWS_REGION of ["us-gov-west-1", "eusc-de-east-1"])
    assert.equal(read({ AWS_REGION }).jwt, undefined);
});

test("JWT_KEYS_ENDPOINT is a URL with a path at most, and plain HTTP only on this machine", () => {
  for (const url of [
    "https://keys.example.com",
    "https://keys.example.com/aws/",
    "http://127.0.0.1:8080/x",
  ]) {
    const settings = read({ JWT_ISSUERS: `${HOME}=${ISSUER}`, JWT_KEYS_ENDPOINT: url });
    assert.equal(settings.jwtKeysEndpoint?.href, new URL(url).href);
  }
});
