// The report contains the results without accounts, keys, tokens or mail addresses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName, isGood, markdown, masked, type Run, summary } from "./report.ts";
import type { Row, Verdict } from "./rows.ts";

const row = (verdict: Verdict, seen = "seen"): Row => ({
  check: 1,
  name: "deploy",
  expected: "expected",
  seen,
  verdict,
});

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

test("account ids become stable numbers; longer and shorter numbers stay", () => {
  const text = "arn:aws:iam::111122223333:role/a 444455556666 111122223333 1234567890123 20261126";
  assert.equal(masked(text), "arn:aws:iam::account-1:role/a account-2 account-1 1234567890123 20261126");
});

test("keys, tokens and mail addresses are removed", () => {
  const text = "AKIA0123456789ABCDEF k8s-aws-v1.aHR0cHM-_ Authorization: Bearer abc.def bob@example.com";
  assert.equal(masked(text), "(access key) k8s-aws-v1.(token) Authorization: Bearer (token) (mail address)");
});

test("AWS-signed tokens and the account's issuer are removed", () => {
  const text =
    "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws eyJhbGciOiJFUzM4NCJ9.eyJhIjoxfQ.c2ln_-";
  assert.equal(masked(text), "https://(issuer).tokens.sts.global.api.aws (token)");
});

test("the report has one line per row, and cells cannot break the table", () => {
  const text = markdown(RUN, [row("failed", "a | b <c>")]);
  assert.ok(text.includes("| 1 First login | deploy | expected | a \\| b &lt;c> | failed |"), text);
  assert.ok(text.startsWith("# Acceptance, 2026-11-26\n"));
  assert.ok(text.includes("- Time: 2026-11-26T12:00Z, 100 min\n"));
  assert.ok(text.includes("- Result: 1 failed\n"));
});

test("the report states an interruption", () => {
  assert.ok(markdown({ ...RUN, isInterrupted: true }, [row("passed")]).includes("- Result: 1 passed; interrupted\n"));
});

test("a run is good if every row passed or had no input, and never without rows", () => {
  assert.ok(isGood([row("passed"), row("not run")]));
  assert.ok(!isGood([row("passed"), row("failed")]));
  assert.ok(!isGood([row("passed"), row("not served")]));
  assert.ok(!isGood([]));
});

test("the summary counts verdicts", () => {
  const rows = [row("passed"), row("passed"), row("not served"), row("not run")];
  assert.equal(summary(rows), "2 passed, 1 not served, 1 not run");
});

test("the file name contains the day and the region or emulator", () => {
  assert.equal(fileName(RUN), "2026-11-26-eu-west-1.md");
  assert.equal(fileName({ ...RUN, place: "MiniStack 1.5.33" }), "2026-11-26-ministack-1.5.33.md");
});
