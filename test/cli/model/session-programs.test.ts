// Session names that programs give, and names that people have.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionProgram } from "../../../cli/model/session-programs.ts";

test("a constant of a program, in any case, is no person's name", () => {
  for (const name of ["EKSGetTokenAuth", "eksgettokenauth", "iam-authenticator", "GitHubActions"]) {
    assert.equal(sessionProgram(name)?.isConstant, true, name);
  }
});

test("a name that an SDK generates, and an instance's id, is no person's name", () => {
  for (const [name, program] of [
    ["botocore-session-1791092141", "the AWS CLI or boto3"],
    ["AWS-CLI-session-1523566057", "the AWS CLI or boto3"],
    ["aws-go-sdk-1613362867488000000", "the AWS SDK for Go"],
    ["1613362867488000000", "the AWS SDK for Go"],
    ["aws-sdk-js-1613362867488", "the AWS SDK for JavaScript"],
    ["aws-sdk-js-session-1613362867488", "the AWS SDK for JavaScript"],
    ["aws-sdk-java-1613362867488", "the AWS SDK for Java"],
    ["aws-sdk-php-1613362867488", "the AWS SDK for PHP"],
    ["aws-dotnet-sdk-session-636238288466144357", "the AWS SDK for .NET"],
    ["assume-role-from-profile-1632246085998", "the AWS SDK for Rust"],
    ["web-identity-token-profile-1632246085998", "the AWS SDK for Rust"],
    ["i-0123456789abcdef0", "a machine's instance profile"],
    ["i-0123abcd", "a machine's instance profile"],
    ["mi-0123456789abcdef0", "a machine's instance profile"],
  ] as const) {
    assert.deepEqual(sessionProgram(name), { program, isConstant: false }, name);
  }
});

test("a name that a person may have is not a program's", () => {
  const people = [
    "alice",
    "jane@example.com",
    "iam-authenticator-admin",
    "botocore",
    "i-robot",
    "1234567890",
    "EKSGetTokenAuth2",
  ];
  for (const name of people) assert.equal(sessionProgram(name), undefined, name);
});
