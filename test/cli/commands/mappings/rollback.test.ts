// `mappings rollback` without --to: what a change of several writes replaced, and not the value
// between them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readHistory } from "../../../../cli/aws/parameter-store.ts";
import { UNINTERRUPTED } from "../../../../cli/plan/write-parameter.ts";
import { shippedSsm } from "../../shipped-sdk.ts";
import { exits, PREFIX, useCluster } from "./cluster.ts";

const A = "111122223333";
const LIST = `deny/${A}`;
const user = (name: string) => ({ arnLike: `arn:aws:iam::${A}:user/${name}` });
const cluster = useCluster({ [`user/${A}/x`]: { arn: user("x").arnLike, username: "x" } });

const names = async () => {
  const list = (await cluster.value(LIST)) as { arnLike: string }[];
  return list.map(({ arnLike }) => arnLike.slice(arnLike.lastIndexOf("/") + 1)).join(" ");
};
/** Replaces the list by a file, and calls `race` before the command's write number `at`. */
async function replace(wanted: readonly string[], at = 0, race: () => unknown = () => {}) {
  let writes = 0;
  cluster.store.fail(({ headers }) => {
    if (headers["x-amz-target"] !== "AmazonSSM.PutParameter") return undefined;
    writes += 1;
    if (writes === at) race();
    return undefined;
  });
  const input = JSON.stringify({
    mappings: [{ arn: user("x").arnLike, username: "x" }],
    deny: wanted.map(user),
  });
  const result = await cluster.mappings("apply -f - --prune-denials --allow-weakening -y", {
    input,
  });
  cluster.store.fail(undefined);
  return result;
}
const rollback = () => cluster.mappings(`rollback ${LIST} --allow-weakening -y`);
const put = (list: readonly string[]) => cluster.put(LIST, list.map(user));

async function descriptions() {
  const ssm = shippedSsm({ endpoint: cluster.store.url });
  const history = await readHistory(ssm, `${PREFIX}/${LIST}`, UNINTERRUPTED);
  ssm.destroy();
  return history.map(({ description }) => description);
}

test("rollback restores the value before both writes of a list", async () => {
  put(["a"]);
  put(["x", "b"]);
  await exits(replace(["b", "c"]), 0);
  assert.equal(await names(), "b c");
  const written = ["Written over version 3", "First of two writes. Written over version 2"];
  assert.deepEqual((await descriptions()).slice(0, 2), written);
  await exits(rollback(), 0);
  assert.equal(await names(), "x b");
});

test("rollback never restores a value between two writes", async () => {
  for (const [what, at, theirs, restored] of [
    ["before the first write: it is replaced, and merged", 1, ["x", "b", "d"], "x b d"],
    ["before the second write", 2, ["x", "b", "c", "d"], "x b c d"],
  ] as const) {
    cluster.store.remove(`${PREFIX}/${LIST}`);
    put(["a"]);
    put(["x", "b"]);
    const race = () => put(theirs);
    await exits(replace(["b", "c"], at, race), 0);
    assert.equal(await names(), at === 1 ? "b d c" : "b c d", what);
    await exits(rollback(), 0);
    assert.equal(await names(), restored, what);
  }
});

test("after a lost response, rollback restores the value before both attempts", async () => {
  cluster.store.remove(`${PREFIX}/${LIST}`);
  for (const list of [["a"], ["b"], ["b"]]) put(list);
  await exits(rollback(), 0);
  assert.equal(await names(), "a");
});

/** Runs a rollback of two denials, and calls `race` before its call number `at`. */
async function raced(at: number, words: string, race: () => unknown) {
  cluster.store.remove(`${PREFIX}/${LIST}`);
  for (const list of [["x"], ["x", "mistake"]]) put(list);
  let calls = 0;
  cluster.store.fail(() => {
    calls += 1;
    if (calls === at) race();
    return undefined;
  });
  const result = await cluster.mappings(`rollback ${LIST} --allow-weakening -y ${words}`);
  cluster.store.fail(undefined);
  return { ...result, isRaced: calls >= at };
}

test("a rollback that is planned again never lifts what another operator has denied since", async () => {
  const ends: string[] = [];
  // The first call reads the function's settings, and the second one the history.
  for (let at = 3; ; at += 1) {
    const { code, err, isRaced } = await raced(at, "", () => put(["x", "mistake", "mallory"]));
    if (!isRaced) break;
    const [message] = err.split("\n").filter((line) => line.includes("mappings history"));
    ends.push(`${code} ${message ?? "merged"}`);
    // The write merges both changes. The command stops if it has not planned its write.
    const isMerged = code === 0;
    const expected = isMerged ? "x mallory" : "x mistake mallory";
    assert.equal(await names(), expected, `before call ${at}: ${err}`);
  }
  const stops =
    "1 Review it with mappings history. Then run the same command again, or choose the version with --to.";
  assert.deepEqual(new Set(ends), new Set([stops, "0 merged"]));
});

test("with --to, a plan that starts again restores that version, and shows what it lifts", async () => {
  const { out } = await exits(
    raced(4, "--to 1", () => put(["x", "mistake", "mallory"])),
    0,
    /The plan starts again/,
  );
  assert.match(out, /user\/mallory is no longer denied/);
  assert.equal(await names(), "x");
});
