// `jwt policy`: what the policies allow and deny.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";
import { exits, refuses } from "../mappings/cluster.ts";

const AUDIENCE = "iam-authenticator/prod";
const ACTION = "sts:GetWebIdentityToken";
const policy = (...words: string[]) => cli(["jwt", "policy", "-c", "prod", ...words]);

test("the policy allows tokens for this cluster only, of at most 900 s, and has no condition on MFA, which AssumeRole lacks", async () => {
  const Condition = {
    "ForAllValues:StringEquals": { "sts:IdentityTokenAudience": AUDIENCE },
    // Without it, ForAllValues also holds for a request without the key.
    Null: { "sts:IdentityTokenAudience": "false" },
    NumericLessThanEquals: { "sts:DurationSeconds": "900" },
  };
  const statement = { Sid: "SignTokensForTheCluster", Effect: "Allow", Action: ACTION, Resource: "*", Condition };
  assert.deepEqual(JSON.parse((await exits(policy(), 0, "")).out), { Version: "2012-10-17", Statement: [statement] });
});

test("--scp denies the tokens to all other principals, and includes roles and users with a path", async () => {
  const own = "arn:aws:iam::111122223333:role/team/C";
  const anywhere = ["role/A", "role/AWSReservedSSO_Admin_*", "user/b"].map((name) => `arn:aws:iam::*:${name}`);
  const principals = [...anywhere, own].flatMap((arn) => ["--principal", arn]);
  const { out } = await exits(policy("--scp", ...principals), 0, /does not apply to the organization's management/);
  const arns = [...anywhere.flatMap((arn) => [arn, arn.replace("/", "/*/")]), own];
  const ofCluster = { "sts:IdentityTokenAudience": AUDIENCE };
  const Condition = { "ForAnyValue:StringEquals": ofCluster, ArnNotLike: { "aws:PrincipalArn": arns } };
  const [{ Sid: _, ...statement }, ...others] = JSON.parse(out).Statement;
  assert.deepEqual(others, []);
  assert.deepEqual(statement, { Effect: "Deny", Action: ACTION, Resource: "*", Condition });
});

test("options that would deny everyone or have no effect are refused", async () => {
  for (const [words, message] of [
    [["--scp"], /--scp needs --principal/],
    [["--principal", "arn:aws:iam::*:role/A"], /--principal needs --scp/],
    [["--scp", "--principal", "Developers"], /Developers is not the ARN of a role or user/],
    [["--scp", "--principal", "arn:aws:sts::1:assumed-role/A/b"], /is not the ARN of a role or user/],
  ] as const) {
    await refuses(policy(...words), message);
  }
});
