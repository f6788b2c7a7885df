// Runs the shell steps of the GitHub Actions example, in order and with GitHub's shell.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { parse } from "yaml";
import { ADMIN, type LocalCluster, PREFIX, storedCluster } from "../cli/mappings/cluster.ts";
import { ROOT, runSteps, type Step, writePrograms } from "./workflow-steps.ts";

const workflow = parse(readFileSync(join(ROOT, "examples/github-action/mappings.yml"), "utf8"));
const steps: Step[] = workflow.jobs.check.steps;
const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const SUMMARY = join(folder, "summary.md");
const ADMINS = `mappings:
  - {permissionSet: ClusterAdmin, account: "111122223333", username: "admin:{SessionName}", groups: [system:masters]}
`;
let cluster: LocalCluster;

before(async () => {
  cluster = await storedCluster(ADMIN);
  writePrograms(folder, workflow.env.PACKAGE);
  mkdirSync(join(folder, "mappings"));
});
beforeEach(() => {
  rmSync(SUMMARY, { force: true });
  writeFileSync(join(folder, "mappings", "all.yaml"), ADMINS);
});
after(async () => {
  await cluster.store.close();
  rmSync(folder, { recursive: true });
});

function run(variables: Readonly<Record<string, string>> = {}) {
  const all = { ...workflow.env, ...variables, GITHUB_STEP_SUMMARY: SUMMARY };
  return runSteps(steps, { folder, cwd: folder, variables: all });
}

test("files that match the cluster pass, and files with a change pass and the summary shows the change", async () => {
  assert.equal((await run()).code, 0);
  assert.match(readFileSync(SUMMARY, "utf8"), /^ {4}0 to add, 0 to change, 0 to remove, 1 unchanged\.$/m);
  const change = '  - {arn: "arn:aws:iam::111122223333:role/Ops", username: "ops```", groups: [system:masters]}\n';
  writeFileSync(join(folder, "mappings", "all.yaml"), `${ADMINS}${change}`);
  assert.equal((await run()).failed, undefined);
  const summary = readFileSync(SUMMARY, "utf8");
  assert.match(summary, /^ {4}\+ role\/111122223333\/ops$/m);
  assert.match(summary, /^ {4}! Needs your consent: 1 new administrator\.$/m);
  for (const line of summary.split("\n")) assert.match(line, /^( {4}.*|What the merge changes:)?$/);
  assert.equal(await cluster.value("role/111122223333/ops"), undefined);
});

test("the lint fails for a mistake and prints its file and line", async () => {
  writeFileSync(join(folder, "mappings", "all.yaml"), `${ADMINS}  - {arn: nobody, username: x}\n`);
  const { failed, code, output } = await run();
  assert.deepEqual([failed, code], ["Lint", 1]);
  assert.match(output, /mappings\/all\.yaml, line 3 \(nobody\) +arn must be the ARN/);
});

test("the check fails for valid mappings that leave no identity in system:masters", async () => {
  const role = '{arn: "arn:aws:iam::111122223333:role/Ops", username: ops, groups: [ops]}';
  writeFileSync(join(folder, "mappings", "all.yaml"), `mappings:\n  - ${role}\n`);
  const { failed, code, output } = await run();
  assert.deepEqual([failed, code], ["Lint", 1]);
  assert.match(output, /No mapping gives system:masters: after the merge, nobody could administer the cluster\.\n$/);
});

test("the check fails with the reason if AWS does not respond", async () => {
  const { failed, code, output } = await run({
    AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:1",
    AWS_MAX_ATTEMPTS: "1",
  });
  assert.deepEqual([failed, code], ["Show what the merge changes", 3]);
  assert.match(output, /^No connection to 127\.0\.0\.1 port 1 \(ECONNREFUSED\)\.$/m);
  assert.match(readFileSync(SUMMARY, "utf8"), /^ {4}No connection/m);
});

test("a fork's pull request skips the steps that need AWS credentials", () => {
  const needsAws = steps.filter(({ uses = "", run = "" }) => /aws-credentials/.test(uses) || /mappings diff/.test(run));
  assert.equal(needsAws.length, 2);
  for (const step of needsAws) assert.match(step.if ?? "", /head\.repo\.full_name == github\.repository$/);
  assert.equal(workflow.on.pull_request_target, undefined);
  const checkout = steps.find(({ uses = "" }) => uses.startsWith("actions/checkout@"));
  assert.deepEqual(checkout?.with, { "persist-credentials": false });
  assert.ok(PREFIX.endsWith(`/${workflow.env.CLUSTER_ID}`));
});
