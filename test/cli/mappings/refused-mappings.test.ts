// Mappings with the key deny, and patterns that can never match: files with one are refused, and lint names stored ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { ADMIN, exits, useCluster } from "./cluster.ts";

const A = "111122223333";
const ALICE = `arn:aws:iam::${A}:user/alice`;
const END = "2099-01-01T00:00:00Z";

const cluster = useCluster(ADMIN);

test("a file with a deny key is refused with the denial to write, and a file with that denial is applied", async () => {
  const apply = (input: object) => cluster.mappings(["apply", "-f", "-", "-y"], { input: JSON.stringify(input) });
  const entry = { arn: ALICE, deny: true, notAfter: END, description: "left" };
  const refused = await exits(apply({ mappings: [entry] }), 2, /a mapping must not have the key deny\. Delete the /);
  const [, instead = ""] = /write this denial in the file: (\{.*\})$/m.exec(refused.err) ?? [];
  assert.deepEqual(parse(instead), { deny: [{ arnLike: ALICE, notAfter: END, description: "left" }] });
  assert.equal(await cluster.value(`deny/${A}`), undefined);
  await exits(apply(parse(instead)), 0);
  assert.deepEqual(await cluster.value(`deny/${A}`), [{ arnLike: ALICE, notAfter: END, description: "left" }]);
});

test("a file with deny: false, or with a deny key in another kind of mapping, is refused too", async () => {
  for (const [entry, problem] of [
    [{ arn: ALICE, username: "a", deny: false }, /a mapping must not have the key deny: delete it$/m],
    [{ arnLike: `arn:aws:iam::${A}:role/x-*`, deny: true }, /\{"deny": \[\{"arnLike":"arn:\S+:role\/x-\*"\}\]\}$/m],
    [{ account: A, permissionSet: "View", deny: true }, /\{"deny": \[\{"arnLike":"<ARN or pattern>"\}\]\}$/m],
  ] as const) {
    const input = JSON.stringify({ mappings: [entry] });
    await exits(cluster.mappings(["apply", "-f", "-", "-y"], { input }), 2, problem);
  }
});

test("lint names every stored value with a deny key, also beside other problems, and no deny list", async () => {
  cluster.put(`deny/${A}`, [{ arnLike: ALICE, description: '"deny": true' }]);
  const stored = {
    [`user/${A}/alice`]: `{"arn":"${ALICE}","deny":true}`,
    [`user/${A}/bob`]: `{"note":1,"arn":"arn:aws:iam::${A}:user/bob","deny":true,"deny":false}`,
    [`sso/${A}/view`]: '{"deny":true}',
    [`account/${A}`]: '{"deny":false}',
    "pattern/any": `[{"arnLike":"arn:aws:iam::*:role/ok","username":"ok"},{"arnLike":"arn:aws:iam::*:role/x","deny":true}]`,
  };
  for (const [name, value] of Object.entries(stored)) cluster.put(name, value);
  const { out } = await cluster.mappings(["lint", "-o", "json"]);
  const findings = JSON.parse(out) as { level: string; where: string; message: string }[];
  const named = findings.filter(({ message }) => message.includes('unknown key "deny": only deny lists deny.'));
  const found = new Map(named.map(({ level, where, message }) => [`${level} ${where}`, message]));
  assert.deepEqual([...found.keys()].toSorted(), [...Object.keys(stored)].map((name) => `error ${name}`).toSorted());
  assert.match(found.get("error pattern/any") ?? "", /^entry 2: .* \(mappings deny\), then delete /);
});

for (const arnLike of [`arn:aws:iam::${A}:role/team/ci-*`, `arn:aws:sts::${A}:assumed-role/Developers/*`]) {
  test(`set and apply reject the pattern ${arnLike}, which can never match, and lint reports it`, async () => {
    await exits(cluster.mappings(["set", arnLike, "--username", "x", "-y"]), 2, /can never match: /);
    const input = JSON.stringify({ mappings: [{ arnLike, username: "x" }] });
    const place = /^standard input, line 1 \(\S+\): .*can never match: .*\nNothing was written\.\n$/;
    await exits(cluster.mappings(["apply", "-f", "-", "-y"], { input }), 2, place);
    const file = await cluster.mappings(["lint", "-f", "-"], { input });
    assert.match(file.out, /^error +invalid +standard input, line 1 .*can never match/m);
    cluster.put(`pattern/${A}`, [{ arnLike, username: "x" }]);
    const stored = await cluster.mappings(["lint"]);
    assert.match(stored.out, /^error +invalid +pattern\/111122223333 +entry 1: .*can never match/m);
  });
}
