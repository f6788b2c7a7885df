// apply by two operators at the same time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isPut, masters, role, roles, useApplyCluster, writeMappings } from "./apply.ts";
import { exits } from "./cluster.ts";

const cluster = useApplyCluster();
const OTHER = { other: "operator" };

test("apply stops if another operator changed a mapping since the plan, and keeps their change", async () => {
  await cluster.apply([masters, ...roles(5)]);
  const file = writeMappings([masters, ...roles(5).map((r) => ({ ...r, groups: ["g"] }))]);
  const onLog = (text: string) => text.includes("[y/N]") && cluster.put("role/111122223333/r3", OTHER);
  const { err } = await exits(
    cluster.mappings(["apply", "-f", file], { interactive: true, input: "y\n", onLog }),
    1,
    /Another operator changed \S+r3 in the meantime: it was version 1, it is now version 2\. Their change/,
  );
  // Each phase begins with a read of what it uses.
  assert.match(err, /\nNothing was written\. Run the same command again\.\n$/);
  assert.deepEqual(await cluster.value("role/111122223333/r3"), OTHER);
});

test("a write of another operator between the read and the write is reported, and their new parameter is kept", async () => {
  await cluster.apply([masters, role(1)]);
  cluster.store.fail((request) => {
    if (isPut(request)) cluster.store.put(JSON.parse(request.body.toString()).Name, JSON.stringify(OTHER));
    return undefined;
  });
  const replaced =
    /^Another operator wrote \S+r1 at the same time, and your write replaced theirs: version 2 by arn:\S+\. /;
  await exits(cluster.apply([masters, role(1, "mine")]), 1, replaced);
  const kept = /^Another operator changed \S+r2 in the meantime: it did not exist, it is now version 1\./;
  await exits(cluster.apply([masters, role(2)]), 1, kept);
  assert.deepEqual(await cluster.value("role/111122223333/r2"), OTHER);
});
