// `jwt policy`: what the policies allow and deny.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";
import { exits, refuses } from "../mappings/cluster.ts";

const AUDIENCE = "iam-authenticator/prod";
const ACTION = "sts:GetWebIdentityToken";

async function policy(...words: string[]) {
  const { out } = await exits(cli(["jwt", "policy", "-c", "prod", ...words]), 0, "");
  return JSON.parse(out);
}

test("the policy allows tokens for this cluster only, of at most 900 s, and has no condition on MFA, which AssumeRole lacks", async () => {
  const Condition = {
    "ForAllValues:StringEquals": { "sts:IdentityTokenAudience": AUDIENCE },
    // Without it, ForAllValues also holds for a request without the key.
    Null: { "sts:IdentityTokenAudience": "false" },
    NumericLessThanEquals: { "sts:DurationSeconds": "900" },
  };
  const statement = { Sid: "SignTokensForTheCluster", Effect: "Allow", Action: ACTION, Resource: "*", Condition };
  assert.deepEqual(await policy(), { Version: "2012-10-17", Statement: [statement] });
});

test("--scp denies the tokens to all other principals, and includes roles and users with a path", async () => {
  const own = "arn:aws:iam::111122223333:role/team/C";
  const anywhere = ["role/A", "role/AWSReservedSSO_Admin_*", "user/b"].map((name) => `arn:aws:iam::*:${name}`);
  const principals = [...anywhere, own].flatMap((arn) => ["--principal", arn]);
  const words = ["jwt", "policy", "-c", "prod", "--scp", ...principals];
  const { out } = await exits(cli(words), 0, /does not apply to the organization's management account/);
  const { Statement } = JSON.parse(out);
  const arns = [...anywhere.flatMap((arn) => [arn, arn.replace("/", "/*/")]), own];
  const ofCluster = { "sts:IdentityTokenAudience": AUDIENCE };
  const Condition = { "ForAnyValue:StringEquals": ofCluster, ArnNotLike: { "aws:PrincipalArn": arns } };
  assert.equal(Statement.length, 1);
  const [{ Sid: _, ...statement }] = Statement;
  assert.deepEqual(statement, { Effect: "Deny", Action: ACTION, Resource: "*", Condition });
});

test("options that would deny everyone or have no effect are refused", async () => {
  for (const [words, message] of [
    [["--scp"], /--scp needs --principal/],
    [["--principal", "arn:aws:iam::*:role/A"], /--principal needs --scp/],
    [["--scp", "--principal", "Developers"], /Developers is not the ARN of a role or user/],
    [["--scp", "--principal", "arn:aws:sts::1:assumed-role/A/b"], /is not the ARN of a role or user/],
  ] as const) {
    await refuses(cli(["jwt", "policy", "-c", "prod", ...words]), message);
  }
});
