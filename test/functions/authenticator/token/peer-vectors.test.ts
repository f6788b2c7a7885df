// The cases that aws-iam-authenticator tests before its call to STS, and tokens that it sends there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenOf } from "../../../token.ts";
import { type Changes, credential, denial, HOST, NOW, parse, queryWith, SIGNATURE, tokenWith } from "./samples.ts";

const MALFORMED = "token_malformed";
const PARAMETER = "token_parameter_refused";
const HEADERS = "token_headers_refused";
const changed = (name: string, value?: string) => tokenWith({ [name]: value });

const VECTORS: readonly (readonly [rule: string, token: string, code: string])[] = [
  ["too large", `k8s-aws-v1.${"\0".repeat(4_097)}`, MALFORMED],
  ["another version", "k8s-aws-v2.asdfasdfa", MALFORMED],
  ["not base64", "k8s-aws-v1.decodingerror!", MALFORMED],
  ["an invalid URL", tokenOf(":ab:cd.af:/asda"), MALFORMED],
  ["another scheme", tokenOf(`http://${HOST}/?${queryWith()}`), MALFORMED],
  ["no path", tokenOf("https://google.com"), MALFORMED],
  ["another path", tokenOf(`https://${HOST}/abc?${queryWith()}`), MALFORMED],
  ["a parameter that is not allowed", changed("NoInWhiteList", "abc"), PARAMETER],
  ["a name that differs by case only", changed("action", "GetCallerIdentity"), PARAMETER],
  ["a name that appears twice", tokenOf(`https://${HOST}/?${queryWith()}&Action=post`), PARAMETER],
  ["another action", changed("Action", "NotGetCallerIdenity"), PARAMETER],
  ["an unsigned cluster id", changed("X-Amz-SignedHeaders", "abc;x-k8s-aws-i;def"), HEADERS],
  ["an Expires of months", changed("X-Amz-Expires", "9999999"), PARAMETER],
  ["an Expires that is not a number", changed("X-Amz-Expires", "xxxxxxx"), PARAMETER],
  ["no Date", changed("X-Amz-Date"), PARAMETER],
  ["an invalid Date", changed("X-Amz-Date", "xxxxxxx"), PARAMETER],
  [
    "a Date of years ago",
    tokenWith({ "X-Amz-Date": "19900422T010203Z", ...credential("us-west-2", "19900422") }),
    "token_expired",
  ],
  // The peer sends these to STS.
  ["no algorithm", changed("X-Amz-Algorithm"), PARAMETER],
  ["no version", changed("Version"), PARAMETER],
  ["no signature", changed("X-Amz-Signature"), PARAMETER],
  ["no credential", changed("X-Amz-Credential"), PARAMETER],
  ["a credential of another service", changed("X-Amz-Credential", "A/20260102/us-west-2/s3/aws4_request"), PARAMETER],
  ["a credential of another day", tokenWith(credential("us-west-2", "20191216")), PARAMETER],
  ["host unsigned", changed("X-Amz-SignedHeaders", "x-k8s-aws-id"), HEADERS],
  [
    "a signed header that is not sent",
    changed("X-Amz-SignedHeaders", "host;x-amz-security-token;x-k8s-aws-id"),
    HEADERS,
  ],
  ["userinfo", tokenWith({}, `user:password@${HOST}`), "token_host_refused"],
  ["a fragment", `${tokenWith()}I2ZyYWdtZW50`, MALFORMED],
];

for (const [rule, token, code] of VECTORS) {
  test(`a token with this mistake is refused: ${rule}`, () => assert.equal(denial(token).code, code));
}

test("a date in the future is refused", () => {
  assert.equal(denial(tokenWith(), NOW - 3_600_000).code, "token_not_yet_valid");
});

test("the message does not contain an invalid URL or its signature", () => {
  for (const start of [`https://[${HOST}/`, `https://${HOST}:x/`, "https:/"]) {
    const { message } = denial(tokenOf(`${start}?${queryWith()}`));
    assert.ok(!message.includes(SIGNATURE) && !message.includes("Credential"), message);
  }
});

test("regional hosts on five continents", () => {
  for (const region of ["us-east-2", "ap-northeast-2", "ca-central-1", "eu-west-1", "sa-east-1", "af-south-1"]) {
    const changes: Changes = credential(region);
    assert.equal(parse(tokenWith(changes, `sts.${region}.amazonaws.com`)).host, `sts.${region}.amazonaws.com`);
  }
});
