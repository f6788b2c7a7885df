// The real CDK CLI, with a list of clusters of each kind of endpoint and cdk-nag, and with this repository's cdk.json
// without a cluster.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { stackName } from "../../infra/context/stack-name.ts";
import { cdk, ROOT, writeApp } from "../infra/cdk-cli.ts";
import { CLUSTERS } from "../infra/clusters.ts";

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
