// Values of the function's settings that are refused, each in one line that begins with the
// setting's name.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import { HOME, OTHER } from "./fixtures.ts";
import { ISSUER, OTHER_ISSUER } from "./jwt/mint.ts";

type Changes = Readonly<Record<string, string | undefined>>;
const REQUIRED: Changes = { AWS_REGION: "eu-west-1", CLUSTER_ID: "prod-1", CALLER_AUTH: "bearer" };
const JWT_ISSUERS = `${HOME}=${ISSUER}`;
const CHINA = `${HOME}=https://a1b2.tokens.sts.global.api.amazonwebservices.com.cn`;
const MTLS = { CALLER_AUTH: "mtls" };

const ISSUER_FORM =
  "must be a list of <account id>=https://<id>.tokens.sts.global.api.aws, without a final slash, not ";
const ISSUERS = [
  ...[
    ISSUER,
    HOME,
    `${HOME}=`,
    `${HOME}:${ISSUER}`,
    `${HOME} = ${ISSUER}`,
    `11112222333=${ISSUER}`,
    CHINA,
  ],
  ...["oidc.example.com", "tokens.sts.global.api.aws", "a.b.tokens.sts.global.api.aws"].map(
    (h) => `${HOME}=https://${h}`,
  ),
  ...[`${HOME}=https://user@a.tokens.sts.global.api.aws`, JWT_ISSUERS.replace("https", "http")],
  ...["/", ":443", ".example.com"].map((more) => `${JWT_ISSUERS}${more}`),
];

const REMOTE = [
  ...[
    "sts.amazonaws.com",
    "10.0.0.1",
    "169.254.169.254",
    "[::2]",
    "0.0.0.0",
    "128.0.0.1",
    "localhost.",
  ],
  ...[
    "127.0.0.1.example.com",
    "xlocalhost",
    "host.docker.internal.example.com",
    "hostxdocker.internal",
  ],
  "localhost.example.com",
].map((host) => `http://${host}`);
const SCHEMES = [
  ...[
    "sts.internal",
    "//sts.internal",
    "ftp://sts.internal",
    "file:///etc/passwd",
    "localhost:4566",
    "https://",
  ],
  ...["https:// sts.internal", "ws://127.0.0.1"],
];
const LISTS = [
  "AUDIENCES",
  "RESERVED_PREFIXES",
  "STS_REGIONS",
  "STS_EXTRA_HOSTS",
  "ACCOUNTS",
  "NODE_VPCS",
];
const ENDPOINTS = ["", "_STS", "_SSM", "_EC2", "_IAM"].map(
  (service) => `AWS_ENDPOINT_URL${service}`,
);

/** `message`: a part of it. `more`: other settings. */
type Row = readonly [
  name: string,
  message: string | RegExp,
  values: readonly string[],
  more?: Changes,
];
// biome-ignore format: a table
const REFUSED: readonly Row[] = [
  [
    "CLUSTER_ID",
    'CLUSTER_ID must be up to 100 letters, digits, "_", "." and "-", the first a letter or digit',
    ["a".repeat(101), "-a", "_a", ".a", " a", "a ", "a/b", "a:b", "a\n", "é", "my cluster"],
  ],
  ["CALLER_AUTH", "one of bearer, mtls, none, not", ["Bearer", "mTLS", "bearer,mtls"]],
  ["USER_INFO", "one of full, minimal, not", ["FULL", "none", "min"]],
  ["LOG_LEVEL", "one of debug, info, warn, error", ["INFO", "trace"]],
  [
    "MAPPING_PREFIX",
    'MAPPING_PREFIX must be 1 to 12 levels such as /a/b, of letters, digits, "_", "." and "-"',
    ["/a".repeat(13), "a", "/", "//a", "/a/", "/a//b", "/a b", "/a/*", "/é", "/a\n", "/a,/b"],
  ],
  ["MAPPING_PREFIX", "which AWS reserves", ["/aws/a", "/AWS", "/awsome", "/ssm/a", "/SSM"]],
  ["MAPPING_PREFIX", "at most 500 characters", [`/${"a".repeat(500)}`]],
  ["AWS_REGION", "a region of a known AWS partition, not ", ["mars-west-1", "eu-west", "aws-global"]],
  ["AWS_REGION", "such as eu-west-1, not ", ["EU-WEST-1", " eu-west-1", "eu-west-1\n", "eu_west-1"]],
  ...LISTS.map((name): Row => {
    const values = [",", "eu-west-1,", ",eu-west-1", "eu-west-1,,eu-west-2", " ", "eu-west-1, ,eu-west-2"];
    return [name, 'a list separated by ",", without an empty item, not "', values];
  }),
  ["CALLER_SUBJECTS", "", [";", "CN=a;", ";CN=a", "CN=a;;CN=b", " ", "*;CN=a", "CN=a;*", "*;*"], MTLS],
  ...["bearer", "none"].map((CALLER_AUTH): Row => {
    const message = `empty with CALLER_AUTH=${CALLER_AUTH}: only mtls has subjects`;
    return ["CALLER_SUBJECTS", message, ["CN=a"], { CALLER_AUTH }];
  }),
  ["ACCOUNTS", "a list of AWS account ids, of 12 digits each, not ", ["11112222333", "1111222233334", "1111-2222-3333", `arn:aws:iam::${HOME}:root`, "１１１１２２２２３３３３"]],
  ["NODE_VPCS", "", ["vpc-", "vpc-0123", "VPC-01234567", "vpc-0123456z", "subnet-01234567", "10.0.0.0/16"]],
  ["NODE_REGION", "a region of the partition aws, not ", ["us-gov-west-1", "cn-north-1", "EU-WEST-1", "eu-west-1,eu-west-2", "eu-west", "aws-global"]],
  ["STS_REGIONS", /^STS_REGIONS must be a list of regions of the partition aws, not "\S+"$/, ["eu-west-1,eu-west-9", "us-gov-west-1", "cn-north-1", "EU-WEST-1", "aws-global"]],
  [
    "STS_EXTRA_HOSTS",
    "",
    [
      ...["STS.internal", "sts.internal:8443", "https://sts.internal", "sts.internal/", "sts.internal.", ".internal"],
      ...["*.internal", "sts internal", "user@sts.internal", "[::1]", "sts_internal", "-", "sts.internal-", "é"],
      ...["a\nb", "a".repeat(254)],
    ],
  ],
  [
    "FAILOVER_URL",
    "https://<host>/<path> with a host name that contains a dot, such as https://standby.example.com/authenticate, not ",
    [
      ...["standby/authenticate", "standby.example.com", "standby.example.com/", "u@a.example/x", "u:p@a.example/x"],
      ...["a.example/x?y=z", "a.example/x#y", "a..example/x", ".example/x", "a.example./x", "a.example:/x", "[::1]/x"],
      ...["a.example/x y", "a.example/x\n", "a.example/$a", "A.example/x", "a.b,c.d/x"],
      ...["192.0.2.1/x", "192.0.2.1:8443/x", "0x7f.1/x", "a.1/x", "a.b:65536/x", "a.b:443443/x", "a.b:0/x", "a.b:08/x"],
      ...["a.b/../x", "a.b/x/..", "a.b/./x", "a.b/x/.", "a.b/x/../y"],
    ]
      .map((rest) => `https://${rest}`)
      .concat("http://a.example/x", "a.example/x", "//a.example/x"),
  ],
  ["STS_HOSTS", /^STS_HOSTS must be one of all, regional, not "/, ["Regional", "none", "regional,all"]],
  [
    "AWS_ENDPOINT_URL_STS",
    "a URL with only scheme, host and port",
    ["sts.internal/path", "sts.internal/?a=b", "sts.internal/#a", "user@sts.internal", ":pw@sts.internal"].map(
      (rest) => `https://${rest}`,
    ),
  ],
  ["AWS_ENDPOINT_URL_STS", /^(?!.*hunter2)/, ["https://user:hunter2@sts.internal"]],
  ...ENDPOINTS.flatMap((name): Row[] => [[name, "a URL that begins with https:// (http:// is only for ", REMOTE], [name, "a URL that begins with https://", SCHEMES]]),
  ["JWT_ISSUERS", ISSUER_FORM, ISSUERS],
  ["JWT_ISSUERS", 'must be a list separated by ","', [`${JWT_ISSUERS},`]],
  ["JWT_ISSUERS", "sts.global.api.amazonwebservices.com.cn, without", [JWT_ISSUERS], { AWS_REGION: "cn-north-1" }],
  ...["us-gov-west-1", "eusc-de-east-1"].map((AWS_REGION): Row => {
    const message = /^JWT_ISSUERS must be left out in the partition aws-\S+, whose form of an issuer is not known$/;
    const own = `${HOME}=https://a1b2.tokens.sts.global.amazonaws.com`;
    return ["JWT_ISSUERS", message, [JWT_ISSUERS, own], { AWS_REGION }];
  }),
  ["JWT_ISSUERS", "has each issuer once", [`${JWT_ISSUERS},${OTHER}=${ISSUER}`, `${JWT_ISSUERS},${JWT_ISSUERS}`]],
  ["JWT_ISSUERS", "each account once", [`${JWT_ISSUERS},${HOME}=${OTHER_ISSUER}`]],
  ["TOKENS", "must be one of any, jwt", ["JWT", "all", "k8s-aws-v1", "any,jwt"]],
  [
    "JWT_KEYS_ENDPOINT",
    "must be a URL that begins with https://",
    ["keys.example.com", "http://keys.example.com", "ftp://127.0.0.1", "https://"],
    { JWT_ISSUERS },
  ],
  ["JWT_KEYS_ENDPOINT", "must be a URL without", ["keys.example.com?a=b", "keys.example.com#a", "u:p@keys.example.com"].map((rest) => `https://${rest}`), { JWT_ISSUERS }],
];

for (const [name, message, values, more] of REFUSED) {
  test(`${name} is refused: ${message}`, () => {
    for (const value of values) {
      assert.throws(
        () => readSettings({ ...REQUIRED, ...more, [name]: value }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "setting_invalid", `${name}=${value}: ${error}`);
          assert.match(error.message, new RegExp(`^${name} [^\\n]+$`));
          const found =
            typeof message === "string"
              ? error.message.includes(message)
              : message.test(error.message);
          return found || assert.fail(error.message);
        },
      );
    }
  });
}

const missing = (name: string): readonly Changes[] => [{ [name]: "" }, { [name]: undefined }];
const MISSING: Readonly<Record<string, readonly Changes[]>> = {
  "CLUSTER_ID is required: the id that tokens are signed for": missing("CLUSTER_ID"),
  "CALLER_AUTH is required: one of bearer, mtls, none": missing("CALLER_AUTH"),
  "AWS_REGION is required: the region that the function runs in, such as eu-west-1":
    missing("AWS_REGION"),
  "JWT_ISSUERS is required: with TOKENS=jwt, every other token is refused": [{ TOKENS: "jwt" }],
  "CALLER_SUBJECTS is required: with mtls, complete subject DNs, or * for any certificate of the truststore":
    [
      ...[{}, { CALLER_SUBJECTS: "" }, { CALLER_SUBJECT: "CN=a" }, { caller_subjects: "CN=a" }].map(
        (subjects) => {
          return { ...MTLS, ...subjects };
        },
      ),
    ],
};
for (const [message, all] of Object.entries(MISSING)) {
  test(message, () => {
    for (const changes of all) {
      assert.throws(() => readSettings({ ...REQUIRED, ...changes }), {
        code: "setting_invalid",
        message,
      });
    }
  });
}
