// The workflows of this repository: pinned actions, least privilege, and a reproducible release.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { useFolder } from "./cli/fixtures.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, ".github", "workflows");
const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");

interface Job {
  readonly "runs-on": string;
  readonly "timeout-minutes": number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: object }[];
}

describe("every workflow", () => {
  for (const file of readdirSync(FOLDER)) {
    test(file, () => {
      const { permissions, jobs } = parse(read(file)) as { permissions: object; jobs: Record<string, Job> };
      assert.deepEqual(permissions, { contents: "read" });
      for (const job of Object.values(jobs)) {
        assert.ok(job["timeout-minutes"] <= 60);
        for (const { uses, with: options } of job.steps) {
          if (uses === undefined) continue;
          assert.match(uses, /^[\w-]+\/[\w-]+(\/[\w-]+)?@[0-9a-f]{40}$/);
          if (uses.startsWith("actions/checkout@")) assert.deepEqual(options, { "persist-credentials": false });
        }
      }
    });
  }

  test("and each example pins its actions, with a version comment and the same commit everywhere", () => {
    const files = globSync([".github/workflows/*", "examples/*/*.yml"], { cwd: ROOT });
    const lines = files.flatMap((file) => readFileSync(join(ROOT, file), "utf8").match(/uses: .*/g) ?? []);
    const pins = new Map<string, string>();
    for (const line of lines) {
      const [, action = "", pin = ""] =
        /^uses: (\S+?)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(line) ?? assert.fail(line);
      assert.equal(pins.get(action) ?? pin, pin, action);
      pins.set(action, pin);
    }
  });
});

describe("the release", () => {
  const { on, jobs } = parse(read("release.yml")) as { on: object; jobs: Record<string, Job> };
  const { check, first, second, publish } = jobs;
  const scriptsOf = (job: Job | undefined) => job?.steps.flatMap(({ run }) => run ?? []) ?? [];

  test("starts with a tag, and only its last job may write, and use npm's trust in this workflow", () => {
    assert.deepEqual(on, { push: { tags: ["v*"] } });
    assert.deepEqual(Object.keys(jobs), ["check", "first", "second", "publish"]);
    assert.equal(check?.permissions ?? first?.permissions ?? second?.permissions, undefined);
    assert.deepEqual(publish?.permissions, { contents: "write", "id-token": "write", attestations: "write" });
    assert.doesNotMatch(read("release.yml"), /NPM_TOKEN|NODE_AUTH_TOKEN|secrets\./);
  });

  test("is checked, built on two processor types by a script that anyone can run, and published without a build", () => {
    assert.deepEqual(scriptsOf(check), ["node build/publishable.ts"]);
    assert.deepEqual([first?.["runs-on"], second?.["runs-on"]], ["ubuntu-24.04", "ubuntu-24.04-arm"]);
    for (const job of [first, second]) {
      assert.deepEqual([job?.needs, scriptsOf(job)], ["check", [".ci/release"]]);
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub
      const uploaded = { name: "release-${{ runner.arch }}", path: "dist/release/" };
      assert.partialDeepStrictEqual(job?.steps.at(-1)?.with, uploaded);
    }
    assert.match(readFileSync(join(ROOT, ".ci", "release"), "utf8"), /^npm ci\nnpm run release$/m);
    assert.deepEqual(publish?.needs, ["first", "second"]);
    const actions = publish?.steps.flatMap(({ uses }) => uses?.split("@")[0] ?? []);
    const attest = "actions/attest-build-provenance";
    assert.deepEqual(actions, ["actions/setup-node", "actions/download-artifact", attest]);
    // After the comparison of both builds, before anything is published.
    const order = publish?.steps.flatMap(
      ({ uses, run }) => uses?.split("@")[0] ?? /diff -r|npm publish|gh release/.exec(run ?? "") ?? [],
    );
    assert.deepEqual(order?.slice(2).map(String), ["diff -r", attest, "npm publish", "gh release"]);
    assert.deepEqual(publish?.steps.find(({ uses }) => uses?.startsWith(attest))?.with, {
      "subject-path": "release-X64/*",
    });
    const [, npm = "", github = "", ...others] = scriptsOf(publish);
    assert.match(npm, /^npm publish --ignore-scripts --provenance --access public \.\/release-X64\/[\w-]+-\*\.tgz$/);
    assert.match(github, /--notes-file release-X64\/RELEASE-NOTES\.md release-X64\/\*$/);
    assert.deepEqual(others, []);
  });

  test("does not publish if a file differs, is missing on one machine, or does not match its checksum", () => {
    const [compare = ""] = scriptsOf(publish);
    const statusOf = (x64: Readonly<Record<string, string>>, arm64: Readonly<Record<string, string>>) => {
      const { path: cwd, write } = useFolder();
      for (const [name, files] of Object.entries({ X64: x64, ARM64: arm64 })) {
        for (const [file, text] of Object.entries(files)) write(`release-${name}/${file}`, text);
      }
      // As GitHub runs a script: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
      return spawnSync("bash", ["-e", "-c", compare], { cwd }).status;
    };
    const good = { "a.zip": "a", SHA256SUMS: `${hash("sha256", "a")}  a.zip\n` };
    assert.equal(statusOf(good, good), 0);
    assert.notEqual(statusOf(good, { ...good, "a.zip": "b" }), 0);
    assert.notEqual(statusOf(good, { ...good, "b.zip": "b" }), 0);
    const changed = { ...good, "a.zip": "b" };
    assert.notEqual(statusOf(changed, changed), 0);
  });
});
