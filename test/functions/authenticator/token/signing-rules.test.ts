// Each value of the query, with valid and invalid values at every limit.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  credential,
  denial,
  EXTRA_HOST,
  PARAMETERS,
  parse,
  SIGNATURE,
  tokenWith,
} from "./samples.ts";

const PARAMETER = "token_parameter_refused";
const HEADERS = "token_headers_refused";
const KEY = "AKIALOCALALICEAAAAAA";
const ofKey = (key: string) => `${key}/20260102/us-west-2/sts/aws4_request`;
const UNSIGNED =
  "the header x-k8s-aws-id is not signed: the client must sign host and x-k8s-aws-id, whose value is the cluster's id";
const foreign = (header: string) =>
  `signed header${header} cannot be reproduced; sign host and x-k8s-aws-id only`;
const scoped = (end: string) => `${KEY}/20260102/us-west-2/${end}`;

type Rule = readonly [
  title: string,
  name: keyof typeof PARAMETERS,
  message: string,
  refused: readonly string[],
  accepted?: readonly string[],
  code?: string,
];
// biome-ignore format: a table
const RULES: readonly Rule[] = [
  ["Action is GetCallerIdentity", "Action", "Action must be GetCallerIdentity", ["getcalleridentity", "GetCallerIdentity ", "AssumeRole", "GetSessionToken", "GetCallerIdentityX"]],
  ["Version is 2011-06-15", "Version", "Version must be 2011-06-15", ["2011-06-16", "2011-6-15", "20110615"]],
  ["Algorithm is AWS4-HMAC-SHA256", "X-Amz-Algorithm", "X-Amz-Algorithm must be AWS4-HMAC-SHA256", ["AWS4-HMAC-SHA1", "aws4-hmac-sha256", "AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256-PAYLOAD"]],
  [
    "Credential is <access key id>/<yyyymmdd>/<region>/sts/aws4_request, with a key of 16 to 128 word characters",
    "X-Amz-Credential",
    "X-Amz-Credential must be <access key id>/<yyyymmdd>/<region>/sts/aws4_request",
    [
      ...[KEY, scoped("sts"), `${ofKey(KEY)}/`, `/${PARAMETERS.Action}`, ` ${ofKey(KEY)}`, `${ofKey(KEY)} `],
      ...["s3/aws4_request", "STS/aws4_request", "sts/AWS4_request", "sts/aws5_request"].map(scoped),
      ...["", "US-WEST-2", "us_west_2", "a".repeat(65)].map((region) => `${KEY}/20260102/${region}/sts/aws4_request`),
      ...["", "2026010", "020260102", "2026-01-02"].map((day) => `${KEY}/${day}/us-west-2/sts/aws4_request`),
      ...["", "A".repeat(15), "A".repeat(129), "AKIA LOCAL ALICE AAA", `${KEY}/${KEY}`].map(ofKey),
    ],
    [ofKey("A".repeat(16)), ofKey("A".repeat(128))],
  ],
  [
    "the day of Credential is the day of Date",
    "X-Amz-Credential",
    "X-Amz-Credential and X-Amz-Date have different days",
    ["20260101", "20260103", "20250102"].map((day) => `${KEY}/${day}/us-west-2/sts/aws4_request`),
  ],
  [
    "Expires is a decimal integer from 0 to 900 without sign and leading zero",
    "X-Amz-Expires",
    "X-Amz-Expires must be an integer from 0 to 900",
    [
      ...["901", "999", "1000", "86400", "-1", "-0", "+1", "00", "060", "0900", "1.0", "6e1", "0x10", "1_0"],
      ...[" 60", "60 ", "sixty", "NaN", "Infinity", "9".repeat(400), "0b1", "60;"],
    ],
    ["0", "1", "9", "60", "899", "900"],
  ],
  [
    "SignedHeaders are host;x-k8s-aws-id in any case, and are sent as they were signed",
    "X-Amz-SignedHeaders",
    "X-Amz-SignedHeaders must be host;x-k8s-aws-id",
    ["x-k8s-aws-id", "x-k8s-aws-id;host", "host;host;x-k8s-aws-id", "host;x-k8s-aws-id;x-k8s-aws-id"],
    ["host;x-k8s-aws-id", "Host;X-K8s-Aws-Id", "HOST;X-K8S-AWS-ID"],
    HEADERS,
  ],
  ["an empty signed header has no name", "X-Amz-SignedHeaders", foreign(""), ["host;x-k8s-aws-id;"], [], HEADERS],
  [
    "Signature is 64 lower-case hex digits",
    "X-Amz-Signature",
    "X-Amz-Signature must be 64 lower-case hex digits",
    ["0".repeat(63), "0".repeat(65), SIGNATURE.toUpperCase(), `${SIGNATURE.slice(1)}g`, `${SIGNATURE} `, "0x"],
    [SIGNATURE, "0".repeat(64), "f".repeat(64)],
  ],
];

for (const [title, name, message, refused, accepted = [], code = PARAMETER] of RULES) {
  test(title, () => {
    for (const value of accepted) {
      const { target } = parse(tokenWith({ [name]: value }));
      assert.ok(target.includes(`${name}=${encodeURIComponent(value)}`), target);
    }
    for (const value of refused) {
      const error = denial(tokenWith({ [name]: value }));
      assert.deepEqual([error.code, error.message], [code, message], value);
    }
  });
}

test("another signed header cannot be reproduced, so it is refused and named", () => {
  for (const header of ["x-amz-security-token", "Accept", "user-agent", "X-Amz-Content-Sha256"]) {
    const error = denial(tokenWith({ "X-Amz-SignedHeaders": `host;${header};x-k8s-aws-id` }));
    assert.deepEqual([error.code, error.message], [HEADERS, foreign(` "${header.toLowerCase()}"`)]);
  }
});

test("an unsigned cluster header is reported before any other error", () => {
  for (const signed of [
    "host",
    "host;accept",
    ";",
    "host;",
    "host,x-k8s-aws-id",
    "host; x-k8s-aws-id",
  ]) {
    for (const more of [
      {},
      { "X-Amz-Expires": undefined },
      { "X-Amz-Date": "20200101T000000Z" },
      { Action: "x" },
    ]) {
      const error = denial(tokenWith({ "X-Amz-SignedHeaders": signed, ...more }));
      assert.deepEqual([error.code, error.message], [HEADERS, UNSIGNED], signed);
    }
  }
});

test("the region of Credential is the host's", () => {
  for (const [region, host] of [
    ["us-east-1", "sts.amazonaws.com"],
    ...["us-west-2", "us-east-1", "eu-central-2"].map((region) => [region, EXTRA_HOST] as const),
  ] as const) {
    assert.equal(parse(tokenWith(credential(region), host)).host, host);
  }
  for (const [region, host, message] of [
    [
      "us-west-2",
      "sts.amazonaws.com",
      'signed for region "us-west-2", but the host serves us-east-1',
    ],
    [
      "us-east-1",
      "sts.us-west-2.amazonaws.com",
      'signed for region "us-east-1", but the host serves us-west-2',
    ],
    [
      "aws-global",
      "sts.amazonaws.com",
      'signed for region "aws-global", but the host serves us-east-1',
    ],
    ["a".repeat(64), "sts.us-west-2.api.aws", "signed for region, but the host serves us-west-2"],
    ...["us-gov-west-1", "cn-north-1", "us-west-9", "not-a-region", "-"].map(
      (region) => [region, EXTRA_HOST, `region "${region}" is not accepted here`] as const,
    ),
  ] as const) {
    const error = denial(tokenWith(credential(region), host));
    assert.deepEqual([error.code, error.message], ["token_region_refused", message]);
  }
});
