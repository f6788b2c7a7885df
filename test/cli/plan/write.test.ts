// Values that are not lists: what another operator writes meanwhile is kept, or its loss is reported.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useCluster } from "../commands/mappings/cluster.ts";
import { LOST, NAME, OWN, type Row, raw, run } from "./races.ts";

const cluster = useCluster();

const remove = () => cluster.store.remove(NAME);
const recreate = () => {
  remove();
  cluster.store.put(NAME, raw("b"));
};
const fail = () =>
  cluster.store.fail(() => {
    cluster.store.fail(undefined);
    return { kind: "answer", status: 400, body: '{"__type":"AccessDeniedException","message":"no"}' };
  });

const change = { before: "a", mine: "c" };
const VALUES: readonly Row[] = [
  ["no other operator writes", change, "written 2", "c", "GP"],
  ["it is new", { mine: "c" }, "written 1", "c", "GP"],
  ["it is removed", { before: "a" }, "removed", "", "GD"],
  [
    "written after the plan was made",
    { ...change, race: { G1: [raw("b")] } },
    "Another operator changed callers in the meantime: it was version 1, it is now version 2. Their change is kept.",
    "b",
    "G",
  ],
  [
    "written with the same value after the plan was made",
    { ...change, race: { G1: [raw("a")] } },
    "Another operator changed callers in the meantime: it was version 1, it is now version 2. Their change is kept.",
    "a",
    "G",
  ],
  [
    "created after the plan was made",
    { mine: "c", race: { G1: [raw("b")] } },
    "Another operator changed callers in the meantime: it did not exist, it is now version 1. Their change is kept.",
    "b",
    "G",
  ],
  [
    "removed after the plan was made",
    { ...change, race: { G1: remove } },
    "Another operator changed callers in the meantime: it was version 1, it no longer exists. Their change is kept.",
    "",
    "G",
  ],
  [
    "removed and created again, with the same version",
    { ...change, race: { G1: recreate } },
    "Another operator changed callers in the meantime: it was version 1, it is now version 1 of a new parameter. Their change is kept.",
    "b",
    "G",
  ],
  [
    "written right before the write",
    { ...change, race: { P1: [raw("b")] } },
    "Another operator wrote callers at the same time, and your write replaced theirs: version 2 by arn:aws:iam::111122223333:user/local. To see it, run: aws ssm get-parameter-history --name callers",
    "c",
    "GPH",
  ],
  [
    "written twice right before the write",
    { ...change, race: { P1: [raw("b"), raw("c")] } },
    "Another operator wrote callers at the same time, and your write replaced theirs: version 2 by arn:aws:iam::111122223333:user/local. To see it, run: aws ssm get-parameter-history --name callers",
    "c",
    "GPH",
  ],
  ["the same value, written right before", { ...change, race: { P1: [raw("c")] } }, "written 3", "c", "GPH"],
  [
    "created right before the write",
    { mine: "c", race: { P1: [raw("b")] } },
    "Another operator changed callers in the meantime: it did not exist, it is now version 1. Their change is kept.",
    "b",
    "GPHG",
  ],
  ["the same value, created right before", { mine: "c", race: { P1: [raw("c")] } }, "written 1", "c", "GPH"],
  ["removed right before the removal", { before: "a", race: { D1: remove } }, "removed", "", "GD"],
  ["no permission to write", { ...change, race: { P1: fail } }, "no", "a", "GPH"],
  ["a response is lost, and the call is repeated", { ...change, race: { P1: [OWN] } }, "written 3", "c", "GPH"],
  [
    "a response is lost, and another operator writes before the repetition",
    { ...change, race: { P1: [OWN, raw("b")] } },
    "Another operator wrote callers at the same time, and your write replaced theirs: version 3 by arn:aws:iam::111122223333:user/local. To see it, run: aws ssm get-parameter-history --name callers",
    "c",
    "GPH",
  ],
  ["all responses are lost", { ...change, race: { P1: [OWN, LOST] } }, "written 2", "c", "GPH"],
  [
    "all responses are lost, and another operator writes then",
    { ...change, race: { P1: [OWN, raw("b"), LOST] } },
    "written 3",
    "b",
    "GPH",
  ],
  ["no attempt arrives", { ...change, race: { P1: [LOST] } }, "the response was lost", "a", "GPH"],
  ["it is new, and a response is lost", { mine: "c", race: { P1: [OWN] } }, "written 1", "c", "GPH"],
  [
    "it is new, a response is lost, and another operator writes then",
    { mine: "c", race: { P1: [OWN, raw("b")] } },
    "written 2",
    "b",
    "GPH",
  ],
  ["it is removed, and a response is lost", { before: "a", race: { D1: [OWN] } }, "removed", "", "GD"],
  ["no permission to remove", { before: "a", race: { D1: fail } }, "no", "a", "GD"],
];
for (const [what, scenario, ...gives] of VALUES) {
  test(what, async () => assert.deepEqual(await run(cluster, { ...scenario, isWhole: true }), gives));
}
