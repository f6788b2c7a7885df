// Attack: JSON.parse keeps only the last of repeated keys, so a denial or an expiry before it was lost.
// Other parsers keep the first one, so a reviewer and the function could read different values.
// https://bishopfox.com/blog/json-interoperability-vulnerabilities

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, type Stored, tokenOf } from "../fixtures.ts";

const BOB = `arn:aws:iam::${HOME}:role/Developers`;
const ALICE = `arn:aws:iam::${HOME}:user/alice`;
const ZED = `arn:aws:iam::${HOME}:user/zed`;
const EXACT = `role/${HOME}/developers`;
const ACCOUNT_MAPPING: Stored = { [`account/${HOME}`]: {} };

/** The username, or the reason. */
async function login(stored: Stored, who = "bob"): Promise<string> {
  const { json } = await handlerOf(fakeServices(stored))(gatewayEvent(reviewBody(tokenOf(who))));
  return json.status.user?.username ?? json.status.error?.split(":")[0] ?? "nothing";
}

test("a denial list with a repeated key denies every identity that it covers", async () => {
  for (const entry of [
    `{"arnLike":"${ALICE}","arnLike":"${ZED}"}`,
    `{"arnLike":"${ZED}","arnLike":"${ALICE}"}`,
    `{"arnLike":"${ZED}","arnLike":"${ZED}"}`,
    `{"arnLike":"${ZED}","notAfter":"2099-01-01T00:00:00Z","notAfter":"2020-01-01T00:00:00Z"}`,
    `{"arnLike":"${ZED}","description":"a","\\u0064escription":"b"}`,
  ]) {
    for (const list of [HOME, "any"]) {
      for (const who of ["alice", "bob", "root"]) {
        assert.equal(
          await login({ ...ACCOUNT_MAPPING, [`deny/${list}`]: `[${entry}]` }, who),
          "denials_invalid",
          entry,
        );
      }
    }
    assert.equal(await login({ ...ACCOUNT_MAPPING, "deny/444455556666": `[${entry}]` }, "bob"), BOB);
  }
});

test("a deny key, also a repeated one, makes the mapping invalid, which denies: its account's mapping does not apply", async () => {
  for (const denies of ['"deny":true', '"deny":false', '"deny":true,"deny":false', '"deny":true,"d\\u0065ny":false']) {
    const stored = { ...ACCOUNT_MAPPING, [EXACT]: `{"arn":"${BOB}",${denies},"username":"dev"}` };
    assert.equal(await login(stored), "mapping_invalid", denies);
    assert.equal(await login(stored, "alice"), await login(ACCOUNT_MAPPING, "alice"));
  }
});

test("repeated arns make the mapping invalid for each of them", async () => {
  for (const arns of [`"arn":"${BOB}","arn":"${ALICE}"`, `"arn":"${ALICE}","arn":"${BOB}"`]) {
    assert.equal(await login({ ...ACCOUNT_MAPPING, [EXACT]: `{${arns},"username":"dev"}` }), "mapping_invalid", arns);
  }
});

test("a deny key in a mapping with lower precedence no longer denies: only deny lists win from every place", async () => {
  const stored = { [EXACT]: { arn: BOB, username: "dev" }, [`account/${HOME}`]: { deny: true, note: 1 } };
  assert.equal(await login(stored), "dev");
  assert.equal(await login(stored, "root"), "mapping_invalid");
  assert.equal(await login({ ...stored, "deny/any": [{ arnLike: BOB }] }), "identity_denied");
});

test("a repeated notAfter, username, groups or principalId makes the mapping invalid: neither value applies", async () => {
  for (const [key, first, last] of [
    ["notAfter", '"2020-01-01T00:00:00Z"', '"2099-01-01T00:00:00Z"'],
    ["notAfter", '"2099-01-01T00:00:00Z"', '"2020-01-01T00:00:00Z"'],
    ["username", '"dev"', '"admin"'],
    ["groups", "[]", '["system:masters"]'],
    ["principalId", '"AROAOTHER"', '"AROALOCALDEVELOPERSAA"'],
  ]) {
    const value = `{"arn":"${BOB}","username":"dev","${key}":${first},"${key}":${last}}`;
    assert.equal(await login({ ...ACCOUNT_MAPPING, [EXACT]: value }), "mapping_invalid", value);
  }
  assert.equal(await login({ [`account/${HOME}`]: '{"username":"a","username":"b"}' }), "mapping_invalid");
});

test("a pattern with a repeated arnLike is invalid for each identity that one of its values matches, and for no other", async () => {
  const [roles, users] = [`arn:aws:iam::${HOME}:role/*`, `arn:aws:iam::${HOME}:user/*`];
  for (const arnLikes of [`"arnLike":"${roles}","arnLike":"${users}"`, `"arnLike":"${users}","arnLike":"${roles}"`]) {
    const list = `[{${arnLikes},"username":"x"},{"arnLike":"arn:aws:*::${HOME}:*","username":"next"}]`;
    const stored = { [`pattern/${HOME}`]: list };
    assert.equal(await login(stored, "bob"), "mapping_invalid");
    assert.equal(await login(stored, "alice"), "mapping_invalid");
    assert.equal(await login(stored, "root"), "next");
  }
});

test("an sso-session entry with a repeated session is invalid for each of its sessions, and for no other", async () => {
  const sessions = `sso-session/${HOME}/clusteradmin`;
  const set = { [`sso/${HOME}/clusteradmin`]: { username: "set" } };
  for (const both of [
    '"session":"carol@example.com","session":"joe"',
    '"session":"joe","session":"carol@example.com"',
  ]) {
    assert.equal(await login({ ...set, [sessions]: `[{${both},"username":"x"}]` }, "carol"), "mapping_invalid", both);
  }
  assert.equal(await login({ ...set, [sessions]: '[{"session":"a","session":"b","username":"x"}]' }, "carol"), "set");
});

test("a repeated key affects only its own mapping or entry", async () => {
  const broken = `{"arn":"${ALICE}","username":"a","username":"b"}`;
  const stored = { [`user/${HOME}/alice`]: broken, [EXACT]: { arn: BOB, username: "dev" } };
  assert.equal(await login(stored, "alice"), "mapping_invalid");
  assert.equal(await login(stored, "bob"), "dev");
  const list = `[{"arnLike":"${ALICE}","username":"a","username":"b"},{"arnLike":"${BOB}","username":"dev"}]`;
  assert.equal(await login({ "pattern/any": list }, "bob"), "dev");
});

test("the same key in two entries, or in the text of a value, is not repeated", async () => {
  const list = `[{"arnLike":"${ALICE}","username":"a"},{"arnLike":"${BOB}","username":"dev"}]`;
  assert.equal(await login({ "pattern/any": list }, "bob"), "dev");
  const quotes = { arn: BOB, username: "dev", description: '{"deny":true,"deny":true,"username":"x"}' };
  assert.equal(await login({ [EXACT]: quotes }), "dev");
});

test("no mapping with a repeated key grants, whichever key is repeated", async () => {
  const members = [
    ["arn", JSON.stringify(BOB)],
    ["username", '"dev"'],
    ["groups", '["a"]'],
    ["notAfter", '"2099-01-01T00:00:00Z"'],
    ["deny", "false"],
    ["description", '"d"'],
  ] as const;
  const again = fc.tuple(
    fc.nat(members.length - 1),
    fc.nat(members.length),
    fc.constantFrom("true", '"x"', "[]", '{"a":1}'),
    fc.boolean(),
  );
  await fc.assert(
    fc.asyncProperty(again, async ([which, at, other, same]) => {
      const [key, own] = members[which] ?? members[0];
      const all = members.toSpliced(at, 0, [key, same ? own : other] as never);
      const value = `{${all.map(([k, v]) => `"${k}":${v}`).join(",")}}`;
      assert.match(await login({ ...ACCOUNT_MAPPING, [EXACT]: value }), /^(mapping_invalid|identity_denied)$/, value);
    }),
    { numRuns: 1_000 },
  );
});
