// Runs the shell steps of the examples' workflows in order and with GitHub's shell, with this
// repository's command, against a local Parameter Store.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { before, beforeEach, describe, test } from "node:test";
import { parse } from "yaml";
import { ADMIN, exits, PREFIX, useCluster } from "../cli/commands/mappings/cluster.ts";
import { useFolder } from "../cli/fixtures.ts";
import { ONLY_IN_ALL } from "../extent.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const { path: folder, write } = useFolder();
const BIN = join(folder, "bin");
const UNREACHABLE = { AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:1", AWS_MAX_ATTEMPTS: "1" };
const cluster = useCluster(ADMIN, "all");
const COMMAND = `exec '${process.execPath}' '${ROOT}/dist/cli/iam-authenticator.mjs' "$@"`;
write("bin/iam-authenticator", `#!/bin/sh\n${COMMAND}\n`, 0o755);

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: object;
}

function workflowOf(example: string, job: string) {
  const workflow = parse(readFileSync(join(ROOT, "examples", example), "utf8"));
  return { workflow, steps: workflow.jobs[job].steps as Step[] };
}

/**
 * Runs the scripts of the steps in `cwd`, with the programs and the home in `folder`, until one
 * fails.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell:
 * `bash -e {0}`
 */
async function runSteps(
  steps: readonly Step[],
  cwd: string,
  variables: Readonly<Record<string, string>>,
) {
  // Accepts only the installation of the package.
  write("bin/npm", `#!/bin/sh\n[ "$*" = 'install --global ${variables["PACKAGE"]}' ]\n`, 0o755);
  const PATH = `${BIN}${delimiter}${process.env["PATH"]}`;
  const env = { ...process.env, ...variables, PATH, HOME: folder };
  let output = "";
  for (const { name, run } of steps) {
    if (run === undefined) continue;
    const file = write("step.sh", run);
    const code = await new Promise<number>((resolve) => {
      execFile("bash", ["-e", file], { env, cwd }, (error, out, err) => {
        output += `${out}${err}`;
        resolve(error === null ? 0 : Number(error.code));
      });
    });
    if (code !== 0) return { failed: name, code, output };
  }
  return { failed: undefined, code: 0, output };
}

describe("examples/github-action", () => {
  const { workflow, steps } = workflowOf("github-action/mappings.yml", "check");
  const SUMMARY = join(folder, "summary.md");
  const ADMINS = `mappings:
  - {permissionSet: ClusterAdmin, account: "111122223333", username: "admin:{SessionName}", groups: [system:masters]}
`;

  beforeEach(() => {
    rmSync(SUMMARY, { force: true });
    write("mappings/all.yaml", ADMINS);
  });
  const run = (variables: Readonly<Record<string, string>> = {}) =>
    runSteps(steps, folder, {
      ...workflow.env,
      AWS_REGION: "us-east-1",
      ...variables,
      GITHUB_STEP_SUMMARY: SUMMARY,
    });

  test(
    "files that match the cluster pass, and a change is in the summary",
    ONLY_IN_ALL,
    async () => {
      assert.equal((await run()).code, 0);
      assert.match(
        readFileSync(SUMMARY, "utf8"),
        /^ {4}0 to add, 0 to change, 0 to remove, 1 unchanged\.$/m,
      );
      const change =
        '  - {arn: "arn:aws:iam::111122223333:role/Ops", username: "ops```", groups: [system:masters]}\n';
      write("mappings/all.yaml", `${ADMINS}${change}`);
      assert.equal((await run()).failed, undefined);
      const summary = readFileSync(SUMMARY, "utf8");
      assert.match(summary, /^ {4}\+ role\/111122223333\/ops$/m);
      assert.match(summary, /^ {4}! Needs your consent: 1 new administrator\.$/m);
      for (const line of summary.split("\n"))
        assert.match(line, /^( {4}.*|What the merge changes:)?$/);
      assert.equal(await cluster.value("role/111122223333/ops"), undefined);
    },
  );

  for (const [what, text, printed] of [
    [
      "a mistake, and prints its file and line",
      `${ADMINS}  - {arn: nobody, username: x}\n`,
      /mappings\/all\.yaml, line 3 \(nobody\) +arn must be the ARN/,
    ],
    [
      "valid mappings that leave no identity in system:masters",
      'mappings:\n  - {arn: "arn:aws:iam::111122223333:role/Ops", username: ops, groups: [ops]}\n',
      /No mapping gives system:masters: after the merge, no identity could administer the cluster\.\n$/,
    ],
  ] as const) {
    test(`the lint fails for ${what}`, async () => {
      write("mappings/all.yaml", text);
      const { failed, code, output } = await run();
      assert.deepEqual([failed, code], ["Lint", 1]);
      assert.match(output, printed);
    });
  }

  test("the check fails with the reason if AWS does not respond", async () => {
    const { failed, code, output } = await run(UNREACHABLE);
    assert.deepEqual([failed, code], ["Show what the merge changes", 3]);
    assert.match(output, /^No connection to 127\.0\.0\.1 port 1 \(ECONNREFUSED\)\.$/m);
    assert.match(readFileSync(SUMMARY, "utf8"), /^ {4}No connection/m);
  });

  test("a fork's pull request skips the steps that need AWS credentials", () => {
    const needsAws = steps.filter(
      ({ uses = "", run = "" }) => /aws-credentials/.test(uses) || /mappings diff/.test(run),
    );
    assert.equal(needsAws.length, 2);
    for (const step of needsAws)
      assert.match(step.if ?? "", /head\.repo\.full_name == github\.repository$/);
    assert.equal(workflow.on.pull_request_target, undefined);
    const checkout = steps.find(({ uses = "" }) => uses.startsWith("actions/checkout@"));
    assert.deepEqual(checkout?.with, { "persist-credentials": false });
    assert.ok(PREFIX.endsWith(`/${workflow.env.CLUSTER_ID}`));
  });
});

describe("examples/scheduled-export", () => {
  const { workflow, steps } = workflowOf("scheduled-export/export.yml", "export");
  const [work, remote] = [join(folder, "work"), join(folder, "remote.git")];
  const git = (...words: string[]) =>
    execFileSync("git", words, { cwd: work, encoding: "utf8" }).trim();

  before(() => {
    mkdirSync(work);
    execFileSync("git", ["init", "--quiet", "--bare", "-b", "main", remote]);
    git("init", "--quiet", "-b", "main");
    git(
      "-c",
      "user.name=x",
      "-c",
      "user.email=x@localhost",
      "commit",
      "--quiet",
      "--allow-empty",
      "-m",
      "Start",
    );
    git("remote", "add", "origin", remote);
    git("push", "--quiet", "-u", "origin", "main");
  });
  const run = (variables: Readonly<Record<string, string>> = {}) =>
    runSteps(steps, work, { ...workflow.env, AWS_REGION: "us-east-1", ...variables });
  const pushed = () =>
    execFileSync("git", ["log", "--format=%s", "main"], { cwd: remote, encoding: "utf8" })
      .trim()
      .split("\n");

  test("a change is pushed once, and a deleted mapping can be applied again", async () => {
    assert.deepEqual(await run(), { failed: undefined, code: 0, output: "" });
    assert.deepEqual(await run(), { failed: undefined, code: 0, output: "No change.\n" });
    assert.deepEqual(pushed(), ["Mappings of prod", "Start"]);
    const role = { arn: "arn:aws:iam::111122223333:role/Ops", username: "ops" };
    cluster.store.put(`${PREFIX}/role/111122223333/ops`, JSON.stringify(role));
    await run();
    cluster.store.remove(`${PREFIX}/role/111122223333/ops`);
    await run();
    assert.equal(pushed().length, 4);
    assert.equal(parse(readFileSync(join(work, "prod.yaml"), "utf8")).mappings.length, 1);
    const earlier = write("earlier.yaml", git("show", "HEAD~1:prod.yaml"));
    await exits(cluster.mappings(["apply", "-f", earlier, "-y"]), 0);
    assert.deepEqual(await cluster.value("role/111122223333/ops"), role);
  });

  test("invalid values are skipped, and an incomplete export keeps the last file", async () => {
    const before = readFileSync(join(work, "prod.yaml"), "utf8");
    const { failed, output } = await run(UNREACHABLE);
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
    assert.match(
      output,
      /^The cluster prod has no parameter below \/iam-authenticator\/prodd in account/m,
    );
    assert.equal(readFileSync(join(work, "prod.yaml"), "utf8"), before);
  });
});

describe("examples/github-action, the standby", () => {
  const { workflow, steps } = workflowOf("github-action/standby.yml", "check");

  test("a standby check fails for a cluster that does not answer", async () => {
    const server = "https://127.0.0.1:9/authenticate";
    const user = { name: "kube-apiserver", user: { token: "secret" } };
    const context = { name: "c", context: { cluster: "c", user: "kube-apiserver" } };
    const WEBHOOK_KUBECONFIG = JSON.stringify({
      ...{ apiVersion: "v1", kind: "Config", clusters: [{ name: "c", cluster: { server } }] },
      ...{ users: [user], contexts: [context], "current-context": "c" },
    });
    const variables = { ...workflow.env, WEBHOOK_KUBECONFIG, RUNNER_TEMP: folder };
    const { failed, code, output } = await runSteps(steps, folder, variables);
    assert.deepEqual([failed, code], ["Try the standby", 1], output);
    assert.match(output, /^failed +reachable +no answer \(ECONNREFUSED/m);
    const contexts = parse(readFileSync(join(folder, "iam-authenticator", "config.yaml"), "utf8"));
    assert.deepEqual(contexts, {
      contexts: {
        primary: { cluster: "prod", region: "eu-west-1" },
        standby: { cluster: "prod", region: "eu-central-1" },
      },
    });
  });
});
