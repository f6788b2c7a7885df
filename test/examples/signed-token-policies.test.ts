// examples/aws-signed-tokens: the policies have the audience and the lifetime that the function
// requires, and keys that exist.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { jwtAudience, MAX_LIFETIME_SECONDS } from "../../functions/authenticator/jwt/parse-jwt.ts";

function statementOf(file: string) {
  const text = readFileSync(
    new URL(`../../examples/aws-signed-tokens/${file}`, import.meta.url),
    "utf8",
  );
  const { Version, Statement } = JSON.parse(text);
  assert.deepEqual([Version, Statement.length], ["2012-10-17", 1]);
  const { Sid: _, ...statement } = Statement[0];
  return statement;
}

const AUDIENCE = { "sts:IdentityTokenAudience": jwtAudience("my-cluster") };
const ON_TOKENS = { Action: "sts:GetWebIdentityToken", Resource: "*" };

test("policy.json allows only tokens that this cluster's function accepts", () => {
  const Condition = {
    "ForAllValues:StringEquals": AUDIENCE,
    // Without it, ForAllValues also holds for a request without the key.
    Null: { "sts:IdentityTokenAudience": "false" },
    NumericLessThanEquals: { "sts:DurationSeconds": String(MAX_LIFETIME_SECONDS) },
  };
  assert.deepEqual(statementOf("policy.json"), { Effect: "Allow", ...ON_TOKENS, Condition });
});

test("scp.json denies them to every principal but the role, with and without a path", () => {
  const arns = ["arn:aws:iam::*:role/Developers", "arn:aws:iam::*:role/*/Developers"];
  const Condition = {
    "ForAnyValue:StringEquals": AUDIENCE,
    ArnNotLike: { "aws:PrincipalArn": arns },
  };
  assert.deepEqual(statementOf("scp.json"), { Effect: "Deny", ...ON_TOKENS, Condition });
});

/**
 * Those of GetWebIdentityToken, and the global ones that the page mentions. A session of a role has
 * no MFA information.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const KEYS = [
  "IdentityTokenAudience",
  "DurationSeconds",
  "SigningAlgorithm",
  "SubjectMode",
  "IdentityTokenScope",
]
  .map((key) => `sts:${key}`)
  .concat("aws:PrincipalArn", "aws:PrincipalOrgID", "aws:SourceIp");

test("each condition key exists", () => {
  for (const file of ["policy.json", "scp.json"]) {
    const { Condition } = statementOf(file);
    const keys = Object.values<object>(Condition).flatMap((operands) => Object.keys(operands));
    assert.ok(keys.length > 1);
    for (const key of keys) assert.ok(KEYS.includes(key), `${file}: ${key}`);
  }
});
