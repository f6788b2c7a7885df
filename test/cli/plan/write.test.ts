// Values that are not lists: what another operator writes meanwhile is kept, or its loss is
// reported.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useCluster } from "../commands/mappings/cluster.ts";
import {
  by,
  failing,
  kept,
  LOST,
  NAME,
  OWN,
  type Race,
  type Row,
  raw,
  replaced,
  run,
} from "./races.ts";

const cluster = useCluster();

const remove = () => cluster.store.remove(NAME);
const recreate = () => {
  remove();
  cluster.store.put(NAME, raw("b"));
};
const fail = failing(cluster, "AccessDeniedException");
const busy = failing(cluster, "TooManyUpdates");
const always = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`P${at + 1}`, busy]));

const changed = { before: "a", mine: "c" };
const change = (race: Race) => ({ ...changed, race });
const create = (mine: string, race: Race) => ({ mine, race });
const CHANGED = kept("was version 1", "is now version 2");
const CREATED = kept("did not exist", "is now version 1");
// biome-ignore format: a table
const VALUES: readonly Row[] = [
  ["no other operator writes", changed, "written 2 | c | GP"],
  ["it is new", { mine: "c" }, "written 1 | c | GP"],
  ["it is removed", { before: "a" }, "removed |  | GDG"],
  ["written after the plan was made", change({ G1: ["b"] }), `${CHANGED} | b | G`],
  ["written with the same value after the plan was made", change({ G1: ["a"] }), `${CHANGED} | a | G`],
  ["created after the plan was made", create("c", { G1: ["b"] }), `${CREATED} | b | G`],
  ["removed after the plan was made", change({ G1: remove }), `${kept("was version 1", "no longer exists")} |  | G`],
  ["removed and created again, with the same version", change({ G1: recreate }), `${kept("was version 1", "is now version 1 of a new parameter")} | b | G`],
  ["written right before the write", change({ P1: ["b"] }), `${replaced(by(2), 2)} | c | GPH`],
  ["written twice right before the write", change({ P1: ["b", "c"] }), `${replaced(by(2), 2)} | c | GPH`],
  ["the same value, written right before", change({ P1: ["c"] }), "written 3 | c | GPH"],
  ["created right before the write", create("c", { P1: ["b"] }), `${CREATED} | b | GPHG`],
  ["the same value, created right before", create("c", { P1: ["c"] }), "written 1 | c | GPH"],
  ["removed right before the removal", { before: "a", race: { D1: remove } }, "removed |  | GDG"],
  ["Parameter Store writes it for another operator", change({ P1: busy, P2: busy }), "written 2 | c | GPHGPHGP"],
  ["it does so, and their value is stored", change({ P1: busy, G2: ["b"] }), `${CHANGED} | b | GPHG`],
  ["it does so, and the same value is stored", change({ P1: busy, G2: ["c"] }), "written 2 | c | GPHG"],
  ["it does so for each of 20 attempts", change(always), `Other operators keep changing callers. | a | ${"GPH".repeat(20)}`],
  ["no permission to write", change({ P1: fail }), "no | a | GPH"],
  ["a response is lost, and the call is repeated", change({ P1: [OWN] }), "written 3 | c | GPH"],
  ["a response is lost, and another operator writes before the repetition", change({ P1: [OWN, "b"] }), `${replaced(by(3), 3)} | c | GPH`],
  ["all responses are lost", change({ P1: [OWN, LOST] }), "written 2 | c | GPH"],
  ["all responses are lost, and another operator writes then", change({ P1: [OWN, "b", LOST] }), "written 3 | b | GPH"],
  ["no attempt arrives", change({ P1: [LOST] }), "the response was lost | a | GPH"],
  ["it is new, and a response is lost", create("c", { P1: [OWN] }), "written 1 | c | GPH"],
  ["it is new, a response is lost, and another operator writes then", create("c", { P1: [OWN, "b"] }), "written 2 | b | GPH"],
  ["it is removed, and a response is lost", { before: "a", race: { D1: [OWN] } }, "removed |  | GDG"],
  ["no permission to remove", { before: "a", race: { D1: fail } }, "no | a | GD"],
];
for (const [what, scenario, gives] of VALUES) {
  test(what, async () => assert.equal(await run(cluster, { ...scenario, isWhole: true }), gives));
}
