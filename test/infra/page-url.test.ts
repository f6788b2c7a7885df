// URLs of documentation pages, with and without the repository's address.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pageUrl } from "../../infra/page-url.ts";

const version = "1.2.3";

test("a page is a URL of this version's file where package.json has the repository", () => {
  const repository = { url: "git+https://github.com/owner/name.git" };
  const url = "https://github.com/owner/name/blob/v1.2.3/docs/troubleshoot.md#faults";
  assert.equal(pageUrl("docs/troubleshoot.md#faults", { version, repository }), url);
});

test("a page is its path in the repository where package.json has no repository", () => {
  assert.equal(pageUrl("docs/troubleshoot.md", { version }), "docs/troubleshoot.md");
});
