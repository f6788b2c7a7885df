// Changes that are not harmless are marked in the plan, need their own yes, and are refused with
// --yes alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isPut } from "./apply.ts";
import { ADMIN, exits, useCluster } from "./cluster.ts";

const A = "111122223333";
const arn = (name: string) => `arn:aws:iam::${A}:user/${name}`;
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const user = (name: string, more: object) => ({
  [`user/${A}/${name}`]: { arn: arn(name), ...more },
});

const cluster = useCluster({
  ...ADMIN,
  ...user("pinned", { username: "p", principalId: "AIDAPINNED" }),
  ...user("plain", { username: "n", groups: ["g", "h"], description: "d" }),
  ...user("listed", { username: "l" }),
  [`account/${A}`]: { username: "a", groups: ["everybody"] },
  [`deny/${A}`]: [{ arnLike: arn("listed") }],
});

// test/cli/model/access/changes.test.ts proves the texts.
const ACCOUNT = `account/${A} applies and gives a (everybody)`;
const MARKED = {
  [`allow ${arn("listed")}`]: `user/listed is no longer denied by deny/${A}: ${ACCOUNT}, or user/${A}/listed`,
  [`set ${arn("plain")} --add-group system:masters`]: `plain gets n (g, h, system:masters) by user/${A}/plain: system:masters makes an administrator`,
  [`set ${role("x-*")} --username x`]: `pattern/${A} role/x-* gives x to every identity that it matches`,
  [`remove ${arn("plain")}`]: `plain is no longer mapped by user/${A}/plain: ${ACCOUNT}`,
};

for (const [words, mark] of Object.entries(MARKED)) {
  test(`${words.replaceAll(/arn:\S+:/g, "")} is marked, and needs its own yes`, async () => {
    const plan = await exits(cluster.mappings(`${words} --dry-run`), 0);
    assert.ok(plan.out.includes(`\n    ! ${mark}`), plan.out);
    assert.match(plan.out, /\n! Needs your consent: 1 [a-z ]+\.\n$/);
    const refused = await exits(cluster.mappings(`${words} -y`), 1);
    assert.ok(refused.err.includes(`\n  ${mark}`), refused.err);
    const first = await cluster.mappings(words, { interactive: true, input: "n\n" });
    assert.deepEqual([first.code, first.err.match(/\[y\/N\]/g)?.length], [1, 1], first.err);
    assert.match(
      first.err,
      /^Accept what is marked ! above \(1 [a-z ]+\)\? \[y\/N\] Nothing was written\.\n/,
    );
    assert.ok(!cluster.store.requests.some(isPut));
    const both = await cluster.mappings(words, { interactive: true, input: "y\n" });
    assert.deepEqual([both.code, both.err.match(/\[y\/N\]/g)?.length], [0, 2], both.err);
  });
}

for (const words of [
  `deny ${arn("free")}`,
  `set ${arn("plain")} --remove-group g`,
  `set ${role("N")} --username n`,
]) {
  test(`${words.replaceAll(/arn:\S+:/g, "")} needs one yes`, async () => {
    const { code, out, err } = await cluster.mappings(words, { interactive: true, input: "y\n" });
    assert.deepEqual([code, err.match(/\[y\/N\]/g)?.length], [0, 1], err);
    assert.doesNotMatch(out, /!/);
  });
}

test("ten lines of one kind are shown, the riskiest first", async () => {
  const grants = Array.from({ length: 12 }, (_, i) => ({
    arn: role(`a${i}`),
    username: "x",
    groups: ["{AccountID}"],
  }));
  const scheduler = { arn: role("z"), username: "system:kube-scheduler" };
  const apply = (words: string) =>
    cluster.mappings(`apply -f - ${words}`, {
      input: JSON.stringify({ mappings: [...grants, scheduler] }),
    });
  const { out } = await apply("--dry-run");
  assert.match(out, /\n {4}! z gets system:kube-scheduler /);
  assert.deepEqual(
    [out.match(/\n {4}! /g)?.length, out.endsWith("need care (3 more than shown).\n")],
    [10, true],
    out,
  );
  const { changes } = JSON.parse((await apply("--dry-run -o json")).out);
  assert.equal(changes.flatMap(({ marks }: { marks: string[] }) => marks).length, 13);
  const refused =
    /: 13 names that need care\.\n {2}z gets system:kube-scheduler [\s\S]*\n {2}and 3 more\nTo accept /;
  await exits(apply("-y"), 1, refused);
});

test("edit, rollback and diff mark changes too", async () => {
  for (const more of [{}, { principalId: "AIDAX" }])
    cluster.put(`user/${A}/pinned`, { arn: arn("pinned"), username: "p", ...more });
  await exits(cluster.mappings(`rollback ${arn("pinned")} -y`), 1, /without its principalId AIDAX/);
  const environment = { EDITOR: "sed -i 's/- g$/- system:masters/'" };
  await exits(
    cluster.mappings(`edit ${arn("plain")} -y`, { environment }),
    1,
    /system:masters makes an administrator/,
  );
  const input = JSON.stringify({
    mappings: [{ arn: arn("x"), username: "x", groups: ["system:masters"] }],
  });
  await exits(
    cluster.mappings("diff -f -", { input }),
    1,
    "",
    /\n! Needs your consent: 1 new administrator\.\n$/,
  );
});
