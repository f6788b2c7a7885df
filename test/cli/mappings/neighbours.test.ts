// A change of one entry of a list keeps the others unchanged, and fails if one of them or the list is invalid.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN, exits, useCluster } from "./cluster.ts";

const A = "111122223333";
const SET = `sso/${A}/Developers`;
const role = (name: string) => `arn:aws:iam::${A}:role/${name}-*`;
const user = (name: string) => `arn:aws:iam::${A}:user/${name}`;

interface Kind {
  readonly list: string;
  entry(name: string): object;
  write(name: string): string[];
  remove(name: string): string[];
}
const PATTERN: Kind = {
  list: `pattern/${A}`,
  entry: (name) => ({ arnLike: role(name), username: name }),
  write: (name) => ["set", role(name), "--username", name],
  remove: (name) => ["remove", role(name)],
};
const SESSION: Kind = {
  list: `sso-session/${A}/developers`,
  entry: (name) => ({ session: name, username: name }),
  write: (name) => ["set", SET, "--session", name, "--username", name],
  remove: (name) => ["remove", SET, "--session", name],
};
const DENIAL: Kind = {
  list: `deny/${A}`,
  entry: (name) => ({ arnLike: user(name) }),
  write: (name) => ["deny", user(name)],
  remove: (name) => ["allow", user(name)],
};

const cluster = useCluster({ ...ADMIN, [`sso/${A}/developers`]: { username: "dev:{SessionName}" } });
const run = (words: readonly string[]) => cluster.mappings([...words, "-y", "--allow-weakening"]);

for (const { list, entry, write, remove } of [PATTERN, SESSION, DENIAL]) {
  const kept = { ...entry("kept"), description: "as it was" };
  const stored = () => cluster.value(list);

  test(`${list}: adding, changing and removing an entry keeps the others and their order`, async () => {
    cluster.put(list, [kept, entry("b")]);
    await exits(run(write("c")), 0);
    assert.deepEqual(await stored(), [kept, entry("b"), entry("c")]);
    await exits(run([...write("b"), "--description", "changed"]), 0);
    assert.deepEqual(await stored(), [kept, { ...entry("b"), description: "changed" }, entry("c")]);
    await exits(run(remove("b")), 0);
    assert.deepEqual(await stored(), [kept, entry("c")]);
    await exits(run(remove("other")), 1);
  });

  test(`${list}: an invalid neighbour or list stops each change of another entry`, async () => {
    const text = JSON.stringify(entry("x"));
    for (const [value, problem] of [
      [[kept, { ...entry("x"), until: "2020-01-01" }], `: entry 2 \\(.*x.*\\) is invalid: .*until`],
      [`[${text.replace("{", '{"description":"a","description":"b",')}]`, ": .*repeated"],
      [`[${text},]`, " is not a JSON list"],
      [entry("x"), " is not a JSON list"],
    ] as const) {
      cluster.put(list, value);
      const { version } = JSON.parse((await cluster.mappings(["get", list, "-o", "json"])).out);
      // Of an invalid list, allow says what still denies the identity.
      const removal = list.startsWith("deny/") ? [] : [remove("kept")];
      for (const words of [write("a"), write("kept"), ...removal]) {
        await exits(run(words), 2, new RegExp(`^${list}${problem}.*Nothing was written`));
      }
      assert.equal(JSON.parse((await cluster.mappings(["get", list, "-o", "json"])).out).version, version);
    }
  });

  test(`${list}: the invalid entry can be removed, and the last removal writes an empty list`, async () => {
    cluster.put(list, [kept, { ...entry("x"), until: "2020-01-01" }]);
    await exits(run(remove("x")), 0);
    assert.deepEqual(await stored(), [kept]);
    await exits(run(remove("kept")), 0);
    assert.deepEqual(await stored(), []);
    assert.ok(!cluster.store.requests.some(({ headers }) => `${headers["x-amz-target"]}`.includes("Delete")));
  });
}

test("set repairs an invalid entry, and compares patterns without case", async () => {
  cluster.put(PATTERN.list, [{ arnLike: role("b"), groups: ["g"] }]);
  await exits(run(PATTERN.write("B")), 0);
  assert.deepEqual(await cluster.value(PATTERN.list), [{ arnLike: role("b"), username: "B", groups: ["g"] }]);
});

for (const { list, entry } of [PATTERN, SESSION]) {
  test(`${list}: remove with the list's name removes an invalid list, and empties a valid one`, async () => {
    cluster.put(list, "[{}");
    await exits(run(["remove", list]), 0);
    cluster.put(list, [entry("a")]);
    await exits(run(["remove", list]), 0);
    assert.deepEqual(await cluster.value(list), []);
    await exits(run(["remove", list]), 1, `${list} is already empty.\nNothing was removed.\n`);
  });
}

for (const { list, entry, remove } of [PATTERN, SESSION]) {
  test(`${list}: rollback of one entry restores or removes it, and the list's name restores all`, async () => {
    const rollback = (name: string, to: string) => run(["rollback", ...remove(name).slice(1), "--to", to]);
    const other = { ...entry("other"), description: "new" };
    cluster.put(list, [entry("a"), entry("other")]);
    cluster.put(list, [other, { ...entry("a"), groups: ["changed"] }, entry("added")]);
    await exits(rollback("a", "1"), 0);
    assert.deepEqual(await cluster.value(list), [other, entry("a"), entry("added")]);
    await exits(rollback("added", "1"), 0);
    assert.deepEqual(await cluster.value(list), [other, entry("a")]);
    await exits(rollback("joe", "1"), 1, new RegExp(`^Neither ${list} nor its version 1 has .*joe`));
    cluster.put(list, [{ ...other, until: "2020-01-01" }]);
    await exits(rollback("a", "1"), 2, new RegExp(`^${list}: entry 1 `));
    await exits(run(["rollback", list, "--to", "1"]), 0);
    assert.deepEqual(await cluster.value(list), [entry("a"), entry("other")]);
  });
}
