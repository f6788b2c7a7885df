// The app of `cdk deploy`: a stack for each cluster, and messages without a stack trace. test/e2e/cfn-lint.e2e.ts runs the CDK CLI.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./cdk-cli.ts";

/** Runs the app with this context, as the CDK CLI does. */
function run(context: object, outdir: string) {
  const settings = { CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: outdir, CDK_VALIDATION: "false" };
  const env = { ...process.env, ...settings };
  return spawnSync(process.execPath, [join(ROOT, "infra", "app.ts")], { env, encoding: "utf8" });
}

test("the app checks its context, and prints only the message of a mistake, without a stack trace", () => {
  const { status, stderr } = run({ clusterId: "prod", endpoint: "mtls" }, "unused");
  assert.equal(status, 1);
  assert.match(stderr, /^the context key "endpoint" has no effect: it belongs to a cluster\. .*\n$/);
});

test("the app has a stack for each cluster, and for its issuer", (t) => {
  const outdir = mkdtempSync(join(tmpdir(), "app-"));
  t.after(() => rmSync(outdir, { recursive: true }));
  const { status, stderr } = run({ clusters: [{ clusterId: "a", issuer: true }, { clusterId: "b" }] }, outdir);
  assert.equal(status, 0, stderr);
  const stacks = readdirSync(outdir).flatMap((file) => /^(.*)\.template\.json$/.exec(file)?.[1] ?? []);
  assert.deepEqual(stacks.sort(), ["IamAuthenticator-a", "IamAuthenticator-b", "IamAuthenticatorIssuer-a"]);
});
