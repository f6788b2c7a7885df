// A change of one entry of a list keeps the others unchanged, and fails if one of them or the list
// is invalid.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN, exits, useCluster } from "./cluster.ts";

const A = "111122223333";
const SET = `sso/${A}/Developers`;
const role = (name: string) => `arn:aws:iam::${A}:role/${name}-*`;
const user = (name: string) => `arn:aws:iam::${A}:user/${name}`;

/** Each kind of list: an entry, and the words that write and remove one. */
const PATTERN = [
  `pattern/${A}`,
  (name: string) => ({ arnLike: role(name), username: name }),
  (name: string) => ["set", role(name), "--username", name],
  (name: string) => ["remove", role(name)],
] as const;
const SESSION = [
  `sso-session/${A}/developers`,
  (name: string) => ({ session: name, username: name }),
  (name: string) => ["set", SET, "--session", name, "--username", name],
  (name: string) => ["remove", SET, "--session", name],
] as const;
const DENIAL = [
  `deny/${A}`,
  (name: string) => ({ arnLike: user(name) }),
  (name: string) => ["deny", user(name)],
  (name: string) => ["allow", user(name)],
] as const;

const cluster = useCluster({
  ...ADMIN,
  [`sso/${A}/developers`]: { username: "dev:{SessionName}" },
});
const run = (words: readonly string[]) => cluster.mappings([...words, "-y", "--allow-weakening"]);

for (const [list, entry, write, remove] of [PATTERN, SESSION, DENIAL]) {
  const kept = { ...entry("kept"), description: "as it was" };
  const stored = () => cluster.value(list);

  test(`${list}: adding, changing and removing an entry keeps the others and their order`, async () => {
    cluster.put(list, [kept, entry("b")]);
    await exits(run(write("c")), 0);
    assert.deepEqual(await stored(), [kept, entry("b"), entry("c")]);
    await exits(run([...write("b"), "--description", "changed"]), 0);
    assert.deepEqual(await stored(), [kept, { ...entry("b"), description: "changed" }, entry("c")]);
    // Patterns are compared without case.
    await exits(run(remove(list === SESSION[0] ? "b" : "B")), 0);
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
      assert.equal(
        JSON.parse((await cluster.mappings(["get", list, "-o", "json"])).out).version,
        version,
      );
    }
  });

  test(`${list}: the invalid entry can be removed, and the last removal writes an empty list`, async () => {
    cluster.put(list, [kept, { ...entry("x"), until: "2020-01-01" }]);
    await exits(run(remove("x")), 0);
    assert.deepEqual(await stored(), [kept]);
    await exits(run(remove("kept")), 0);
    assert.deepEqual(await stored(), []);
  });
}

for (const [list, entry, write, remove] of [PATTERN, SESSION]) {
  test(`${list}: set repairs an invalid entry, and remove with the list's name an invalid list`, async () => {
    const { username: _, ...broken } = entry("b");
    cluster.put(list, [{ ...broken, groups: ["g"] }]);
    await exits(run(write("b")), 0);
    assert.deepEqual(await cluster.value(list), [{ ...entry("b"), groups: ["g"] }]);
    cluster.put(list, "[{}");
    await exits(run(["remove", list]), 0);
    cluster.put(list, [entry("a")]);
    await exits(run(["remove", list]), 0);
    assert.deepEqual(await cluster.value(list), []);
    await exits(run(["remove", list]), 1, `${list} is already empty.\nNothing was removed.\n`);
  });

  test(`${list}: rollback of one entry restores or removes it, and the list's name restores all`, async () => {
    const rollback = (name: string) => run(["rollback", ...remove(name).slice(1), "--to", "1"]);
    const other = { ...entry("other"), description: "new" };
    cluster.put(list, [entry("a"), entry("other")]);
    cluster.put(list, [other, { ...entry("a"), groups: ["changed"] }, entry("added")]);
    await exits(rollback("a"), 0);
    assert.deepEqual(await cluster.value(list), [other, entry("a"), entry("added")]);
    await exits(rollback("added"), 0);
    assert.deepEqual(await cluster.value(list), [other, entry("a")]);
    await exits(rollback("joe"), 1, new RegExp(`^Neither ${list} nor its version 1 has .*joe`));
    cluster.put(list, [{ ...other, until: "2020-01-01" }]);
    await exits(rollback("a"), 2, new RegExp(`^${list}: entry 1 `));
    await exits(run(["rollback", list, "--to", "1"]), 0);
    assert.deepEqual(await cluster.value(list), [entry("a"), entry("other")]);
  });
}
