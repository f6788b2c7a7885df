// apply and diff of lists: without --prune, entries that are not in the file keep their positions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useFolder } from "../../fixtures.ts";
import { ADMIN, exits, prints, useCluster } from "./cluster.ts";

const LIST = "pattern/111122223333";
const pattern = (name: string, username = name) => ({
  arnLike: `arn:aws:iam::111122223333:role/${name}-*`,
  username,
});
const NOW = Date.UTC(2026, 10, 25);
const cluster = useCluster(ADMIN);
const put = (value: unknown, name = LIST) => cluster.put(name, value);
const { write } = useFolder();
const stored = () => cluster.value(LIST);
const withFile = (words: string, mappings: readonly unknown[], deny: readonly unknown[] = []) =>
  cluster.mappings(`${words} -f -`, { input: JSON.stringify({ mappings, deny }), now: NOW });
const APPLY = "apply -y --allow-weakening";

test("stored patterns keep their positions, and new ones are appended", async () => {
  put([pattern("a"), pattern("b"), pattern("c")]);
  const file = [pattern("b", "changed"), pattern("new")];
  const diff = await exits(withFile("diff", file), 1);
  assert.match(
    diff.out,
    /\n~ pattern\/111122223333\n {4}- \S+b-\* b\n {4}\+ \S+b-\* changed\n {4}\+ \S+new-\* new\n/,
  );
  await prints(withFile(APPLY, file), diff.out);
  const wanted = [pattern("a"), pattern("b", "changed"), pattern("c"), pattern("new")];
  assert.deepEqual(await stored(), wanted);
  await prints(withFile(APPLY, file), /\n0 to add, 0 to change, 0 to remove, 1 unchanged/);
  await exits(withFile(`${APPLY} --prune --force`, [pattern("c"), pattern("a")]), 0);
  assert.deepEqual(await stored(), [pattern("c"), pattern("a")]);
});

test("--prune keeps and reports denials; --prune-denials removes them", async () => {
  const denial = (name: string, more: object = {}) => ({
    arnLike: `arn:aws:iam::111122223333:user/${name}`,
    ...more,
  });
  put([denial("leaver"), denial("of-file"), denial("other")], "deny/111122223333");
  put([{ arnLike: "arn:aws:iam::*:user/guest" }], "deny/any");
  const deny = [denial("new"), denial("of-file", { description: "changed" })];
  const admin = {
    permissionSet: "ClusterAdmin",
    account: "111122223333",
    ...ADMIN["sso/111122223333/clusteradmin"],
  };
  const run = (words: string) => withFile(words, [admin], deny);
  const kept = [denial("leaver").arnLike, denial("other").arnLike, "arn:aws:iam::*:user/guest"];
  const line = `3 denials are not in the files and are kept; --prune-denials removes them: ${kept.join(", ")}.\n`;
  const dry = await exits(run("apply --prune --dry-run"), 0, "Nothing was written.\n");
  assert.ok(dry.out.endsWith(line), dry.out);
  // The question is answered before the list, however long it is.
  let atQuestion = "";
  let printed = "";
  const file = write("kept.json", JSON.stringify({ mappings: [admin], deny }));
  const asked = await cluster.mappings(`apply --prune -f ${file}`, {
    now: NOW,
    interactive: true,
    input: "n\n",
    onPrint: (text) => {
      printed += text;
    },
    onLog: (text) => {
      if (text.includes("[y/N]")) atQuestion = printed;
    },
  });
  assert.equal(asked.code, 1, asked.err);
  assert.match(atQuestion, /1 unchanged\.\n$/);
  assert.doesNotMatch(asked.out, /are kept/);
  const { out } = await exits(run("apply -y --prune"), 0);
  assert.ok(out.endsWith(`0 to add, 1 to change, 0 to remove, 1 unchanged.\n${line}`), out);
  const list = [denial("leaver"), deny[1], denial("other"), denial("new")];
  assert.deepEqual(await cluster.value("deny/111122223333"), list);
  const same = await exits(run("diff --prune"), 0);
  assert.ok(same.out.endsWith(`unchanged.\n${line}`), same.out);
  const data = JSON.parse((await run("diff --prune -o json")).out);
  assert.deepEqual([data.changes, data.keptDenials], [[], kept]);
  await exits(run("apply -y --prune-denials"), 1, /--allow-weakening/);
  await exits(run(`${APPLY} --prune-denials`), 0);
  assert.deepEqual(
    [await cluster.value("deny/111122223333"), await cluster.value("deny/any")],
    [deny, []],
  );
});

test("a new order of two stored patterns requires --prune", async () => {
  const before = [pattern("a"), pattern("b"), pattern("c")];
  put(before);
  for (const command of ["diff", APPLY]) {
    const message =
      /^pattern\/\d+: the file has \S+c-\* before \S+a-\*, but the stored list has the reverse order/;
    await exits(withFile(command, [pattern("c"), pattern("new"), pattern("a")]), 2, message);
  }
  assert.deepEqual(await stored(), before);
  // New patterns between them and the order of denials have no effect.
  await exits(withFile(APPLY, [pattern("new"), pattern("a"), pattern("c")]), 0);
  assert.deepEqual(await stored(), [...before, pattern("new")]);
  const denials = ["x", "y"].map((name) => ({ arnLike: `arn:aws:iam::111122223333:user/${name}` }));
  put(denials, "deny/111122223333");
  await prints(withFile(APPLY, [], denials.toReversed()), /0 to change, 0 to remove, 1 unchanged/);
});

test("a list that is invalid is not replaced without --prune", async () => {
  const invalid = [pattern("a"), { ...pattern("x"), until: "2020" }];
  for (const [value, message] of [
    ["[", /^pattern\/111122223333 is not a JSON list\. Nothing was written\./],
    [invalid, /^pattern\/111122223333: entry 2 \(\S+x-\*\) is invalid: .*Nothing was written\./],
  ] as const) {
    put(value);
    for (const command of ["diff", APPLY])
      await exits(withFile(command, [pattern("a")]), 2, message);
  }
  assert.deepEqual(await stored(), invalid);
});

test("an expired entry is written with a warning, one that ends later without", async () => {
  const ended = { ...pattern("a"), notAfter: "2026-01-01T00:00:00Z" };
  put([ended]);
  const file = [ended, { ...pattern("b"), notAfter: "2027-01-01T00:00:00Z" }];
  await exits(
    withFile(APPLY, file),
    0,
    /^Warning: \S+a-\* ended on 2026-01-01T00:00:00Z\.\nWrote 1 param/,
  );
  assert.deepEqual(await stored(), file);
});
