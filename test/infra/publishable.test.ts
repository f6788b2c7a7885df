// What a publisher must set before a release, each with a sentence that states how.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { releaseProblems } from "../../infra/release/publishable.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const url = "git+https://github.com/owner/name.git";
const release = {
  manifest: { version: "1.2.3", repository: { url } },
  changelog: "# Changelog\n\n## [1.2.3] - 2026-12-01\n",
  tag: "v1.2.3",
  address: "https://github.com/owner/name",
};

test("a complete release has no problem", () => {
  assert.deepEqual(releaseProblems(release), []);
});

test("each missing part is one sentence with the command", () => {
  assert.deepEqual(releaseProblems({ ...release, manifest: { version: "1.2.3" } }), [
    "package.json has no repository, without which npm refuses the provenance. Run once: " +
      `npm pkg set repository.type=git repository.url=${url}`,
  ]);
  const moved = { ...release, address: "https://github.com/fork/name" };
  assert.match(
    releaseProblems(moved)[0] ?? "",
    /is git\+https:\/\/github\.com\/owner\/name\.git, and this one is .*fork/,
  );
  assert.deepEqual(releaseProblems({ ...release, tag: "v1.2.4" }), [
    "The tag is v1.2.4, and the version in package.json is 1.2.3.",
  ]);
  assert.deepEqual(releaseProblems({ ...release, changelog: "## [Unreleased]\n" }), [
    "CHANGELOG.md has no section [1.2.3].",
  ]);
});

test("the workflow's command prints the sentences and fails", async () => {
  const env = {
    ...process.env,
    GITHUB_REF_NAME: "v0.0.0",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "owner/name",
  };
  const run = promisify(execFile)(process.execPath, [join(ROOT, "infra", "release", "publishable.ts")], { env });
  await assert.rejects(run, ({ code, stderr }) => {
    assert.equal(code, 1);
    assert.match(stderr, /^The tag is v0\.0\.0, and the version in package\.json is /m);
    return true;
  });
});
