// Changing one entry of a list keeps the others unchanged, and fails if one of them or the list is invalid.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ADMIN, exits, type LocalCluster, PREFIX, storedCluster } from "./cluster.ts";

const LIST = "pattern/111122223333";
const pattern = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster(ADMIN);
});
afterEach(() => cluster.store.close());

const put = (value: unknown) =>
  cluster.store.put(`${PREFIX}/${LIST}`, typeof value === "string" ? value : JSON.stringify(value));
const stored = async () => cluster.value(LIST);

const VALID = { arnLike: pattern("b-*"), username: "b", groups: ["x"], description: "kept" };
const UNKNOWN_KEY = { arnLike: pattern("c-*"), username: "c", groups: ["system:masters"], until: "2020-01-01" };

test("set of one pattern fails if another entry is invalid, and names that entry", async () => {
  const before = [VALID, UNKNOWN_KEY];
  put(before);
  for (const words of [
    ["set", pattern("a-*"), "--username", "a"],
    ["set", pattern("b-*"), "--group", "y"],
    ["remove", pattern("b-*")],
  ]) {
    const { err } = await exits(
      cluster.mappings([...words, "-y"]),
      2,
      /^pattern\/111122223333: entry 2 \(\S+role\/c-\*\) is invalid: /,
    );
    assert.match(err, /Nothing was written\. Fix or remove that entry first/);
    assert.deepEqual(await stored(), before);
  }
});

test("the invalid entry can be changed and removed", async () => {
  put([VALID, UNKNOWN_KEY]);
  assert.equal((await cluster.mappings(["remove", pattern("c-*"), "-y", "--allow-weakening"])).code, 0);
  assert.deepEqual(await stored(), [VALID]);
  put([VALID, { arnLike: pattern("c-*"), groups: ["g"] }]);
  assert.equal((await cluster.mappings(["set", pattern("c-*"), "--username", "c", "-y", "--allow-weakening"])).code, 0);
  assert.deepEqual(await stored(), [VALID, { arnLike: pattern("c-*"), username: "c", groups: ["g"] }]);
});

for (const [what, text] of [
  ["not JSON", `[{"arnLike":"${pattern("c-*")}","username":"c"},]`],
  ["an object", `{"arnLike":"${pattern("c-*")}","username":"c"}`],
] as const) {
  test(`a list that is ${what} is not replaced`, async () => {
    put(text);
    for (const words of [
      ["set", pattern("a-*"), "--username", "a"],
      ["remove", pattern("c-*")],
    ]) {
      await exits(
        cluster.mappings([...words, "-y"]),
        2,
        /^pattern\/111122223333 is not a JSON list\. Nothing was written\./,
      );
    }
    const { out } = await cluster.mappings(["get", LIST, "-o", "json"]);
    assert.match(out, /c-\*/);
    // Removing the entire list works.
    assert.equal((await cluster.mappings(["remove", LIST, "-y", "--allow-weakening"])).code, 0);
  });
}

test("other entries keep their bytes and order", async () => {
  const neighbour = `{"groups":["x"],  "username" : "b\\u0061", "arnLike":"${pattern("b-*")}"}`;
  put(`[${neighbour},{"arnLike":"${pattern("a-*")}","username":"a"}]`);
  await cluster.mappings(["set", pattern("A-*"), "--username", "aa", "-y", "--allow-weakening"]);
  const [kept, changed] = (await stored()) as object[];
  assert.equal(JSON.stringify(kept), JSON.stringify(JSON.parse(neighbour)));
  assert.deepEqual(changed, { arnLike: pattern("a-*"), username: "aa" });
});

test("rollback of one pattern restores only that pattern", async () => {
  put([VALID]);
  put([
    { ...VALID, username: "old" },
    { arnLike: pattern("a-*"), username: "a" },
  ]);
  put([
    { ...VALID, username: "new" },
    { arnLike: pattern("a-*"), username: "changed" },
  ]);
  await exits(cluster.mappings(["rollback", pattern("a-*"), "-y", "--allow-weakening"]), 0);
  assert.deepEqual(await stored(), [
    { ...VALID, username: "new" },
    { arnLike: pattern("a-*"), username: "a" },
  ]);
  // Version 1 lacks the pattern.
  assert.equal((await cluster.mappings(["rollback", pattern("a-*"), "--to", "1", "-y", "--allow-weakening"])).code, 0);
  assert.deepEqual(await stored(), [{ ...VALID, username: "new" }]);
  put([VALID, UNKNOWN_KEY]);
  await exits(
    cluster.mappings(["rollback", pattern("b-*"), "--to", "2", "-y"]),
    2,
    /^pattern\/111122223333: entry 2 \(\S+role\/c-\*\) is invalid/,
  );
  // The list's name restores the entire list.
  assert.equal((await cluster.mappings(["rollback", LIST, "--to", "1", "-y", "--allow-weakening"])).code, 0);
  assert.deepEqual(await stored(), [VALID]);
});
