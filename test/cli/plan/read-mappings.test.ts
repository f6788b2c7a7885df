// Reads of mappings: in calls of ten names, normalized for a comparison, and with a hint for a team
// that may read one account.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../../cli/aws/connection.ts";
import { isAccessDenied } from "../../../cli/aws/errors.ts";
import { readToCompare } from "../../../cli/plan/compare-stores.ts";
import { readByName, readMappings } from "../../../cli/plan/read.ts";
import type { Fault } from "../../../local/aws/http-server.ts";
import { PREFIX, useCluster } from "../commands/mappings/cluster.ts";
import { accessDenied } from "../commands/mappings/forbidden.ts";
import { connectionTo, terminal } from "./connection.ts";

const cluster = useCluster();
const { run } = terminal();

async function reading<T>(
  work: (connection: Connection) => Promise<T>,
  account?: string,
): Promise<T> {
  const connection = connectionTo(cluster, account === undefined ? {} : { account });
  return work(connection).finally(() => connection.ssm.destroy());
}

test("any number of parameters is read in calls of ten, without those that do not exist", async () => {
  const names = Array.from({ length: 23 }, (_, i) => `${PREFIX}/role/1/r${i}`);
  for (const name of names.slice(1)) cluster.store.put(name, "{}");
  const found = await reading((connection) => readByName(names, connection, run));
  assert.deepEqual([...found.keys()].toSorted(), names.slice(1).toSorted());
  const sizes = cluster.store.requests.map(({ body }) => JSON.parse(body.toString()).Names.length);
  assert.deepEqual(sizes, [10, 10, 3]);
});

test("the number of mappings read is shown at a terminal, and removed at the end", async () => {
  for (let i = 0; i < 20; i += 1) cluster.put(`role/111122223333/r${i}`, {});
  const shown: string[] = [];
  const watched = { ...run, watched: true, showProgress: (line: string) => shown.push(line) };
  await reading((connection) => readMappings(connection, watched));
  assert.deepEqual([shown[0], shown.at(-1)], ["reading 20", ""]);
});

test("for a comparison, only patterns keep their order, and an empty list is left out", async () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => ({ arnLike: `arn:aws:iam::*:role/${name}` }));
  cluster.put("pattern/any", [b, c, a]);
  cluster.put("deny/any", [b, c, a]);
  cluster.put("callers", [{ name: "kube-apiserver" }]);
  cluster.put("deny/111122223333", []);
  cluster.put("role/111122223333/x", "[2,1]");
  cluster.put("sso-session/111122223333/v", "{");
  const found = await reading((connection) => readToCompare(connection, run));
  const lines = [...found].map(
    ([name, parameter]) => `${name} ${parameter.name} ${parameter.value}`,
  );
  assert.deepEqual(lines, [
    `deny/any deny/any ${JSON.stringify([a, b, c])}`,
    `pattern/any pattern/any ${JSON.stringify([b, c, a])}`,
    "role/111122223333/x role/111122223333/x [2,1]",
    "sso-session/111122223333/v sso-session/111122223333/v {",
  ]);
});

test("who may not read every mapping learns of --account", async () => {
  const hint = "If you can read only one account's mappings, use --account <id>.";
  const denied = accessDenied("ssm:GetParametersByPath", PREFIX);
  const failed: Fault = {
    kind: "answer",
    status: 400,
    body: '{"__type":"ValidationException","message":"no"}',
  };
  for (const [fault, account, isHinted] of [
    [denied, undefined, true],
    [denied, "111122223333", false],
    [failed, undefined, false],
  ] as const) {
    cluster.store.fail(fault);
    const error = await reading((connection) => readMappings(connection, run), account).then(
      () => assert.fail("not denied"),
      (reason: Error) => reason,
    );
    assert.equal(error.message.endsWith(`\n${hint}`), isHinted);
    assert.equal(isAccessDenied(error), fault === denied);
  }
  assert.ok(!isAccessDenied("AccessDeniedException"));
});
