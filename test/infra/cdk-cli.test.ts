// `cdk synth` by the real CLI: a list of clusters in cdk.json, one of each kind of endpoint, and cdk-nag satisfied.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { cdk, writeApp } from "./cdk-cli.ts";
import { CLUSTERS } from "./clusters.ts";

const folder = mkdtempSync(join(tmpdir(), "cdk-"));
after(() => rmSync(folder, { recursive: true }));

test("cdk synth makes a template for each cluster, and finds nothing to object to", () => {
  writeApp(folder, CLUSTERS);
  cdk(folder, ["synth", "--quiet", "--all"]);
  for (const id of ["plain", "certified", "hidden-1"]) {
    assert.ok(existsSync(join(folder, "cdk.out", `IamAuthenticator-${id}.template.json`)), id);
  }
  const { pluginReports } = JSON.parse(readFileSync(join(folder, "cdk.out", "validation-report.json"), "utf8"));
  assert.deepEqual(pluginReports, []);
});
