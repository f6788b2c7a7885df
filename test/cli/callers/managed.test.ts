// Callers that a CloudFormation stack manages: unchanged without --force. The stack's tags survive a write.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { GetParameterHistoryCommand, ListTagsForResourceCommand, SSMClient } from "@aws-sdk/client-ssm";
import { useFolder } from "../folder.ts";
import { exits, useCluster } from "../mappings/cluster.ts";
import { callers, PARAMETER, storedCallers } from "./stored-callers.ts";

const CALLERS = [
  { name: "kept", sha256: "0".repeat(64) },
  { name: "old", sha256: "1".repeat(64) },
];
const TAGS = { "iam-authenticator:managed-by": "Auth-prod", team: "x" };
const MANAGED = "is managed by the CloudFormation stack Auth-prod and was not changed";
const TOLD = `callers ${MANAGED}. Change it there, or use --force.\nNothing was written.\n`;

const cluster = useCluster();
let ssm: SSMClient;
beforeEach(() => {
  ssm = new SSMClient({ endpoint: cluster.store.url });
});
afterEach(() => ssm.destroy());

const names = async () => (await storedCallers(cluster)).map(({ name }) => name);

async function description(): Promise<string | undefined> {
  const { Parameters = [] } = await ssm.send(new GetParameterHistoryCommand({ Name: PARAMETER }));
  return Parameters.at(-1)?.Description;
}

test("add and remove do not change a managed list, report it, and create no token", async () => {
  cluster.store.put(PARAMETER, JSON.stringify(CALLERS), { tags: TAGS });
  const file = join(useFolder().path, "new");
  const toFile = `add new --endpoint https://a.example --out ${file}`;
  for (const words of ["add new", toFile, "remove old -y", "remove old --dry-run"]) {
    await exits(callers(...words.split(" ")), 1, TOLD, /\n0 to add, 0 to change, 0 to remove, 0 unchanged\.\n$/);
  }
  assert.ok(!existsSync(file));
  assert.deepEqual(await names(), ["kept", "old"]);
  assert.match((await callers("list")).out, /\nkept +accepted.*\nold +accepted/);
});

test("with --force they change the list, and the parameter keeps the stack's tags", async () => {
  cluster.store.put(PARAMETER, JSON.stringify(CALLERS), { tags: TAGS });
  const added = await callers("add", "new", "--force", "-y");
  assert.deepEqual([added.code, added.err.includes("managed")], [0, false], added.err);
  await exits(callers("remove", "old", "-y", "--force"), 0);
  assert.deepEqual(await names(), ["kept", "new"]);
  const tags = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: PARAMETER });
  const { TagList = [] } = await ssm.send(tags);
  assert.deepEqual(Object.fromEntries(TagList.map(({ Key, Value }) => [Key, Value])), TAGS);
  assert.match((await description()) ?? "", /^Managed by the CloudFormation stack Auth-prod\b/);
  assert.equal((await callers("add", "newer")).err, TOLD);
});

test("they change a list with other tags, and a new list, without --force", async () => {
  assert.deepEqual([(await callers("add", "first", "-y")).code, await names()], [0, ["first"]]);
  cluster.store.put(PARAMETER, JSON.stringify(CALLERS), { tags: { team: "x" } });
  const { code, err } = await callers("add", "new", "-y");
  assert.deepEqual([code, err.includes("stack")], [0, false], err);
  assert.deepEqual(await names(), ["kept", "old", "new"]);
  assert.doesNotMatch((await description()) ?? "", /CloudFormation/);
});
