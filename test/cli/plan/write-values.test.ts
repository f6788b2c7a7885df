// Values that no rule judges: they are written in their order, and no mapping is among them.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "../../../cli/plan/changes.ts";
import { writeValues } from "../../../cli/plan/write-values.ts";
import { answering, failing } from "../../local/aws/service-faults.ts";
import { PREFIX, useCluster } from "../commands/mappings/cluster.ts";
import { connectionTo, terminal } from "./connection.ts";

const cluster = useCluster();
const CALLERS = `${PREFIX}/callers`;
const KEY = `${PREFIX}/issuer/${"k".repeat(43)}`;
const CALLER = JSON.stringify([{ name: "a", sha256: "0".repeat(64) }]);
const add = (name: string, value: string): Change => {
  return { action: "add", name, before: undefined, value };
};

test("a value without the rule of access is never a mapping of any kind, and nothing is written", async () => {
  const names = [
    "role/111122223333/ci",
    "deny/any",
    "pattern/any",
    "account/111122223333",
    "kind-of-a-newer-version/any",
    "callers/deny",
  ];
  const { run } = terminal();
  for (const name of names) {
    const changes = [add(CALLERS, "[]"), add(`${PREFIX}/${name}`, "{}")];
    const message = /needs the rule of access\.$/;
    await assert.rejects(writeValues(changes, connectionTo(cluster), run), { message }, name);
    assert.equal(cluster.store.value(CALLERS), undefined, name);
  }
});

test("values are written in their order, and an error names what is written and what is left", async () => {
  const { run } = terminal();
  await writeValues([add(KEY, "{}"), add(CALLERS, CALLER)], connectionTo(cluster), run);
  assert.deepEqual(
    [KEY, CALLERS].map((name) => cluster.store.value(name)),
    ["{}", CALLER],
  );
  cluster.store.remove(KEY);
  const other = `${PREFIX}/issuer/${"l".repeat(43)}`;
  cluster.store.fail(failing("PutParameter", answering(500, "{}"), other));
  const changes = [add(KEY, "{}"), add(other, "{}")];
  const message = /\nWritten, 1 of 2: issuer\/k+\.\nNot written: issuer\/l+\./;
  await assert.rejects(writeValues(changes, connectionTo(cluster), run), { message });
  cluster.store.fail(undefined);
});
