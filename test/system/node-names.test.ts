// {EC2PrivateDNSName} through the bundle: loads the second file only if needed, and prevents node impersonation.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nodeName } from "../../local/ec2/node-instance.ts";
import { denial, failure, grantedUser } from "./answers.ts";
import { MAPPINGS } from "./mappings.ts";
import { NODE_MAPPING } from "./nodes.ts";
import { BUNDLE, REGION, startSystem } from "./system.ts";

const parameters = {
  ...MAPPINGS,
  "role/111122223333/clusternode": NODE_MAPPING,
};

test("a node is granted with its private DNS name", async (t) => {
  const system = await startSystem(t, { parameters, hasNode: true });
  const user = grantedUser(await system.review(await system.token("node")));
  assert.equal(user.username, `system:node:${nodeName(REGION)}`);
  assert.deepEqual(user.groups, NODE_MAPPING.groups);
  assert.deepEqual(user.extra?.["sessionName"], ["i-0123456789abcdef0"]);
});

test("only a mapping that uses it loads the second file", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, "index.mjs");
  copyFileSync(BUNDLE, entry);
  const system = await startSystem(t, { entry, parameters, hasNode: true });
  for (const name of ["bob", "alice", "carol"]) grantedUser(await system.review(await system.token(name)));
  denial(await system.review(await system.token("bob-elsewhere")));
  const error = failure(await system.review(await system.token("node")), 500);
  assert.match(error, /^instances_unavailable: .*ERR_MODULE_NOT_FOUND/);
  assert.equal(system.ec2?.requests.length, 0);
});
