// Lists: what another operator writes before any request of this one is neither lost nor
// overwritten.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OWNER_TAG } from "../../../functions/settings/stack.ts";
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

const tags = { [OWNER_TAG]: "team-a" };
const added = { before: "a", mine: "a c" };
const change = (before: string, mine: string, race: Race) => ({ before, mine, race });
const add = (race: Race) => ({ ...added, race });
const create = (mine: string, race: Race) => ({ mine, race });
const clash = (entries: string) =>
  `Another operator changed ${entries} in callers at the same time. Their change is kept, yours was not written. Review it before you run the same command again.`;
const refuse = () => {
  throw new Error("not like this");
};
const aborted = (list: string, by: AbortController) => () => {
  cluster.store.put(NAME, raw(list));
  by.abort();
};
const secure = () => {
  cluster.store.remove(NAME);
  cluster.store.put(NAME, raw("a b"), { type: "SecureString" });
};
const [early, late] = [new AbortController(), new AbortController()];
const always = Object.fromEntries(
  [..."bdefghijklmnopqrstuvwxyz"].map((name, i) => [`P${i + 1}`, [`a ${name}@1`]]),
);
const fail = failing(cluster, "AccessDeniedException");
const busy = failing(cluster, "TooManyUpdates");
const busyAlways = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`P${at + 1}`, busy]));
const CHANGED = kept("was version 1", "is now version 2");
// biome-ignore format: a table
const LISTS: readonly Row[] = [
  ["no other operator writes", added, "written 2 | a c (over 1) | GTP"],
  ["the list is new", { mine: "a" }, "written 1 | a (over 0) | GP"],
  ["a stack manages the list: its description names the stack", { ...added, tags }, "written 2 | a c (Managed by the CloudFormation stack team-a. over 1) | GTP"],
  ["another operator creates the list", create("c", { P1: ["b"] }), "merged 2 | b c (over 1) | GPHGTP"],
  ["written after the plan was made", add({ G1: ["a b"] }), "merged 3 | a b c (over 2) | GTP"],
  ["written right before the write", add({ P1: ["a b"] }), "merged 4 | a b c (over 3) | GTPHGTP"],
  ["two others, one after the other", add({ P1: ["a b", "a b d"] }), "merged 5 | a b d c (over 4) | GTPHGTP"],
  ["what one adds, a later one removes", add({ P1: ["a b", "a"] }), "merged 4 | a c (over 1) | GTPHG"],
  ["what was there, one removes, and a later one adds", change("a b", "a b c", { P1: ["a@1", "a d"] }), "merged 5 | a d c (over 4) | GTPHGTP"],
  ["two others that read the same version", add({ P1: ["a b@1", "a d@1"] }), "merged 5 | a b d c (over 4) | GTPHGTP"],
  ["one that read an older version", add({ G1: ["a b"], P1: ["a d@1"] }), "merged 5 | a b d c (over 4) | GTPHGTP"],
  ["the version that was read had replaced another one", change("x", "x d", { G1: ["x b@1", "x a@1"], P1: ["x b c@2"] }), "merged 6 | x b a c d (over 5) | GTPHGTP"],
  ["the version that replaced this one had not read it", change("x", "x a", { P1: ["x b@1"], G2: ["x b c@2"] }), "merged 5 | x b a c (over 4) | GTPHGHTP"],
  ["an entry that was removed before does not return", change("a x", "a x c", { G1: ["a"], P1: ["a x d@1"] }), "merged 5 | a d c (over 4) | GTPHGTP"],
  ["both make the same change", add({ G1: ["a c"] }), "written 2 | a c | G"],
  ["both change two entries", change("a b", "a1 b1", { G1: ["a2 b2"] }), `${clash("a, b")} | a2 b2 | G`],
  [
    "both change an entry, seen after the write: their text is restored",
    change("a", "a1", { P1: [{ text: '[ {"name":"a","value":2} ]' }] }),
    `${clash("a")} | [ {"name":"a","value":2} ] (over 3) | GTPHGTP`,
  ],
  ["a new order is not merged", change("a b", "b a", { G1: ["a b c"] }), `${clash("entries")} | a b c | G`],
  ["a merge that is refused: theirs is restored", { ...added, check: refuse, race: { P1: ["a b"] } }, "not like this | a b (over 3) | GTPHGTP"],
  ["a merge refused before the write", { ...added, check: refuse, race: { G1: ["a b"] } }, "not like this | a b | G"],
  ["text that is not a list is not replaced", add({ G1: [{ text: "{" }] }), `${CHANGED} | { | G`],
  [
    "nor is a SecureString",
    add({ G1: secure }),
    `${kept("was version 1", "is now version 1 of a new parameter")} | AQICAHh35cRdDVVdVcmrkZsAqZ0R1C3btVydNkseXrQqXijMJsgXnORSB35DnQ4m2pJIKv2+MHbPodjDQTbrx2TojkSDg== | G`,
  ],
  ["a replaced text, not a list, is reported", add({ P1: [{ text: "{" }] }), `${replaced(by(2), 2, "Version 2 is not a JSON list.")} | a c (over 1) | GTPH`],
  ["written right before the write, and the history may not be read", add({ P1: ["a b"], H1: fail }), `${replaced("version 2", 2, "No permission: no.")} | a c (over 1) | GTPH`],
  ["written right before the write, and the second write is refused", add({ P1: ["a b"], P2: fail }), `${replaced(by(2), 2, "No permission: no.")} | a c (over 1) | GTPHGTPH`],
  ["written right before the write, and the second read is refused", add({ P1: ["a b"], G2: fail }), `${replaced(by(2), 2, "No permission: no.")} | a c (over 1) | GTPHG`],
  ["a second write replaces another one, and the third is refused: only the last is lost", add({ P1: ["a b"], P2: ["a c d@3"], P3: fail }), `${replaced(by(4), 4, "No permission: no.")} | a b c (over 3) | GTPHGTPHGTPH`],
  ["others write without end", { ...added, race: always }, `${replaced(by(40), 40, "Other operators keep changing callers.")} | a b c d e f g h i j k l m n o p q r s t u (over 39) | ${"GTPH".repeat(20)}`],
  ["Ctrl-C before the first write", { mine: "c", race: { P1: aborted("b", early) }, interrupted: early.signal }, "The operation was aborted | b | GPH"],
  ["Ctrl-C after it: theirs is restored", { ...added, race: { P1: aborted("a b", late) }, interrupted: late.signal }, "merged 4 | a b c (over 3) | GTPHGTP"],
  ["Parameter Store writes it for another operator", add({ P1: busy, P2: busy }), "written 2 | a c (over 1) | GTPHGTPHGTP"],
  ["it does so, and their list is stored", add({ P1: busy, G2: ["a b"] }), "merged 3 | a b c (over 2) | GTPHGTP"],
  ["it does so for each of 20 attempts", add(busyAlways), `Other operators keep changing callers. | a | ${"GTPH".repeat(20)}`],
  ["a response is lost", add({ P1: [OWN] }), "written 3 | a c (over 1) | GTPHG"],
  ["a response is lost twice", add({ P1: [OWN, OWN] }), "written 4 | a c (over 1) | GTPHG"],
  ["a response is lost, and another operator adds to the new list", add({ P1: [OWN, "a c d@2"] }), "merged 5 | a c d (over 4) | GTPHGTP"],
  ["a response is lost, and another operator changes the new entry: their change is later, and kept", add({ P1: [OWN, "a c2@2"] }), "merged 5 | a c2 (over 4) | GTPHGTP"],
  ["a response is lost, and another operator removes the new entry", add({ P1: [OWN, "a@2"] }), "merged 5 | a (over 4) | GTPHGTP"],
  ["others write before and after the attempt whose response is lost", add({ P1: ["a b", OWN, "a c d@3"] }), "merged 6 | a b c d (over 5) | GTPHGTP"],
  ["the response of a new order is lost", change("a b", "b a", { P1: [OWN] }), "written 3 | b a (over 1) | GTPHG"],
  ["the response of a new order is lost, and another operator adds to it", change("a b", "b a", { P1: [OWN, "b a d@2"] }), "merged 5 | b a d (over 4) | GTPHGTP"],
  ["all responses are lost", add({ P1: [OWN, LOST] }), "written 2 | a c (over 1) | GTPH"],
  ["all responses are lost, and the write has replaced another one", add({ P1: ["a b", OWN, LOST] }), "merged 4 | a b c (over 3) | GTPHHGTP"],
  ["no attempt arrives", add({ P1: [LOST] }), "the response was lost | a | GTPH"],
  ["the list is new, and a response is lost", create("c", { P1: [OWN] }), "written 1 | c (over 0) | GPH"],
  ["the list is new, a response is lost, and another operator changes the new entry", create("c", { P1: [OWN, "c2@1"] }), "written 2 | c2 (over 1) | GPH"],
];
for (const [what, scenario, gives] of LISTS)
  test(what, async () => assert.equal(await run(cluster, scenario), gives));
