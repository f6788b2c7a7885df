// What a release needs of the repository: each missing item is one line that states how to add it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { fileChecks } from "../../build/publishable.ts";
import { linesOf, missingIn } from "./lines-of.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const url = "git+https://github.com/owner/name.git";
const pushed = { tag: "v1.2.3", address: "https://github.com/owner/name" };
const files = {
  "package.json": JSON.stringify({ version: "1.2.3", repository: { url } }),
  "CHANGELOG.md": "# Changelog\n\n## [1.2.3] - 2026-12-01\n",
  "SECURITY.md": "# Security\n\nAddress: security@example.com\n",
};
const reading = (changed: Partial<typeof files>) => (file: string) =>
  (({ ...files, ...changed }) as Record<string, string>)[file] ?? assert.fail(file);

test("a complete release has no problem, before and after the tag is pushed", async () => {
  const done = ["project address", "address for reports", "changelog"].map(
    (name) => `done         ${name}`,
  );
  assert.deepEqual(await linesOf(fileChecks(reading({}))), { lines: done, isComplete: true });
  const tagged = { lines: [...done, "done         tag"], isComplete: true };
  assert.deepEqual(await linesOf(fileChecks(reading({}), pushed)), tagged);
});

test("each missing part is one line with the command", async () => {
  const missing = (changed: Partial<typeof files>, push: Partial<typeof pushed> = {}) =>
    missingIn(fileChecks(reading(changed), { ...pushed, ...push }));
  assert.deepEqual(await missing({ "package.json": '{"version": "1.2.3"}' }), [
    "project address: package.json has no repository, without which npm refuses the provenance. Run: " +
      `npm pkg set repository.type=git repository.url=${url}`,
  ]);
  const moved = await missing({}, { address: "https://github.com/fork/name" });
  assert.match(
    moved.join(),
    /is git\+https:\/\/github\.com\/owner\/name\.git, and this one is .*fork/,
  );
  const otherTag = "tag: The tag is v1.2.4, and the version in package.json is 1.2.3.";
  assert.deepEqual(await missing({}, { tag: "v1.2.4" }), [otherTag]);
  const noSection = "changelog: CHANGELOG.md has no section [1.2.3]. Add it.";
  assert.deepEqual(await missing({ "CHANGELOG.md": "## [Unreleased]\n" }), [noSection]);
  for (const address of ["", "Address:\n", "Address: none yet\n\nhttps://example.com\n"]) {
    assert.match(
      (await missing({ "SECURITY.md": address })).join(),
      /^address for reports: SECURITY\.md has no/,
    );
  }
});

test("the workflow's command prints the lines and fails", async () => {
  const tag = {
    GITHUB_REF_NAME: "v0.0.0",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "owner/name",
  };
  const env = { ...process.env, ...tag };
  const run = promisify(execFile)(process.execPath, [join(ROOT, "build", "publishable.ts")], {
    env,
  });
  const stdout = /^missing {6}tag: The tag is v0\.0\.0, and the version in package\.json is /m;
  await assert.rejects(run, { code: 1, stdout });
});

test("npm run release rejects an unknown argument", async () => {
  const run = promisify(execFile)(process.execPath, [join(ROOT, "build", "release.ts"), "--chek"]);
  await assert.rejects(run, { code: 1, stderr: /^Unknown argument --chek\. Use --check, or / });
});
