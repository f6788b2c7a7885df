// Values that are not lists: what another operator writes meanwhile is kept, or its loss is
// reported.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useCluster } from "../commands/mappings/cluster.ts";
import {
  answers,
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
  TO_SEE,
} from "./races.ts";

const cluster = useCluster();

const remove = () => cluster.store.remove(NAME);
const recreate = () => {
  remove();
  cluster.store.put(NAME, raw("b"));
};
const fail = failing(cluster, "AccessDeniedException");
const busy = failing(cluster, "TooManyUpdates");
const proxy = (problem: string) =>
  `The response to SSM ${problem}: check for a proxy, and check AWS_ENDPOINT_URL.`;
const unusable = (body: string) => answers(cluster, body);
const NO_VERSION = `${proxy("PutParameter is not from AWS (Version is missing)")}\n${TO_SEE}`;
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
  ["written right before the write, and the history may not be read", change({ P1: ["b"], H1: fail }), `${replaced("version 2", 2, "No permission: no.")} | c | GPH`],
  ["written twice right before the write, and the history is not from AWS", change({ P1: ["b", "d"], H1: unusable('{"Parameters":[]}') }), `${replaced("versions 2 to 3", 3, proxy("GetParameterHistory is not from AWS (a version between 1 and 4 is missing)"))} | c | GPH`],
  ["the answer has no version", change({ P1: unusable("{}") }), `${NO_VERSION} | a | GP`],
  ["the version is that of an earlier write", change({ P1: unusable('{"Version":1}') }), `${proxy("PutParameter is not from AWS (Version is 1, not above 1)")}\n${TO_SEE} | a | GP`],
  ["the version is a fraction", change({ P1: unusable('{"Version":2.5}') }), `${proxy("PutParameter is not from AWS (Version is 2.5, not above 1)")}\n${TO_SEE} | a | GP`],
  ["all responses are lost, and the history may not be read", change({ P1: [OWN, LOST], H1: fail }), "written 2 | c | GPHG"],
  ["no attempt arrives, and the history may not be read", change({ P1: [LOST], H1: fail }), "the response was lost | a | GPHG"],
  ["no attempt arrives, another operator writes, and the history may not be read", change({ P1: ["b", LOST], H1: fail }), "the response was lost | b | GPHG"],
  ["all responses are lost, others write, and the history may not be read", change({ P1: ["b", OWN, "d", LOST], H1: fail }), `Unexpected error: Error.\n${TO_SEE} | d | GPHG`],
  ["all responses are lost after another operator's write, and the history may not be read", change({ P1: ["b", OWN, LOST], H1: fail, H2: fail }), `${replaced("version 2", 2, "No permission: no.")} | c | GPHGH`],
  ["no permission to write or to read the history", change({ P1: fail, H1: fail }), "no | a | GPH"],
  ["the removal is answered, and not done", { before: "a", race: { D1: unusable("{}") } }, `${proxy("DeleteParameter is not from AWS (callers is still stored)")} | a | GDG`],
  ["the removal is answered, and cannot be read again", { before: "a", race: { G2: fail } }, `No permission: no.\n${TO_SEE} |  | GDG`],
  ["written right before the removal, which is not done", { before: "a", race: { D1: unusable("{}"), G2: ["b"] } }, `${CHANGED} | b | GDG`],
  ["created right after the removal", { before: "a", race: { G2: ["b"] } }, `${kept("was version 1", "is now version 1 of a new parameter")} | b | GDG`],
  ["no permission to remove", { before: "a", race: { D1: fail } }, "no | a | GD"],
];
for (const [what, scenario, gives] of VALUES) {
  test(what, async () => assert.equal(await run(cluster, { ...scenario, isWhole: true }), gives));
}
