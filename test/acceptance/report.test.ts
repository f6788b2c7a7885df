// The report contains the results without accounts, keys, tokens or mail addresses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName, isGood, markdown, masked, type Run, summary } from "./report.ts";
import type { Row, Verdict } from "./rows.ts";

const row = (verdict: Verdict, seen = "seen"): Row => {
  return { check: 1, name: "deploy", expected: "expected", seen, verdict };
};

const RUN: Run = {
  place: "AWS",
  region: "eu-west-1",
  clusterId: "acceptance-0123abcd",
  start: Date.UTC(2026, 10, 26, 12),
  end: Date.UTC(2026, 10, 26, 13, 40),
  commit: "0123abc",
  programs: ["aws-cli/2.31.0"],
  isInterrupted: false,
  titles: { 1: "First login" },
};

test("account ids become stable numbers; keys, tokens, mail addresses and the account's issuer are removed", () => {
  const url = "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws";
  for (const [text, expected] of [
    ["arn:aws:iam::111122223333:role/a 444455556666 111122223333", "arn:aws:iam::account-1:role/a account-2 account-1"],
    ["1234567890123 20261126", "1234567890123 20261126"],
    ["AKIA0123456789ABCDEF k8s-aws-v1.aHR0cHM-_ bob@example.com", "(access key) k8s-aws-v1.(token) (mail address)"],
    ["Authorization: Bearer abc.def eyJhbGciOiJF.eyJhIjoxfQ.c2ln_-", "Authorization: Bearer (token) (token)"],
    [url, "https://(issuer).tokens.sts.global.api.aws"],
  ] as const) {
    assert.equal(masked(text), expected);
  }
});

test("the report has one line per row, cells cannot break the table, and it states an interruption", () => {
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

test("a run is good if every row passed or had no input, and never without rows; the summary counts verdicts", () => {
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

test("the file name contains the day and the region or emulator", () => {
  assert.equal(fileName(RUN), "2026-11-26-eu-west-1.md");
  assert.equal(fileName({ ...RUN, place: "MiniStack 1.5.33" }), "2026-11-26-ministack-1.5.33.md");
});
