// {EC2PrivateDNSName} through the bundle: loads the second file only if needed, and prevents node impersonation.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { denial, failure, grantedUser } from "./answers.ts";
import { MAPPINGS } from "./mappings.ts";
import { EC2, NODE_MAPPING } from "./nodes.ts";
import { BUNDLE, startSystem } from "./system.ts";

const parameters = {
  ...MAPPINGS,
  "role/111122223333/clusternode": NODE_MAPPING,
  "role/111122223333/contractor": { ...NODE_MAPPING, arn: "arn:aws:iam::111122223333:role/Contractor" },
};

test("a node is granted with its private DNS name", async (t) => {
  const system = await startSystem(t, { parameters, ec2: EC2 });
  const user = grantedUser(await system.review(await system.token("node")));
  assert.equal(user.username, "system:node:ip-10-0-0-12.us-west-2.compute.internal");
  assert.deepEqual(user.groups, ["system:bootstrappers", "system:nodes"]);
  assert.deepEqual(user.extra?.["sessionName"], ["i-0123456789abcdef0"]);
});

test("only a mapping that uses it loads the second file", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, "index.mjs");
  copyFileSync(BUNDLE, entry);
  const system = await startSystem(t, { entry, parameters, ec2: EC2 });
  for (const name of ["bob", "alice", "carol"]) grantedUser(await system.review(await system.token(name)));
  denial(await system.review(await system.token("bob-elsewhere")));
  const error = failure(await system.review(await system.token("node")), 500);
  assert.match(error, /^instances_unavailable: .*ERR_MODULE_NOT_FOUND/);
  assert.equal(system.ec2?.requests.length, 0);
});
