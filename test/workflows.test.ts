// The workflows of this repository: pinned actions, least privilege, and a reproducible release.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, ".github", "workflows");
const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly "runs-on": string;
  readonly "timeout-minutes": number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: readonly string[];
  readonly steps: readonly Step[];
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

  test("has a version comment for each pinned commit, and the same commit everywhere", () => {
    const used = readdirSync(FOLDER).flatMap((file) =>
      [...read(file).matchAll(/uses: (.*)/g)].map(([, line = ""]) => line),
    );
    const versions = new Map<string, Set<string>>();
    for (const line of used) {
      const [, action = "", commit = ""] = /^(\S+?)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(line) ?? assert.fail(line);
      versions.set(action, (versions.get(action) ?? new Set()).add(commit));
    }
    for (const [action, commits] of versions) assert.equal(commits.size, 1, action);
  });
});

describe("the release", () => {
  const { on, jobs } = parse(read("release.yml")) as { on: object; jobs: Record<string, Job> };
  const { first, second, publish } = jobs;

  test("starts with a tag, and only its last job may write or attest provenance", () => {
    assert.deepEqual(on, { push: { tags: ["v*"] } });
    assert.deepEqual(Object.keys(jobs), ["first", "second", "publish"]);
    assert.equal(first?.permissions ?? second?.permissions, undefined);
    assert.deepEqual(publish?.permissions, { contents: "write", "id-token": "write" });
  });

  test("is built on two processor types and compared before it is published", () => {
    assert.deepEqual([first?.["runs-on"], second?.["runs-on"]], ["ubuntu-24.04", "ubuntu-24.04-arm"]);
    assert.deepEqual(publish?.needs, ["first", "second"]);
    const scripts = publish?.steps.map(({ run = "" }) => run) ?? [];
    const at = (text: string) => scripts.findIndex((script) => script.includes(text));
    const compared = ["FIRST", "SECOND"].map((name) =>
      at(`printf '%s\\n' "$${name}" | diff - dist/release/SHA256SUMS`),
    );
    assert.ok(
      compared.every((index) => index >= 0 && index < at("npm publish --provenance")),
      scripts.join("\n"),
    );
    assert.ok(at("npm publish") < at("gh release create"));
    assert.match(scripts.join("\n"), /--notes-file dist\/release\/RELEASE-NOTES\.md/);
  });

  test("each machine builds with a script that anyone can run", () => {
    const script = readFileSync(join(ROOT, ".ci", "release"), "utf8");
    assert.match(script, /^npm ci\nnpm run release$/m);
    for (const job of [first, second, publish])
      assert.ok(job?.steps.some(({ run = "" }) => run.includes(".ci/release")));
  });
});
