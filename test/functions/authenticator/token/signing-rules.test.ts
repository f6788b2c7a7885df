// Each value of the query, with valid and invalid values at every limit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertRefused, denial, EXTRA_HOST, PARAMETERS, parse, SIGNATURE, tokenWith } from "./samples.ts";

const PARAMETER = "token_parameter_refused";
const HEADERS = "token_headers_refused";

function assertAccepted(name: string, values: readonly string[]): void {
  for (const value of values) {
    const { target } = parse(tokenWith({ [name]: value }));
    assert.ok(target.includes(`${name}=${encodeURIComponent(value)}`), target);
  }
}

test("Action, Version and Algorithm are GetCallerIdentity, 2011-06-15 and AWS4-HMAC-SHA256", () => {
  const actions = ["getcalleridentity", "GetCallerIdentity ", "AssumeRole", "GetSessionToken", "GetCallerIdentityX"];
  assertRefused("Action", actions, PARAMETER, /^Action must be GetCallerIdentity$/);
  assertRefused("Version", ["2011-06-16", "2011-6-15", "20110615"], PARAMETER, /^Version must be 2011-06-15$/);
  const algorithms = ["AWS4-HMAC-SHA1", "aws4-hmac-sha256", "AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256-PAYLOAD"];
  assertRefused("X-Amz-Algorithm", algorithms, PARAMETER, /^X-Amz-Algorithm must be AWS4-HMAC-SHA256$/);
});

test("Credential is <access key id>/<yyyymmdd>/<region>/sts/aws4_request", () => {
  const key = "AKIALOCALALICEAAAAAA";
  const bad = [
    ...[key, `${key}/20260102/us-west-2/sts`, `${key}/20260102/us-west-2/sts/aws4_request/`, `/${PARAMETERS.Action}`],
    ...[`${key}/20260102/us-west-2/s3/aws4_request`, `${key}/20260102/us-west-2/STS/aws4_request`],
    ...[`${key}/20260102/us-west-2/sts/AWS4_request`, `${key}/20260102/us-west-2/sts/aws5_request`],
    ...[`/20260102/us-west-2/sts/aws4_request`, `${key}//us-west-2/sts/aws4_request`],
    ...[`${key}/20260102//sts/aws4_request`, `${key}/2026010/us-west-2/sts/aws4_request`],
    ...[`${key}/020260102/us-west-2/sts/aws4_request`, `${key}/2026-01-02/us-west-2/sts/aws4_request`],
    ...[`${key}/20260102/US-WEST-2/sts/aws4_request`, `${key}/20260102/us_west_2/sts/aws4_request`],
    `${key}/20260102/${"a".repeat(65)}/sts/aws4_request`,
    ...[` ${key}/20260102/us-west-2/sts/aws4_request`, `${key}/20260102/us-west-2/sts/aws4_request `],
    ...[
      `AKIA LOCAL ALICE AAA/20260102/us-west-2/sts/aws4_request`,
      `${key}/${key}/20260102/us-west-2/sts/aws4_request`,
    ],
  ];
  assertRefused("X-Amz-Credential", bad, PARAMETER, /^X-Amz-Credential must be <access key id>\/<yyyymmdd>/);
});

test("an access key id has 16 to 128 word characters", () => {
  const credential = (length: number): string => `${"A".repeat(length)}/20260102/us-west-2/sts/aws4_request`;
  assertAccepted("X-Amz-Credential", [credential(16), credential(128)]);
  assertRefused("X-Amz-Credential", [credential(15), credential(129)], PARAMETER, /^X-Amz-Credential must be/);
  const { accessKeyId } = parse(tokenWith({ "X-Amz-Credential": credential(16) }));
  assert.equal(accessKeyId, "A".repeat(16));
});

test("the day of Credential is the day of Date", () => {
  const other = ["20260101", "20260103", "20250102"].map(
    (day) => `AKIALOCALALICEAAAAAA/${day}/us-west-2/sts/aws4_request`,
  );
  assertRefused("X-Amz-Credential", other, PARAMETER, /^X-Amz-Credential and X-Amz-Date have different days$/);
});

test("the region of Credential is the host's, and us-east-1 for the global host", () => {
  const credential = (region: string) => ({
    "X-Amz-Credential": `AKIALOCALALICEAAAAAA/20260102/${region}/sts/aws4_request`,
  });
  assert.equal(parse(tokenWith(credential("us-east-1"), "sts.amazonaws.com")).host, "sts.amazonaws.com");
  for (const [region, host, message] of [
    ["us-west-2", "sts.amazonaws.com", 'signed for region "us-west-2", but the host serves us-east-1'],
    ["us-east-1", "sts.us-west-2.amazonaws.com", 'signed for region "us-east-1", but the host serves us-west-2'],
    ["aws-global", "sts.amazonaws.com", 'signed for region "aws-global", but the host serves us-east-1'],
    ["a".repeat(64), "sts.us-west-2.api.aws", "signed for region, but the host serves us-west-2"],
  ] as const) {
    const error = denial(tokenWith(credential(region), host));
    assert.deepEqual([error.code, error.message], ["token_region_refused", message]);
  }
});

test("a host of STS_EXTRA_HOSTS uses the region of the credential, which must be accepted", () => {
  for (const region of ["us-west-2", "us-east-1", "eu-central-2"]) {
    const credential = `AKIALOCALALICEAAAAAA/20260102/${region}/sts/aws4_request`;
    assert.equal(parse(tokenWith({ "X-Amz-Credential": credential }, EXTRA_HOST)).host, EXTRA_HOST);
  }
  for (const region of ["us-gov-west-1", "cn-north-1", "us-west-9", "not-a-region", "-"]) {
    const credential = `AKIALOCALALICEAAAAAA/20260102/${region}/sts/aws4_request`;
    const error = denial(tokenWith({ "X-Amz-Credential": credential }, EXTRA_HOST));
    assert.deepEqual([error.code, error.message], ["token_region_refused", `region "${region}" is not accepted here`]);
  }
});

test("Expires is a decimal integer from 0 to 900 without sign and leading zero", () => {
  assertAccepted("X-Amz-Expires", ["0", "1", "9", "60", "899", "900"]);
  const bad = ["901", "999", "1000", "86400", "-1", "-0", "+1", "00", "060", "0900", "1.0", "6e1", "0x10", "1_0"];
  const notNumbers = [" 60", "60 ", "sixty", "NaN", "Infinity", "9".repeat(400), "0b1", "60;"];
  assertRefused(
    "X-Amz-Expires",
    [...bad, ...notNumbers],
    PARAMETER,
    /^X-Amz-Expires must be an integer from 0 to 900$/,
  );
});

test("the token is valid for 15 minutes from its Date, whatever Expires is", () => {
  for (const expires of ["0", "60", "900"]) {
    const { expiresAt } = parse(tokenWith({ "X-Amz-Expires": expires }));
    assert.equal(expiresAt, Date.UTC(2026, 0, 2, 3, 19, 5));
  }
});

test("SignedHeaders are host;x-k8s-aws-id in any case, and are sent as they were signed", () => {
  assertAccepted("X-Amz-SignedHeaders", ["host;x-k8s-aws-id", "Host;X-K8s-Aws-Id", "HOST;X-K8S-AWS-ID"]);
  const bad = ["x-k8s-aws-id", "x-k8s-aws-id;host", "host;host;x-k8s-aws-id", "host;x-k8s-aws-id;x-k8s-aws-id"];
  assertRefused("X-Amz-SignedHeaders", bad, HEADERS, /^X-Amz-SignedHeaders must be host;x-k8s-aws-id$/);
});

test("another signed header cannot be reproduced, so it is refused and named", () => {
  for (const header of ["x-amz-security-token", "Accept", "user-agent", "X-Amz-Content-Sha256"]) {
    const error = denial(tokenWith({ "X-Amz-SignedHeaders": `host;${header};x-k8s-aws-id` }));
    assert.equal(error.code, HEADERS);
    assert.match(error.message, new RegExp(`^signed header "${header.toLowerCase()}" cannot be reproduced; sign host`));
  }
  const error = denial(tokenWith({ "X-Amz-SignedHeaders": "host;x-k8s-aws-id;" }));
  assert.match(error.message, /^signed header cannot be reproduced/);
});

test("an unsigned cluster header is reported before any other error", () => {
  for (const signed of ["host", "host;accept", ";", "host;", "host,x-k8s-aws-id", "host; x-k8s-aws-id"]) {
    for (const more of [{}, { "X-Amz-Expires": undefined }, { "X-Amz-Date": "20200101T000000Z" }, { Action: "x" }]) {
      const error = denial(tokenWith({ "X-Amz-SignedHeaders": signed, ...more }));
      assert.equal(error.code, HEADERS);
      assert.match(error.message, /^the header x-k8s-aws-id is not signed: the client must sign host and/, signed);
    }
  }
});

test("Signature is 64 lower-case hex digits", () => {
  assertAccepted("X-Amz-Signature", [SIGNATURE, "0".repeat(64), "f".repeat(64)]);
  const bad = [
    "0".repeat(63),
    "0".repeat(65),
    SIGNATURE.toUpperCase(),
    `${SIGNATURE.slice(1)}g`,
    `${SIGNATURE} `,
    "0x",
  ];
  assertRefused("X-Amz-Signature", bad, PARAMETER, /^X-Amz-Signature must be 64 lower-case hex digits$/);
});
