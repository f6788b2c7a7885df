// The report contains the results without accounts, keys, tokens or mail addresses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName, isGood, markdown, masked, type Run, summary } from "./report.ts";
import type { Row, Verdict } from "./rows.ts";
import { SAMPLE_RUN } from "./sample-run.ts";

const row = (verdict: Verdict, seen = "seen"): Row => {
  return { check: 1, name: "deploy", expected: "expected", seen, verdict };
};

const RUN: Run = {
  ...SAMPLE_RUN,
  programs: ["aws-cli/2.31.0"],
  titles: { 1: "First login" },
};

test("account ids become stable numbers, and secrets are removed", () => {
  const url = "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws";
  for (const [text, expected] of [
    ["role/111122223333/a 444455556666 111122223333", "role/account-1/a account-2 account-1"],
    [
      "arn:aws:iam::111122223333:role/acceptance-0123abcd",
      "arn:aws:iam::account-1:role/acceptance-0123abcd",
    ],
    ["arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::account-1:(name)"],
    ["1234567890123 20261126", "1234567890123 20261126"],
    [
      "AKIA0123456789ABCDEF k8s-aws-v1.aHR0cHM-_ bob@example.com",
      "(access key) k8s-aws-v1.(token) (mail address)",
    ],
    [
      "Authorization: Bearer abc.def eyJhbGciOiJF.eyJhIjoxfQ.c2ln_-",
      "Authorization: Bearer (token) (token)",
    ],
    [url, "https://(issuer).tokens.sts.global.api.aws"],
  ] as const) {
    assert.equal(masked(text), expected);
  }
});

/** Of the person who runs it, and of the account. */
const PERSONAL = [
  "111122223333",
  "jane.doe",
  "Admin",
  "EXAMPLE123456789",
  "example.com",
  "k8s-aws-v1.aHR0",
];
const SESSION_ARN = "arn:aws:sts::111122223333:assumed-role/Admin/jane.doe@example.com";
const SSO_ARN =
  "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jane.doe";
const ROLE_ARN = "arn:aws:iam::111122223333:role/Admin";
const USER_ID = "AROAEXAMPLE123456789:jane.doe@example.com";

/**
 * Sentences with values of the operator that rows can quote: AWS's of "Troubleshoot access denied
 * error messages"
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html), of STS,
 * Lambda, CloudFormation and the CDK CLI, and this project's own, which name the identity of a
 * token.
 */
const SENTENCES = [
  `User: ${SESSION_ARN} is not authorized to perform: iam:CreateUser on resource: ${ROLE_ARN} because no identity-based policy allows the iam:CreateUser action`,
  `User: ${SSO_ARN} is not authorized to perform: sts:AssumeRole on resource: ${ROLE_ARN} with an explicit deny in a service control policy`,
  `User: ${SESSION_ARN} is not authorized to perform: ssm:GetParameters because no session policy allows the ssm:GetParameters action`,
  `User: ${USER_ID} is not authorized to perform: lambda:InvokeFunction with an explicit deny in a VPC endpoint policy`,
  `The role defined for the function cannot be assumed by Lambda: ${ROLE_ARN}`,
  `Need to perform AWS calls for account 111122223333, but the current credentials are for ${SESSION_ARN}`,
  `current credentials could not be used to assume '${ROLE_ARN}', but are for the right account. Proceeding anyway.`,
  `Could not assume role in target account using current credentials (which are for account 111122223333) User: ${SSO_ARN} is not authorized`,
  `Resource handler returned message: "User: ${SESSION_ARN} is not authorized (Service: Lambda, Status Code: 403)" (RequestToken: 1)`,
  "The security token included in the request is invalid: ASIAEXAMPLE123456789",
  `identity_unmapped: no mapping for ${ROLE_ARN}; tried /iam-authenticator/acceptance-0123abcd/role/111122223333/x`,
  `caller_refused: ${ROLE_ARN} (AROAEXAMPLE123456789) is not in the list of callers`,
  `mapping_mismatch: its principalId is AIDAEXAMPLE123456789, but this role has ${USER_ID}`,
  `identity_impossible: ${SESSION_ARN} and its UserId do not match a known kind of identity`,
  "exit code 1: no token for jane.doe@example.com: Bearer k8s-aws-v1.aHR0cHM6Ly9zdHM",
];

test("no quoted error tells who ran it, or names the account's resources", () => {
  for (const sentence of SENTENCES) {
    const text = masked(sentence);
    for (const value of PERSONAL) assert.ok(!text.includes(value), text);
  }
});

test("the report has one line per row, and states an interruption", () => {
  const text = markdown({ ...RUN, isInterrupted: true }, [row("failed", "a | b <c>")]);
  assert.ok(text.startsWith("# Acceptance, 2026-11-26\n"));
  for (const line of [
    "- Time: 2026-11-26T12:00Z, 100 min",
    "- Result: 1 failed; interrupted",
    "| 1 First login | deploy | expected | a \\| b &lt;c> | failed |",
  ]) {
    assert.ok(text.split("\n").includes(line), text);
  }
});

test("measured values are a second table, with their median and extremes", () => {
  const measured = { unit: "ms", values: [7, 3, 100] };
  const text = markdown(RUN, [{ ...row("passed"), name: "init", measured }, row("passed")]);
  const [, table] = text.split("\n## Measurements\n\n");
  assert.equal(
    table,
    "| measurement | unit | median | least | most | values |\n| --- | --- | --: | --: | --: | --: |\n| init | ms | 7 | 3 | 100 | 3 |\n",
  );
  assert.ok(!markdown(RUN, [row("passed")]).includes("## Measurements"));
});

test("a run is good if every row passed or had no input", () => {
  for (const [verdicts, good, counts] of [
    [["passed", "passed", "not run"], true, "2 passed, 1 not run"],
    [["passed", "failed"], false, "1 passed, 1 failed"],
    [["passed", "not served"], false, "1 passed, 1 not served"],
    [[], false, ""],
  ] as const) {
    const rows = verdicts.map((verdict) => row(verdict));
    assert.deepEqual([isGood(rows), summary(rows)], [good, counts]);
  }
});

test("the file name contains the day and the region or emulator, and names a short run", () => {
  assert.equal(fileName({ ...RUN, isShort: true }), "2026-11-26-eu-west-1-short.md");
  assert.equal(fileName(RUN), "2026-11-26-eu-west-1.md");
  assert.equal(fileName({ ...RUN, place: "MiniStack 1.5.33" }), "2026-11-26-ministack-1.5.33.md");
});
