// Lists: what another operator writes before any request of this one is neither lost nor overwritten.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OWNER_TAG } from "../../../functions/settings/stack.ts";
import { useCluster } from "../commands/mappings/cluster.ts";
import { kept, LOST, NAME, OWN, type Race, type Row, raw, replaced, run } from "./races.ts";

const cluster = useCluster();

const tags = { [OWNER_TAG]: "team-a" };
const over1 = (list: string) => ({ list, over: 1 });
const over2 = (list: string) => ({ list, over: 2 });
const added = { before: "a", mine: "a c" };
const add = (race: Race) => ({ ...added, race });
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
  [..."bdefghijklmnopqrstuvwxyz"].map((name, i) => [`P${i + 1}`, [over1(`a ${name}`)]]),
);
const LISTS: readonly Row[] = [
  ["no other operator writes", added, "written 2 | a c (over 1) | GTP"],
  ["the list is new", { mine: "a" }, "written 1 | a (over 0) | GP"],
  [
    "a stack manages the list: its description names the stack",
    { ...added, tags },
    "written 2 | a c (Managed by the CloudFormation stack team-a. over 1) | GTP",
  ],
  ["another operator creates the list", { mine: "c", race: { P1: ["b"] } }, "merged 2 | b c (over 1) | GPHGTP"],
  ["written after the plan was made", add({ G1: ["a b"] }), "merged 3 | a b c (over 2) | GTP"],
  ["written right before the write", add({ P1: ["a b"] }), "merged 4 | a b c (over 3) | GTPHGTP"],
  ["two others, one after the other", add({ P1: ["a b", "a b d"] }), "merged 5 | a b d c (over 4) | GTPHGTP"],
  ["what one adds, a later one removes", add({ P1: ["a b", "a"] }), "merged 4 | a c (over 1) | GTPHG"],
  [
    "what was there, one removes, and a later one adds",
    { before: "a b", mine: "a b c", race: { P1: [over1("a"), "a d"] } },
    "merged 5 | a d c (over 4) | GTPHGTP",
  ],
  [
    "two others that read the same version",
    add({ P1: [over1("a b"), over1("a d")] }),
    "merged 5 | a b d c (over 4) | GTPHGTP",
  ],
  ["one that read an older version", add({ G1: ["a b"], P1: [over1("a d")] }), "merged 5 | a b d c (over 4) | GTPHGTP"],
  [
    "an entry that was removed before does not return",
    { before: "a x", mine: "a x c", race: { G1: ["a"], P1: [over1("a x d")] } },
    "merged 5 | a d c (over 4) | GTPHGTP",
  ],
  ["both make the same change", add({ G1: ["a c"] }), "written 2 | a c | G"],
  [
    "both change two entries",
    { before: "a b", mine: "a1 b1", race: { G1: ["a2 b2"] } },
    `${clash("a, b")} | a2 b2 | G`,
  ],
  [
    "both change an entry, seen after the write: their text is restored",
    { before: "a", mine: "a1", race: { P1: [{ text: '[ {"name":"a","value":2} ]' }] } },
    `${clash("a")} | [ {"name":"a","value":2} ] (over 3) | GTPHGTP`,
  ],
  [
    "a new order is not merged",
    { before: "a b", mine: "b a", race: { G1: ["a b c"] } },
    `${clash("entries")} | a b c | G`,
  ],
  [
    "a merge that is refused: theirs is restored",
    { ...added, check: refuse, race: { P1: ["a b"] } },
    "not like this | a b (over 3) | GTPHGTP",
  ],
  [
    "a merge that is refused before the write",
    { ...added, check: refuse, race: { G1: ["a b"] } },
    "not like this | a b | G",
  ],
  [
    "text that is not a list is not replaced",
    add({ G1: [{ text: "{" }] }),
    `${kept("was version 1", "is now version 2")} | { | G`,
  ],
  [
    "nor is a SecureString",
    add({ G1: secure }),
    `${kept("was version 1", "is now version 1 of a new parameter")} | AQICAHh35cRdDVVdVcmrkZsAqZ0R1C3btVydNkseXrQqXijMJsgXnORSB35DnQ4m2pJIKv2+MHbPodjDQTbrx2TojkSDg== | G`,
  ],
  [
    "a replaced text that is not a list is reported",
    add({ P1: [{ text: "{" }] }),
    `${replaced(2)} | a c (over 1) | GTPH`,
  ],
  [
    "others write without end",
    { ...added, race: always },
    `Other operators keep changing callers. | a b c e d g f i h k j m l o n q p s r u t (over 39) | ${"GTPH".repeat(20)}`,
  ],
  [
    "Ctrl-C before the first write",
    { mine: "c", race: { P1: aborted("b", early) }, interrupted: early.signal },
    "The operation was aborted | b | GPH",
  ],
  [
    "Ctrl-C after it: theirs is restored",
    { ...added, race: { P1: aborted("a b", late) }, interrupted: late.signal },
    "merged 4 | a b c (over 3) | GTPHGTP",
  ],
  ["a response is lost", add({ P1: [OWN] }), "written 3 | a c (over 1) | GTPHG"],
  ["a response is lost twice", add({ P1: [OWN, OWN] }), "written 4 | a c (over 1) | GTPHG"],
  [
    "a response is lost, and another operator adds to the new list",
    add({ P1: [OWN, over2("a c d")] }),
    "merged 5 | a c d (over 4) | GTPHGTP",
  ],
  [
    "a response is lost, and another operator changes the new entry: their change is later, and kept",
    add({ P1: [OWN, over2("a c2")] }),
    "merged 5 | a c2 (over 4) | GTPHGTP",
  ],
  [
    "a response is lost, and another operator removes the new entry",
    add({ P1: [OWN, over2("a")] }),
    "merged 5 | a (over 4) | GTPHGTP",
  ],
  [
    "others write before and after the attempt whose response is lost",
    add({ P1: ["a b", OWN, { list: "a c d", over: 3 }] }),
    "merged 6 | a b c d (over 5) | GTPHGTP",
  ],
  [
    "the response of a new order is lost",
    { before: "a b", mine: "b a", race: { P1: [OWN] } },
    "written 3 | b a (over 1) | GTPHG",
  ],
  [
    "the response of a new order is lost, and another operator adds to it",
    { before: "a b", mine: "b a", race: { P1: [OWN, over2("b a d")] } },
    "merged 5 | b a d (over 4) | GTPHGTP",
  ],
  ["all responses are lost", add({ P1: [OWN, LOST] }), "written 2 | a c (over 1) | GTPH"],
  [
    "all responses are lost, and the write has replaced another one",
    add({ P1: ["a b", OWN, LOST] }),
    "merged 4 | a b c (over 3) | GTPHHGTP",
  ],
  ["no attempt arrives", add({ P1: [LOST] }), "the response was lost | a | GTPH"],
  ["the list is new, and a response is lost", { mine: "c", race: { P1: [OWN] } }, "written 1 | c (over 0) | GPH"],
  [
    "the list is new, a response is lost, and another operator changes the new entry",
    { mine: "c", race: { P1: [OWN, over1("c2")] } },
    "written 2 | c2 (over 1) | GPH",
  ],
];
for (const [what, scenario, gives] of LISTS) {
  test(what, async () => assert.equal(await run(cluster, scenario), gives));
}
