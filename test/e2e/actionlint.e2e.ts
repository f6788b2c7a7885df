// actionlint judges the workflows of this repository and of the examples: syntax, contexts,
// permissions, inputs of known actions. It does not run them, and asks no network.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { ROOT } from "../infra/cdk-cli.ts";
import { findActionlint } from "./binaries/binaries.ts";

let program: string;
before(() => {
  program = findActionlint();
});

/** Without the linters that it would run if the machine had them. */
function findings(text: string): string {
  const words = ["-no-color", "-shellcheck=", "-pyflakes=", "-oneline", "-"];
  const { stdout, stderr, status } = spawnSync(program, words, { input: text, encoding: "utf8" });
  assert.ok(status === 0 || status === 1, stderr);
  return stdout;
}

const WORKFLOWS = globSync([".github/workflows/*.yml", "examples/*/*.yml"], { cwd: ROOT }).filter(
  (file) => /^jobs:/m.test(readFileSync(join(ROOT, file), "utf8")),
);

for (const file of WORKFLOWS) {
  test(`${file}: no findings`, () => {
    assert.equal(findings(readFileSync(join(ROOT, file), "utf8")), "");
  });
}

test("it finds a job that does not exist, and a permission that does not exist", () => {
  const release = readFileSync(join(ROOT, ".github", "workflows", "release.yml"), "utf8");
  assert.ok(WORKFLOWS.length >= 8);
  assert.match(
    findings(
      release.replace(
        "needs: [test, claims, first, second]",
        "needs: [test, claims, first, third]",
      ),
    ),
    /"third" which does not exist/,
  );
  assert.match(
    findings(release.replace("attestations: write", "attestation: write")),
    /unknown permission scope "attestation"/,
  );
});
