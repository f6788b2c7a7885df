// Runs the shell steps of examples/scheduled-export in a git repository, against a local Parameter Store.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { ADMIN, type LocalCluster, PREFIX, storedCluster } from "../cli/mappings/cluster.ts";
import { ROOT, runSteps, type Step, writePrograms } from "./workflow-steps.ts";

const workflow = parse(readFileSync(join(ROOT, "examples/scheduled-export/export.yml"), "utf8"));
const steps: Step[] = workflow.jobs.export.steps;
const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const [work, remote] = [join(folder, "work"), join(folder, "remote.git")];
const git = (...words: string[]) => execFileSync("git", words, { cwd: work, encoding: "utf8" }).trim();
let cluster: LocalCluster;

before(async () => {
  cluster = await storedCluster(ADMIN);
  mkdirSync(work);
  writePrograms(folder, workflow.env.PACKAGE);
  execFileSync("git", ["init", "--quiet", "--bare", "-b", "main", remote]);
  git("init", "--quiet", "-b", "main");
  git("-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "--quiet", "--allow-empty", "-m", "Start");
  git("remote", "add", "origin", remote);
  git("push", "--quiet", "-u", "origin", "main");
});
after(async () => {
  await cluster.store.close();
  rmSync(folder, { recursive: true });
});

const run = (variables: Readonly<Record<string, string>> = {}) =>
  runSteps(steps, { folder, cwd: work, variables: { ...workflow.env, AWS_REGION: "us-east-1", ...variables } });
const pushed = () =>
  execFileSync("git", ["log", "--format=%s", "main"], { cwd: remote, encoding: "utf8" }).trim().split("\n");

test("a change is committed and pushed once, and a deleted mapping can be applied from the earlier commit", async () => {
  assert.deepEqual(await run(), { code: 0, output: "" });
  assert.deepEqual(await run(), { code: 0, output: "No change.\n" });
  assert.deepEqual(pushed(), ["Mappings of prod", "Start"]);
  const role = { arn: "arn:aws:iam::111122223333:role/Ops", username: "ops" };
  cluster.store.put(`${PREFIX}/role/111122223333/ops`, JSON.stringify(role));
  await run();
  cluster.store.remove(`${PREFIX}/role/111122223333/ops`);
  await run();
  assert.equal(pushed().length, 4);
  assert.equal(parse(readFileSync(join(work, "prod.yaml"), "utf8")).mappings.length, 1);
  writeFileSync(join(folder, "earlier.yaml"), git("show", "HEAD~1:prod.yaml"));
  const { code, err } = await cluster.mappings(["apply", "-f", join(folder, "earlier.yaml"), "-y"]);
  assert.equal(code, 0, err);
  assert.deepEqual(await cluster.value("role/111122223333/ops"), role);
});

test("invalid values are named and skipped, and an incomplete export fails and keeps the last file", async () => {
  const before = readFileSync(join(work, "prod.yaml"), "utf8");
  const { failed, output } = await run({ AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:1", AWS_MAX_ATTEMPTS: "1" });
  assert.equal(failed, "Export");
  assert.match(output, /No connection to 127\.0\.0\.1 port 1/);
  assert.equal(readFileSync(join(work, "prod.yaml"), "utf8"), before);
  rmSync(join(work, "export.tmp"));
  cluster.store.put(`${PREFIX}/role/111122223333/broken`, "{");
  const skipped = await run();
  assert.equal(skipped.failed, undefined);
  assert.match(skipped.output, /^Skipped role\/111122223333\/broken: not JSON\.$/m);
  assert.ok(!existsSync(join(work, "export.tmp")));
});

test("a cluster without parameters fails and keeps the last file", async () => {
  const before = readFileSync(join(work, "prod.yaml"), "utf8");
  const { failed, output } = await run({ MAPPING_PREFIX: "/iam-authenticator/prodd" });
  assert.equal(failed, "Export");
  assert.match(output, /^The cluster prod has no parameter below \/iam-authenticator\/prodd in account/m);
  assert.equal(readFileSync(join(work, "prod.yaml"), "utf8"), before);
});
