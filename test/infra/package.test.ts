// The manifest of the npm package, and the URLs that follow from it. test/e2e/package.e2e.ts packs and installs it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { pageUrl } from "../../infra/page-url.ts";
import manifest from "../../package.json" with { type: "json" };

test("the manifest is ready for publication: name, access, licence and provenance", () => {
  for (const keyword of ["cdk", "awscdk", "kubernetes", "iam"]) assert.ok(manifest.keywords.includes(keyword), keyword);
  assert.equal(manifest.author, "The lambda-iam-authenticator authors");
  assert.deepEqual(manifest.publishConfig, { access: "public", provenance: true });
  assert.deepEqual(Object.keys(manifest.exports), [".", "./package.json"]);
});

test("npx runs the command by the package's name, and no file uses npx with the short name, which is unclaimed on npm", () => {
  const { bin, name } = manifest;
  assert.deepEqual(Object.keys(bin), ["iam-authenticator", name]);
  assert.equal(bin["lambda-iam-authenticator"], bin["iam-authenticator"]);
  const said = spawnSync("git", ["grep", "-nE", "npx (--no -- |-y |--yes )?iam-authenticato[r]"], {
    cwd: join(import.meta.dirname, "..", ".."),
    encoding: "utf8",
  });
  assert.equal(said.stdout, "");
});

test("a page is a URL of this version's file, or its path while package.json has no repository", () => {
  const repository = { url: "git+https://github.com/owner/name.git" };
  const url = "https://github.com/owner/name/blob/v1.2.3/docs/troubleshoot.md#faults";
  assert.equal(pageUrl("docs/troubleshoot.md#faults", { version: "1.2.3", repository }), url);
  assert.equal(pageUrl("docs/troubleshoot.md", { version: "1.2.3" }), "docs/troubleshoot.md");
});
