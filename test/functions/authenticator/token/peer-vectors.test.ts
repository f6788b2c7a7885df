// The cases that aws-iam-authenticator tests before its call to STS: one invalid value for each rule of the format.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hasTokenPrefix } from "../../../../functions/authenticator/token/token.ts";
import { tokenOf } from "../../../token.ts";
import { type Changes, denial, HOST, NOW, parse, queryWith, SIGNATURE, tokenWith } from "./samples.ts";

test("a token that is too large, of another version or not base64", () => {
  assert.equal(denial(`k8s-aws-v1.${"\0".repeat(4_097)}`).message, "longer than 4096 bytes");
  assert.equal(hasTokenPrefix("k8s-aws-v2.asdfasdfa"), false);
  assert.equal(denial("k8s-aws-v1.decodingerror!").code, "token_malformed");
});

test("a URL that is invalid, of another scheme, or without or with another path", () => {
  const query = queryWith();
  for (const url of [
    ":ab:cd.af:/asda",
    "http://",
    `http://${HOST}/?${query}`,
    "https://google.com",
    `https://${HOST}/abc`,
  ]) {
    assert.equal(denial(tokenOf(url)).code, "token_malformed", url);
  }
  assert.equal(denial(tokenOf(`https://${HOST}/abc?${query}`)).code, "token_malformed");
});

test("the message does not contain an invalid URL or its signature", () => {
  for (const url of [
    `https://[${HOST}/?${queryWith()}`,
    `https://${HOST}:x/?${queryWith()}`,
    `https:/?${queryWith()}`,
  ]) {
    const { message } = denial(tokenOf(url));
    assert.ok(!message.includes(SIGNATURE) && !message.includes("Credential"), message);
  }
});

test("one invalid value for each rule of the query", () => {
  const vectors: readonly (readonly [rule: string, changes: Changes, code: string])[] = [
    ["a parameter that is not allowed", { NoInWhiteList: "abc" }, "token_parameter_refused"],
    ["a name that differs by case only", { action: "GetCallerIdentity" }, "token_parameter_refused"],
    ["another action", { Action: "NotGetCallerIdenity" }, "token_parameter_refused"],
    ["an unsigned cluster id", { "X-Amz-SignedHeaders": "abc;x-k8s-aws-i;def" }, "token_headers_refused"],
    ["an Expires of months", { "X-Amz-Expires": "9999999" }, "token_parameter_refused"],
    ["an Expires that is not a number", { "X-Amz-Expires": "xxxxxxx" }, "token_parameter_refused"],
    ["no Date", { "X-Amz-Date": undefined }, "token_parameter_refused"],
    ["an invalid Date", { "X-Amz-Date": "xxxxxxx" }, "token_parameter_refused"],
  ];
  for (const [rule, changes, code] of vectors) assert.equal(denial(tokenWith(changes)).code, code, rule);
});

test("a parameter with two values", () => {
  const error = denial(tokenOf(`https://${HOST}/?${queryWith()}&Action=post`));
  assert.equal(error.message, "query parameter Action appears more than once");
});

test("a Date of years ago", () => {
  const credential = "AKIALOCALALICEAAAAAA/19900422/us-west-2/sts/aws4_request";
  const error = denial(tokenWith({ "X-Amz-Date": "19900422T010203Z", "X-Amz-Credential": credential }));
  assert.equal(error.code, "token_expired");
});

test("regional hosts on five continents", () => {
  for (const region of ["us-east-2", "ap-northeast-2", "ca-central-1", "eu-west-1", "sa-east-1", "af-south-1"]) {
    const credential = `AKIALOCALALICEAAAAAA/20260102/${region}/sts/aws4_request`;
    const host = `sts.${region}.amazonaws.com`;
    assert.equal(parse(tokenWith({ "X-Amz-Credential": credential }, host)).host, host);
  }
});

test("tokens that aws-iam-authenticator sends to STS are refused without a network call", () => {
  const vectors: readonly (readonly [why: string, changes: Changes])[] = [
    ["no algorithm", { "X-Amz-Algorithm": undefined }],
    ["no version", { Version: undefined }],
    ["no signature", { "X-Amz-Signature": undefined }],
    ["no credential", { "X-Amz-Credential": undefined }],
    [
      "a credential of another service",
      { "X-Amz-Credential": "AKIALOCALALICEAAAAAA/20260102/us-west-2/s3/aws4_request" },
    ],
    ["a credential of another day", { "X-Amz-Credential": "AKIALOCALALICEAAAAAA/20191216/us-west-2/sts/aws4_request" }],
    ["host unsigned", { "X-Amz-SignedHeaders": "x-k8s-aws-id" }],
    ["a signed header that is not sent", { "X-Amz-SignedHeaders": "host;x-amz-security-token;x-k8s-aws-id" }],
  ];
  for (const [why, changes] of vectors) assert.ok(denial(tokenWith(changes)), why);
  denial(tokenWith(), NOW - 3_600_000);
  denial(tokenWith({}, `user:password@${HOST}`));
  denial(`${tokenWith()}I2ZyYWdtZW50`);
});
