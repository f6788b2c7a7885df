// The real CDK CLI, with a list of clusters of each kind of endpoint and cdk-nag, and with this repository's cdk.json
// without a cluster.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { stackName } from "../../infra/context/stack-name.ts";
import { cdk, ROOT, writeApp } from "./cdk-cli.ts";
import { CLUSTERS } from "./clusters.ts";

const folder = mkdtempSync(join(tmpdir(), "cdk-"));
after(() => rmSync(folder, { recursive: true }));

test("cdk synth creates a template for each cluster without findings", () => {
  writeApp(folder, CLUSTERS);
  cdk(folder, ["synth", "--quiet", "--all"]);
  for (const cluster of CLUSTERS) {
    const template = join(folder, "cdk.out", `${stackName(cluster)}.template.json`);
    assert.ok(existsSync(template), template);
  }
  const { pluginReports } = JSON.parse(readFileSync(join(folder, "cdk.out", "validation-report.json"), "utf8"));
  assert.deepEqual(pluginReports, []);
});

/** A `node` on the PATH that is too old for TypeScript. */
function oldNode(): Record<string, string> {
  const bin = join(folder, "old-node");
  mkdirSync(bin);
  const script = `#!/bin/sh\ncase "$1" in *.ts) echo "no TypeScript here" >&2; exit 1;; esac\nexec "${process.execPath}" "$@"\n`;
  writeFileSync(join(bin, "node"), script, { mode: 0o755 });
  return { PATH: `${bin}${delimiter}${process.env["PATH"]}` };
}

test("cdk.json without a cluster: cdk ls works, also with an older `node`", () => {
  const listed = cdk(ROOT, ["ls", "--output", join(folder, "ls")], oldNode());
  assert.equal(listed.trim(), "choose-a-cluster");
});

test("cdk.json without a cluster: a mistake in the context prints only a message, without a stack trace", () => {
  assert.throws(
    () => cdk(ROOT, ["synth", "--quiet", "-c", "clusterId=my cluster", "--output", join(folder, "mistake")]),
    ({ stderr }: { stderr: string }) => /my cluster/.test(stderr) && !/^ +at /m.test(stderr),
  );
});

test("cdk.json without a cluster: a cluster's key on the command line is refused, since it would deploy defaults", () => {
  const args = ["synth", "--quiet", "-c", "clusterId=prod", "-c", "endpoint=mtls", "--output", join(folder, "ignored")];
  assert.throws(
    () => cdk(ROOT, args),
    ({ stderr }: { stderr: string }) =>
      stderr.includes('the context key "endpoint" has no effect: it belongs to a cluster.'),
  );
});

test("cdk.json without a cluster: a deployment fails with a message", () => {
  assert.throws(
    () => cdk(ROOT, ["synth", "--quiet", "--output", join(folder, "none")]),
    ({ stderr }: { stderr: string }) => stderr.includes("no cluster is chosen: add -c clusterId=my-cluster, or "),
  );
});
