// `jwt policy`: what the policies allow and deny.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";
import { exits, refuses } from "../mappings/cluster.ts";

const AUDIENCE = "iam-authenticator/prod";
const ACTION = "sts:GetWebIdentityToken";

async function policy(...words: string[]) {
  const { out } = await exits(cli(["jwt", "policy", "-c", "prod", ...words]), 0);
  return JSON.parse(out);
}

test("the policy allows tokens for this cluster only, of at most 900 seconds", async () => {
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
  const { Statement } = await policy("--scp", ...principals);
  const arns = [...anywhere.flatMap((arn) => [arn, arn.replace("/", "/*/")]), own];
  const ofCluster = { "sts:IdentityTokenAudience": AUDIENCE };
  const Condition = { "ForAnyValue:StringEquals": ofCluster, ArnNotLike: { "aws:PrincipalArn": arns } };
  assert.equal(Statement.length, 1);
  assert.partialDeepStrictEqual(Statement, [{ Effect: "Deny", Action: ACTION, Resource: "*", Condition }]);
});

test("--scp reports that it does not apply to the management account, and the other policy reports nothing", async () => {
  const scp = await cli(["jwt", "policy", "-c", "prod", "--scp", "--principal", "arn:aws:iam::*:role/A"]);
  assert.match(scp.err, /does not apply to the organization's management account/);
  assert.equal((await cli(["jwt", "policy", "-c", "prod"])).err, "");
});

test("no policy has a condition on MFA: sessions of AssumeRole do not have that condition key", async () => {
  await exits(cli(["jwt", "policy", "-c", "prod", "--mfa"]), 2, /unknown option '--mfa'/);
  for (const words of [[], ["--scp", "--principal", "arn:aws:iam::*:role/A"]]) {
    assert.doesNotMatch(JSON.stringify(await policy(...words)), /MultiFactor/);
  }
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
