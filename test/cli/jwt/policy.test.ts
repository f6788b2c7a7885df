// `jwt policy`: what the policies allow and deny.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";

const AUDIENCE = "iam-authenticator/prod";

async function policy(...words: string[]) {
  const { code, out, err } = await cli(["jwt", "policy", "-c", "prod", ...words]);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

test("the policy allows tokens for this cluster only, of at most 900 seconds", async () => {
  const { Version, Statement } = await policy();
  assert.equal(Version, "2012-10-17");
  assert.deepEqual(Statement, [
    {
      Sid: "SignTokensForTheCluster",
      Effect: "Allow",
      Action: "sts:GetWebIdentityToken",
      Resource: "*",
      Condition: {
        "ForAllValues:StringEquals": { "sts:IdentityTokenAudience": AUDIENCE },
        NumericLessThanEquals: { "sts:DurationSeconds": "900" },
      },
    },
  ]);
});

test("--mfa requires it", async () => {
  const [{ Condition }] = (await policy("--mfa")).Statement;
  assert.deepEqual(Condition.Bool, { "aws:MultiFactorAuthPresent": "true" });
});

test("--scp denies each requirement in a separate statement, also to long-term keys", async () => {
  const { Statement } = await policy(
    "--scp",
    "--mfa",
    "--principal",
    "arn:aws:iam::*:role/A",
    "--principal",
    "arn:aws:iam::*:user/b",
  );
  const audience = { "ForAnyValue:StringEquals": { "sts:IdentityTokenAudience": AUDIENCE } };
  assert.deepEqual(
    Statement.map(({ Effect, Condition }: { Effect: string; Condition: object }) => [Effect, Condition]),
    [
      ["Deny", { ...audience, ArnNotLike: { "aws:PrincipalArn": ["arn:aws:iam::*:role/A", "arn:aws:iam::*:user/b"] } }],
      ["Deny", { ...audience, BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } }],
    ],
  );
});

test("options that would deny everyone or have no effect are refused", async () => {
  for (const [words, message] of [
    [["--scp"], /--scp needs --mfa or --principal/],
    [["--principal", "arn:aws:iam::*:role/A"], /--principal needs --scp/],
    [["--scp", "--principal", "Developers"], /Developers is not the ARN of a role or user/],
    [["--scp", "--principal", "arn:aws:sts::1:assumed-role/A/b"], /is not the ARN of a role or user/],
  ] as const) {
    const { code, out, err } = await cli(["jwt", "policy", "-c", "prod", ...words]);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
  }
});
