// The files of kube-apiserver: which callers a start keeps.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { sandboxFiles } from "../../local/sandbox-files.ts";
import { writeWebhook } from "../../local/webhook.ts";
import { useFolder } from "../cli/fixtures.ts";

const folder = useFolder();

test("a start with a standby replaces kube-apiserver's token, and keeps the callers", () => {
  const files = sandboxFiles(folder.path);
  const callers = join(files.mappings, "callers.yaml");
  const names = () =>
    parse(readFileSync(callers, "utf8")).map(({ name }: { readonly name: string }) => name);
  mkdirSync(files.mappings);
  writeWebhook(files, "https://127.0.0.1:1/authenticate", "ca");
  const own = readFileSync(callers, "utf8");
  writeFileSync(callers, `${own}- name: second\n  sha256: ${"0".repeat(64)}\n`);
  const standby = { server: "https://127.0.0.1:2/authenticate", token: "of-the-standby" };
  writeWebhook(files, "https://127.0.0.1:1/authenticate", "ca", standby);
  assert.deepEqual(names(), ["second", "kube-apiserver"]);
  assert.ok(!readFileSync(callers, "utf8").includes(own.slice(-65).trim()));
  assert.equal(readFileSync(files.callerToken, "utf8"), standby.token);
});
