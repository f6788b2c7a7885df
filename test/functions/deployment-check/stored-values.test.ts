// The check of stored values: names exactly those that the live version and this one read differently.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { answerCheck } from "../../../functions/authenticator/stored-problems.ts";
import { type AskLive, changedReadings } from "../../../functions/deployment-check/stored-values.ts";
import { jsonResponse } from "../../../functions/gateway/http-response.ts";
import { parseStored, repeatedKey } from "../../../functions/lib/repeated-keys.ts";
import { fakeServices, HOME, handlerOf, OTHER } from "../authenticator/fixtures.ts";
import { text } from "../authenticator/mapping/arbitrary-values.ts";

const PREFIX = "/iam-authenticator/test";
const ROLE = `arn:aws:iam::${HOME}:role/Dev`;
const HASH = "0".repeat(64);

/** The answer of version 7d9da4a to every unknown event. */
const former: AskLive = async () => jsonResponse(404, { kind: "Status", message: "path_unknown: no path" });
/** The answer of this version and later ones. */
const current: AskLive = (event) => handlerOf(fakeServices())(event);

async function check(stored: Record<string, unknown>, askLive: AskLive, { secure = false, pageSize = 10 } = {}) {
  const all = Object.entries(stored).map(([name, value]) => {
    return [`${PREFIX}/${name}`, { value: typeof value === "string" ? value : JSON.stringify(value), secure }] as const;
  });
  async function* pages() {
    for (let i = 0; i < all.length; i += pageSize) yield all.slice(i, i + pageSize);
  }
  return changedReadings({ prefix: PREFIX, partition: "aws", pages: pages() }, askLive);
}

const VALID = {
  [`role/${HOME}/dev`]: { arn: ROLE, username: "dev" },
  [`sso/${HOME}/view`]: { username: "viewer" },
  [`pattern/${HOME}`]: [{ arnLike: `arn:aws:iam::${HOME}:role/*`, username: "x" }],
  [`account/${HOME}`]: {},
  [`deny/${HOME}`]: [{ arnLike: `arn:aws:iam::${HOME}:user/x` }],
  "deny/any": [{ arnLike: "arn:aws:iam::*:user/x" }, { arnLike: `arn:aws:iam::${OTHER}:user/x` }],
  callers: [{ name: "a", sha256: HASH }],
};

/** Accepted by version 7d9da4a, rejected by this one. */
const STRICTER: Readonly<Record<string, [name: string, value: string, problem: RegExp]>> = {
  "a mapping": [
    `role/${HOME}/dev`,
    `{"arn":"${ROLE}","username":"a","username":"b"}`,
    /entry 1 is invalid: repeated key "username"/,
  ],
  "a lost denial": [
    `role/${HOME}/dev`,
    `{"arn":"${ROLE}","deny":true,"deny":false,"username":"b"}`,
    /repeated key "deny"/,
  ],
  "an entry of patterns": [
    "pattern/any",
    `[{"arnLike":"${ROLE}","username":"a"},{"arnLike":"${ROLE}","arnLike":"${ROLE}","username":"a"}]`,
    /: for this version entry 2 is invalid: repeated key "arnLike": use each key once$/,
  ],
  "a denial": [
    "deny/any",
    `[{"arnLike":"${ROLE}","notAfter":"2020-01-01T00:00:00Z","notAfter":"2099-01-01T00:00:00Z"}]`,
    /repeated key "notAfter"/,
  ],
  "a denial of another account": [
    `deny/${HOME}`,
    `[{"arnLike":"arn:aws:iam::${OTHER}:user/x"}]`,
    /can never match: this list covers account/,
  ],
  "a denial of another partition": [
    "deny/any",
    `[{"arnLike":"arn:aws-cn:iam::${OTHER}:user/x"}]`,
    /can never match: this list covers account any of partition aws only/,
  ],
  "a caller": [
    "callers",
    `[{"name":"a","sha256":"${HASH}","sha256":"${HASH}"}]`,
    /entry 1 is invalid: repeated key "sha256"/,
  ],
};

for (const [what, [name, value, problem]] of Object.entries(STRICTER)) {
  test(`${what} that version 7d9da4a accepts and this one rejects is named, but not if the live version is like this one`, async () => {
    const found = await check({ ...VALID, [name]: value }, former);
    assert.equal(found.length, 1, found.join("\n"));
    assert.ok(found[0]?.startsWith(`${name}: the live version reads it differently: for this version `), found[0]);
    assert.match(found[0] ?? "", problem);
    assert.deepEqual(await check({ ...VALID, [name]: value }, current), []);
  });
}

test("values that are valid, or invalid for both versions, are not named", async () => {
  const invalid = { [`user/${HOME}/x`]: "{", [`root/${HOME}`]: {}, "pattern/any": {}, [`deny/${OTHER}`]: '["x"]' };
  for (const live of [former, current]) assert.deepEqual(await check({ ...VALID, ...invalid }, live), []);
  for (const live of [former, current]) assert.deepEqual(await check(VALID, live, { secure: true }), []);
});

test("an sso-session list is unknown to version 7d9da4a: it is named only if it denies a session", async () => {
  const [name, entry] = [`sso-session/${HOME}/view`, { session: "jane", username: "jane" }];
  assert.deepEqual(await check({ [name]: [entry] }, former), []);
  assert.deepEqual(await check({ [name]: [entry, { ...entry, note: 1 }] }, former), [
    `${name}: the live version does not read it: for this version entry 2 is invalid: unknown key "note": the keys are session, username, groups, notAfter, description`,
  ]);
  assert.deepEqual(await check({ [name]: {} }, former), [
    `${name}: the live version does not read it: for this version it is not a JSON list`,
  ]);
  assert.deepEqual(await check({ [name]: {} }, current), []);
});

test("a caller by IAM is named until the live version knows such callers, since the new version would accept it", async () => {
  const callers = [...VALID.callers, { name: "b", arn: ROLE }];
  const before: AskLive = async () => jsonResponse(200, { validity: [[true, false]] });
  for (const live of [former, before]) {
    assert.deepEqual(await check({ callers }, live), [
      "callers: the live version reads it differently: for this version entry 2 is valid",
    ]);
  }
  assert.deepEqual(await check({ callers }, current), []);
});

test("a mapping with a claim placeholder is named until the live version knows it, since the new version would accept it", async () => {
  const [role, pattern] = [`role/${HOME}/dev`, `pattern/${HOME}`];
  const byTag = { arn: ROLE, username: "aws:{PrincipalTag:team}" };
  const byUser = { arnLike: ROLE, username: "{IdentityStoreUserId}" };
  const stored = { ...VALID, [role]: byTag, [pattern]: [{ arnLike: ROLE, username: "x" }, byUser] };
  assert.deepEqual(await check(stored, former), [
    `${role}: the live version reads it differently: for this version entry 1 is valid`,
    `${pattern}: the live version reads it differently: for this version entry 2 is valid`,
  ]);
  assert.deepEqual(await check(stored, current), []);
});

test("a value that only the new version accepts is named, since it would grant access", async () => {
  const stricter: AskLive = async (event) => {
    const { validity } = JSON.parse(((await current(event)) as { body: string }).body) as { validity: unknown[] };
    return jsonResponse(200, { validity: validity.map((one) => (Array.isArray(one) ? one.map(() => false) : one)) });
  };
  assert.deepEqual(await check({ [`account/${HOME}`]: {} }, stricter), [
    `account/${HOME}: the live version reads it differently: for this version entry 1 is valid`,
  ]);
});

test("a failing live version is read as version 7d9da4a, and one that cannot be called fails the check", async () => {
  const repeated = { [`account/${HOME}`]: '{"username":"a","username":"b"}' };
  assert.equal((await check(repeated, async () => undefined)).length, 1);
  assert.deepEqual(await check(VALID, async () => undefined), []);
  await assert.rejects(
    check(VALID, async () => Promise.reject(new Error("throttled"))),
    { message: "throttled" },
  );
  for (const body of [{}, { validity: 1 }, { validity: [] }, { validity: [[true]] }]) {
    assert.equal((await check({ ...VALID, ...repeated }, async () => jsonResponse(200, body))).length, 1);
  }
});

test("names that neither version reads are ignored, and all pages are compared, in batches that Lambda accepts", async () => {
  const sizes: number[] = [];
  const counting: AskLive = (event) => {
    sizes.push(JSON.stringify(event).length);
    return former(event);
  };
  const big = (i: number) => ({
    arn: `arn:aws:iam::${HOME}:role/r${i}`,
    username: "x",
    description: "d".repeat(4_000),
  });
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`role/${HOME}/r${i}`, big(i)]));
  const last = {
    "role/999999999999/last": '{"arn":"arn:aws:iam::999999999999:role/last","username":"a","username":"b"}',
  };
  const ignored = { "issuer/kid": '{"a":1,"a":2}', "roles/x": '{"a":1,"a":2}', "other/callers": '[{"a":1,"a":2}]' };
  const found = await check({ ...many, ...ignored, ...last }, counting);
  assert.deepEqual(found.length, 1);
  assert.match(found[0] ?? "", /^role\/999999999999\/last: /);
  assert.ok(sizes.length > 1 && sizes.every((size) => size < 6_000_000), sizes.join(" "));
});

test("a version answers for each parameter, whatever it is, and only to a direct invocation", async () => {
  const validity = [null, null, null, null, false];
  assert.deepEqual(answerCheck([null, 1, {}, { kind: "x" }, { kind: "account" }], "aws"), { validity });
  const handler = handlerOf(fakeServices(), { callerAuth: "bearer" });
  for (const event of [
    { storedParameters: {} },
    { body: '{"storedParameters":[]}' },
    { headers: { storedParameters: "[]" } },
  ]) {
    assert.notEqual((await handler(event)).statusCode, 200);
  }
});

test("any value reads alike in two versions like this one, and 7d9da4a differs only for a repeated key", async () => {
  const name = fc.constantFrom(...Object.keys(VALID), `user/${HOME}/x`, `root/${HOME}`, `federated-user/${HOME}/x`);
  const double = (t: string) => t.replace(/"(\w+)":("[^"]*"|true|false)/, '"$1":$2,"$1":$2');
  const valid = fc.constantFrom(...Object.entries(VALID).map(([at, v]) => [at, double(JSON.stringify(v))] as const));
  const any = fc.tuple(name, fc.oneof(text, text.map(double)));
  let named = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 9, arbitrary: any }, valid), async ([at, value]) => {
      assert.deepEqual(await check({ [at]: value }, current), []);
      const found = await check({ [at]: value }, former);
      if (found.length > 0) named += 1;
      if (found.length > 0 && at !== `deny/${HOME}`) assert.notEqual(repeatedKey(parseStored(value)), undefined, value);
    }),
    { numRuns: 5_000 },
  );
  assert.ok(named > 100, `only ${named} were named`);
});
