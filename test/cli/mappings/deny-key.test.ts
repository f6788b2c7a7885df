// A mapping with the key deny: a file with one is refused, and lint names every stored one, each with what to write instead.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { ADMIN, storedCluster } from "./cluster.ts";

const A = "111122223333";
const ALICE = `arn:aws:iam::${A}:user/alice`;
const END = "2099-01-01T00:00:00Z";

test("a file with a deny key is refused with the denial to write, and a file with that denial is applied", async (t) => {
  const cluster = await storedCluster(ADMIN);
  t.after(() => cluster.store.close());
  const apply = (input: object) => cluster.mappings(["apply", "-f", "-", "-y"], { input: JSON.stringify(input) });
  const entry = { arn: ALICE, deny: true, notAfter: END, description: "left" };
  const refused = await apply({ mappings: [entry] });
  assert.equal(refused.code, 2);
  const [, instead = ""] =
    /a mapping must not have the key deny\. Delete the mapping, and write this denial in the file: (\{.*\})$/m.exec(
      refused.err,
    ) ?? [];
  assert.deepEqual(parse(instead), { deny: [{ arnLike: ALICE, notAfter: END, description: "left" }] });
  assert.equal(await cluster.value(`deny/${A}`), undefined);
  const applied = await apply(parse(instead));
  assert.equal(applied.code, 0, applied.err);
  assert.deepEqual(await cluster.value(`deny/${A}`), [{ arnLike: ALICE, notAfter: END, description: "left" }]);
});

test("a file with deny: false, or with a deny key in another kind of mapping, is refused too", async (t) => {
  const cluster = await storedCluster(ADMIN);
  t.after(() => cluster.store.close());
  for (const [entry, problem] of [
    [{ arn: ALICE, username: "a", deny: false }, /a mapping must not have the key deny: delete it$/m],
    [
      { arnLike: `arn:aws:iam::${A}:role/x-*`, deny: true },
      /\{"deny": \[\{"arnLike":"arn:aws:iam::111122223333:role\/x-\*"\}\]\}$/m,
    ],
    [{ account: A, permissionSet: "View", deny: true }, /\{"deny": \[\{"arnLike":"<ARN or pattern>"\}\]\}$/m],
  ] as const) {
    const { code, err } = await cluster.mappings(["apply", "-f", "-", "-y"], {
      input: JSON.stringify({ mappings: [entry] }),
    });
    assert.equal(code, 2);
    assert.match(err, problem);
  }
});

test("lint names every stored value with a deny key, also beside other problems, and no deny list", async (t) => {
  const cluster = await storedCluster({ ...ADMIN, [`deny/${A}`]: [{ arnLike: ALICE, description: '"deny": true' }] });
  t.after(() => cluster.store.close());
  const stored = {
    [`user/${A}/alice`]: `{"arn":"${ALICE}","deny":true}`,
    [`user/${A}/bob`]: `{"note":1,"arn":"arn:aws:iam::${A}:user/bob","deny":true,"deny":false}`,
    [`sso/${A}/view`]: '{"deny":true}',
    [`account/${A}`]: '{"deny":false}',
    "pattern/any": `[{"arnLike":"arn:aws:iam::*:role/ok","username":"ok"},{"arnLike":"arn:aws:iam::*:role/x","deny":true}]`,
  };
  for (const [name, value] of Object.entries(stored)) cluster.store.put(`/iam-authenticator/prod/${name}`, value);
  const { out } = await cluster.mappings(["lint", "-o", "json"]);
  const findings = JSON.parse(out) as { level: string; where: string; message: string }[];
  const named = findings.filter(({ message }) => message.includes('unknown key "deny": only deny lists deny.'));
  assert.deepEqual(
    named.map(({ level, where }) => `${level} ${where}`).toSorted(),
    Object.keys(stored)
      .map((name) => `error ${name}`)
      .toSorted(),
  );
  assert.match(
    named.find(({ where }) => where === "pattern/any")?.message ?? "",
    /^entry 2: .* \(mappings deny\), then delete /,
  );
});
