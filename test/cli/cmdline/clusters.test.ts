// Work in several clusters: how many at once, in which order, and what is printed.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { inTurns, outputByCluster } from "../../../cli/cmdline/clusters.ts";
import { terminal } from "../plan/connection.ts";

const REGIONS = ["us-east-1", "us-west-2"];
/** Twenty, of which the first ten are in one Region. */
const ALL = Array.from({ length: 20 }, (_, at) => ({
  index: at,
  cluster: { region: `${REGIONS[at < 10 ? 0 : 1]}` },
}));
const settled = async () => {
  for (let turn = 0; turn < 50; turn += 1) await null;
};

test("sixteen clusters are worked on at once, and a slow one delays no other", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const started: number[] = [];
  const ends = new Map<number, () => void>();
  const counts: number[] = [];
  const work = ({ index }: (typeof ALL)[number]) => {
    started.push(index);
    return new Promise<string>((resolve) => ends.set(index, () => resolve(`done ${index}`)));
  };
  const working = inTurns(ALL, work, { onEnd: (ended) => counts.push(ended) });
  await settled();
  assert.deepEqual(started, [0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 5, 15, 6, 16, 7, 17]);
  ends.get(3)?.();
  await settled();
  assert.deepEqual(started.slice(16), [8]);
  assert.deepEqual(counts, [1]);
  mock.timers.tick(3_000);
  await settled();
  assert.deepEqual(started.slice(17), [18, 9, 19]);
  for (const end of ends.values()) end();
  const done = ALL.map(({ index }) => `done ${index}`);
  assert.deepEqual(await working, done);
  assert.equal(counts.at(-1), ALL.length);
  mock.timers.reset();
});

test("work that prints as it comes can be done one after the other, and an error is thrown", async () => {
  let running = 0;
  const work = async () => {
    running += 1;
    assert.equal(running, 1);
    await settled();
    running -= 1;
  };
  await inTurns(ALL, work, { atOnce: 1 });
  const failing = inTurns(ALL, async ({ index }) => assert.notEqual(index, 7));
  await assert.rejects(failing, { code: "ERR_ASSERTION" });
});

test("output is in the order of the clusters, and a common message is printed once", () => {
  const { run, texts } = terminal();
  const output = outputByCluster([{ name: "a" }, { name: "b" }, { name: "c" }], run);
  const [a, b, c] = ["a", "b", "c"].map(output.runOf);
  c?.log("Slow.\n");
  b?.print("B\n");
  for (const stream of [c, a]) stream?.log("Same.\n");
  a?.print("A\n");
  assert.deepEqual(texts, []);
  output.flush();
  output.flush();
  assert.deepEqual(texts, ["a, c: Same.", "c: Slow.", "A", "B"]);
});
