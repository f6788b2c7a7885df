// Another operator creates or changes a parameter between any two calls of a command: nothing of
// theirs is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OWNER_TAG } from "../../../../functions/settings/stack.ts";
import { exits, PREFIX, useCluster } from "./cluster.ts";

const A = "111122223333";
const [ROLE, SESSIONS, DENY] = [`role/${A}/x`, `sso-session/${A}/view`, `deny/${A}`];
const SET = { [`sso/${A}/view`]: { username: "v:{SessionName}", groups: ["dev"] } };
const cluster = useCluster(SET, "each");
const arn = (resource: string) => `arn:aws:iam::${A}:${resource}`;
const BOB = { session: "bob", username: "bob" };
const MALLORY = { arnLike: arn("user/mallory") };
const THEIRS = { arn: arn("role/x"), username: "theirs", groups: ["g"] };

/** Of all calls, also those after the writes. */
const MOST_CALLS = 12;

interface Sweep {
  readonly words: readonly string[];
  /** What another operator writes, before one of the calls. */
  readonly theirs: Readonly<Record<string, unknown>>;
  /** Whether theirs is kept. */
  readonly isKept: (value: (name: string) => Promise<unknown>, out: string) => Promise<boolean>;
}

/** The exit codes and last messages, if they write before the first call, the second, and so on. */
async function sweep({ words, theirs, isKept }: Sweep): Promise<string[]> {
  const ends: string[] = [];
  for (let point = 1; point <= MOST_CALLS; point += 1) {
    for (const name of [DENY, ...Object.keys(theirs)]) cluster.store.remove(`${PREFIX}/${name}`);
    let calls = 0;
    cluster.store.fail(() => {
      calls += 1;
      if (calls === point)
        for (const [name, value] of Object.entries(theirs)) cluster.put(name, value);
      return undefined;
    });
    const { code, out, err } = await cluster.mappings(words);
    cluster.store.fail(undefined);
    if (calls < point) break;
    assert.ok(await isKept(cluster.value, out), `before call ${point}: ${code} ${err}`);
    const [last = ""] = err.trimEnd().split("\n").slice(-1);
    ends.push(`${code} ${last.replaceAll(`${PREFIX}/`, "").replaceAll(A, "A")}`);
  }
  return [...new Set(ends)];
}

const has = (list: unknown, key: string, name: string) =>
  Array.isArray(list) && list.some((entry: Record<string, unknown>) => entry[key] === name);

test("another operator adds the first session of a set: both are stored", async () => {
  const words = ["set", `sso/${A}/View`, "--session", "jane", "--username", "jane", "-y"];
  const isKept: Sweep["isKept"] = async (value) => {
    const list = await value(SESSIONS);
    return has(list, "session", "bob") && has(list, "session", "jane");
  };
  const ends = await sweep({ words, theirs: { [SESSIONS]: [BOB] }, isKept });
  assert.ok(
    ends.every((end) => end.startsWith("0 ")),
    ends.join("\n"),
  );
});

test("a mapping that another operator creates meanwhile is kept", async () => {
  const words = ["set", arn("role/x"), "--username", "mine", "-y"];
  const isKept: Sweep["isKept"] = async (value, out) => {
    const { username, groups } = (await value(ROLE)) as typeof THEIRS;
    // A plan that has read theirs shows what it changes.
    return (
      username === "theirs" || (out.includes("username: theirs -> mine") && groups?.[0] === "g")
    );
  };
  const ends = await sweep({ words, theirs: { [ROLE]: THEIRS }, isKept });
  const conflict = "1 Nothing was written. Run the same command again.";
  assert.ok(ends.includes(conflict), ends.join("\n"));
});

for (const flag of [[], ["--allow-weakening"]]) {
  test(`another operator denies at the same time: both are denied ${flag}`, async () => {
    const isKept: Sweep["isKept"] = async (value) => {
      const list = await value(DENY);
      return has(list, "arnLike", MALLORY.arnLike) && has(list, "arnLike", arn("user/bob"));
    };
    const words = ["deny", arn("user/bob"), "-y", ...flag];
    const ends = await sweep({ words, theirs: { [DENY]: [MALLORY] }, isKept });
    assert.ok(
      ends.every((end) => end.startsWith("0 ")),
      ends.join("\n"),
    );
  });
}

test("another operator prolongs an ended denial, which a new one drops: both are denied", async () => {
  const old = (end: string) => ({ arnLike: arn("user/old"), notAfter: end });
  const [ended, prolonged] = [old("2020-01-01T00:00:00Z"), old("2099-01-01T00:00:00Z")];
  for (const [words, isDenied, kept] of [
    [["deny", arn("user/bob")], true, "both"],
    // This removes the entry itself, so the change of the other operator stops it.
    [["allow", arn("user/old")], false, "theirs"],
  ] as const) {
    const ends = new Set<string>();
    for (let point = 2; ; point += 1) {
      cluster.store.remove(`${PREFIX}/${DENY}`);
      cluster.put(DENY, [ended, MALLORY]);
      let calls = 0;
      cluster.store.fail(() => {
        calls += 1;
        if (calls === point) cluster.put(DENY, [prolonged, MALLORY]);
        return undefined;
      });
      const { code, err } = await cluster.mappings([...words, "-y"]);
      cluster.store.fail(undefined);
      if (calls < point) break;
      const expected = [prolonged, MALLORY, ...(isDenied ? [{ arnLike: arn("user/bob") }] : [])];
      assert.deepEqual(await cluster.value(DENY), expected, `before call ${point}: ${code} ${err}`);
      ends.add(code === 0 ? "both" : "theirs");
    }
    assert.deepEqual([...ends], [kept], words[0]);
  }
});

const PATTERN = { arnLike: arn("role/ci-*"), username: "ci" };
test("a list that changes between two reads starts the plan again", async () => {
  cluster.put(`account/${A}`, {});
  const words = ["set", arn("role/x-*"), "--username", "x", "-y", "--allow-weakening"];
  const isKept: Sweep["isKept"] = async (value) => {
    const list = await value(`pattern/${A}`);
    return has(list, "arnLike", PATTERN.arnLike);
  };
  const ends = await sweep({ words, theirs: { [`pattern/${A}`]: [PATTERN] }, isKept });
  assert.ok(ends.length > 0);
  let changes = 0;
  cluster.store.fail(({ body }) => {
    if (body.includes("Path"))
      cluster.put(`pattern/${A}`, [{ ...PATTERN, description: String(changes++) }]);
    return undefined;
  });
  const { err } = await exits(cluster.mappings(["set", arn("role/y-*"), ...words.slice(2)]), 3);
  cluster.store.fail(undefined);
  const again = new RegExp(
    `^Another operator changed \\S+pattern/${A} while the plan was made\\. The plan starts again\\.$`,
    "gm",
  );
  assert.equal(err.match(again)?.length, 4);
  assert.match(err, /Other operators keep changing \S+pattern\/\d+\. Nothing was written\.\n$/);
});

test("a restriction that is skipped because a stack owns it: the wider grant is marked", async () => {
  const jane = { session: "jane@example.com", username: "jane", groups: ["read"] };
  const name = `${PREFIX}/${SESSIONS}`;
  cluster.store.put(name, JSON.stringify([BOB]), { tags: { [OWNER_TAG]: "team-a" } });
  const file = {
    mappings: [
      {
        permissionSet: "View",
        account: A,
        username: "v:{SessionName}",
        groups: ["dev", "deployers"],
      },
      { permissionSet: "View", account: A, ...jane },
    ],
  };
  const run = await cluster.mappings(["apply", "-f", "-", "-y"], { input: JSON.stringify(file) });
  assert.match(
    run.err,
    /gets v:\{SessionName\} \(dev, deployers\) by \S+: sso-session\/\S+ takes precedence, and its change is skipped/,
  );
  assert.equal(run.code, 1);
  assert.deepEqual(await cluster.value(`sso/${A}/view`), SET[`sso/${A}/view`]);
});

test("a role that meanwhile became an administrator, but not the last, is denied", async () => {
  const admin = (name: string) => ({
    arn: arn(`role/${name}`),
    username: name,
    groups: ["system:masters"],
  });
  cluster.put(`role/${A}/root`, admin("root"));
  const isKept: Sweep["isKept"] = async (value) => has(await value(DENY), "arnLike", arn("role/x"));
  const ends = await sweep({
    words: ["deny", arn("role/x"), "-y"],
    theirs: { [ROLE]: admin("x") },
    isKept,
  });
  assert.ok(
    ends.every((end) => end.startsWith("0 ")),
    ends.join("\n"),
  );
});
