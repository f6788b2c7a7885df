// Callers with a bearer token, of which only a hash is stored: invalid entries are skipped, an
// invalid list is a fault.

import assert from "node:assert/strict";
import crypto, { hash } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { test } from "node:test";
import { checkBearer } from "../../../../functions/authenticator/caller/bearer.ts";
import { isCaller } from "../../../../functions/authenticator/caller/caller.ts";
import { readStored } from "../../../../functions/authenticator/read-stored.ts";
import type { ReadParameters } from "../../../../functions/parameters/parameter-cache.ts";
import { deadlineOf, fixedClock, NOW } from "../fixtures.ts";

const NAME = "/p/callers";
const entry = (token: string, more = {}) => ({ name: "a", sha256: hash("sha256", token), ...more });

/** Fails for a token that only STS could prove. */
async function check(
  authorization: string | undefined,
  callers: unknown,
  { now = NOW, secure = false } = {},
) {
  const value = typeof callers === "string" ? callers : JSON.stringify(callers);
  const read: ReadParameters = async (names) => {
    assert.deepEqual(names, [NAME]);
    const parameters = new Map(callers === undefined ? [] : [[NAME, { value, secure }]]);
    return { parameters, cached: true, stale: false };
  };
  assert.equal(
    await checkBearer(authorization, NAME, read, deadlineOf(fixedClock(now))),
    undefined,
  );
}

const refused = (authorization: string | undefined, callers: unknown, options = {}) =>
  assert.rejects(check(authorization, callers, options), { code: "caller_refused" });

test("every character of a bearer token is accepted (RFC 6750, section 2.1), and each counts", async () => {
  const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
  await check(`Bearer ${token}`, [entry("other"), entry(token)]);
  for (const left of token) await refused(`Bearer ${token.replace(left, "")}`, [entry(token)]);
});

test("a token that is not exactly a caller's is refused", async () => {
  const sha256 = hash("sha256", "secret");
  for (const token of ["other", "Secret", "secre", "secrets", sha256, "=", "secret=", "null"]) {
    await refused(`Bearer ${token}`, [entry("secret")]);
  }
  for (const callers of [[], [entry("other")], undefined, `{"sha256":"${sha256}"}`]) {
    const isHidden = ({ message }: Error) =>
      !/secret/.test(message) && !message.includes(sha256.slice(0, 12));
    await assert.rejects(check("Bearer secret", callers), isHidden);
  }
});

test("the token is compared with every entry in constant time", async () => {
  const { timingSafeEqual } = crypto;
  const callers = [entry("first"), entry("secret"), entry("third")];
  let compared = 0;
  crypto.timingSafeEqual = (...both) => {
    compared += 1;
    return timingSafeEqual(...both);
  };
  syncBuiltinESMExports();
  try {
    for (const token of ["first", "third"]) await check(`Bearer ${token}`, callers);
    await refused("Bearer other", callers);
  } finally {
    crypto.timingSafeEqual = timingSafeEqual;
    syncBuiltinESMExports();
  }
  assert.equal(compared, 3 * callers.length);
});

test("without a bearer token, the caller is refused and nothing is read", async () => {
  const none = [undefined, "", "Bearer", "Bearer ", "Basic c2VjcmV0", "secret"];
  for (const header of [
    ...none,
    "Bearer a b",
    "Bearer a,b",
    "xBearer a",
    "Bearer a\n",
    "Bearer \u00e9",
  ]) {
    const read = () => Promise.reject(new Error("was read"));
    const expected = { code: "caller_refused", message: "a bearer token is required" };
    await assert.rejects(
      checkBearer(header, NAME, read, deadlineOf(fixedClock())),
      expected,
      header,
    );
  }
});

test("the scheme is accepted in any case, with any number of spaces after it", async () => {
  for (const scheme of ["Bearer", "bearer", "BEARER", "Bearer  "])
    await check(`${scheme} secret`, [entry("secret")]);
});

test("an entry expires at notAfter, and not a millisecond before, and affects no other", async () => {
  const callers = [entry("secret", { notAfter: new Date(NOW).toISOString() })];
  await check("Bearer secret", callers, { now: NOW - 1 });
  await refused("Bearer secret", callers);
  await check("Bearer secret", [...callers, entry("secret", { name: "b" })]);
});

test("an entry with a repeated key is skipped, and its neighbours are not", async () => {
  const secret = hash("sha256", "secret");
  const good = hash("sha256", "good");
  for (const repeated of [
    `{"name":"a","sha256":"${good}","sha256":"${secret}"}`,
    `{"name":"a","sha256":"${secret}","sha256":"${good}"}`,
    `{"name":"a","sha256":"${secret}","notAfter":"2020-01-01T00:00:00Z","notAfter":"2099-01-01T00:00:00Z"}`,
    `{"name":"a","name":"b","sha256":"${secret}"}`,
  ]) {
    await refused("Bearer secret", `[${repeated}]`);
    await check("Bearer good", `[${repeated},{"name":"c","sha256":"${good}"}]`);
  }
});

const SECRET = hash("sha256", "secret");
const ROLE = "arn:aws:iam::111122223333:role/control-plane";
const USER = "arn:aws:iam::111122223333:user/control-plane";

test("an entry with an arn is valid for a role or user, with the unique id of its kind", () => {
  for (const valid of [
    { name: "a", arn: ROLE },
    { name: "a", arn: ROLE.replace("role/", "role/path/"), principalId: "AROAEXAMPLE" },
    { name: "a", arn: USER, principalId: "AIDAEXAMPLE", notAfter: "2027-01-01T00:00:00Z" },
  ]) {
    assert.equal(isCaller(valid), true, JSON.stringify(valid));
  }
});

const withEach = (key: string, values: readonly unknown[]) =>
  values.map((value) => ({ name: "a", sha256: SECRET, [key]: value }));
const INVALID: Readonly<Record<string, readonly unknown[]>> = {
  "is not an object": [null, 1, "text", [], {}],
  "has no name": [{ sha256: SECRET }, { arn: ROLE }],
  "has neither a hash nor an arn": [{ name: "a" }],
  "has both": [{ name: "a", arn: ROLE, sha256: SECRET }],
  "has a principalId without an arn": [{ name: "a", sha256: SECRET, principalId: "AROAEXAMPLE" }],
  "has the principalId of another kind": [{ name: "a", arn: USER, principalId: "AROAEXAMPLE" }],
  "has an unknown key": [...withEach("note", [1]), { name: "a", arn: ROLE, description: "x" }],
  "has an invalid name": withEach("name", ["", 1]),
  "has an invalid hash": withEach("sha256", [
    SECRET.toUpperCase(),
    SECRET.slice(1),
    `${SECRET}00`,
    1,
    [SECRET],
  ]),
  "has an invalid notAfter": withEach("notAfter", [
    null,
    1,
    "",
    "never",
    "2027-01-01",
    ["2027-01-01T00:00:00Z"],
  ]),
  "has an invalid arn": [
    ...["", "control-plane", `${ROLE}*/x y`, "arn:aws:iam::111122223333:root", 1, null, [ROLE]],
    "arn:aws:sts::111122223333:assumed-role/control-plane/session",
    "arn:aws:sts::111122223333:federated-user/control-plane",
  ].map((arn) => ({ name: "a", arn })),
  "has an invalid principalId": ["AIDAEXAMPLE", "AROA", "aroaexample", "", 1, null].map(
    (principalId) => {
      return { name: "a", arn: ROLE, principalId };
    },
  ),
};
for (const [what, entries] of Object.entries(INVALID)) {
  test(`an entry that ${what} is skipped, and does not lock out the other callers`, async () => {
    for (const invalid of entries) {
      assert.equal(isCaller(invalid), false, JSON.stringify(invalid));
      await refused("Bearer secret", [invalid]);
      await check("Bearer good", [invalid, entry("good"), invalid]);
    }
  });
}

test("the problem of an invalid entry says what it must be", () => {
  const { problems } = readStored("callers", {}, { value: "[{}]", secure: false });
  assert.deepEqual(problems, [
    "entry 1: must have a name, and either its token's sha256 (64 lower-case hex digits) or the arn of its IAM role or user",
  ]);
});

test("a missing or invalid list is a fault", async () => {
  const caller = entry("secret");
  const code = "callers_invalid";
  const message = "parameter /p/callers does not exist: add a caller (callers add)";
  await assert.rejects(check("Bearer secret", undefined), { code, message });
  const invalid = {
    code,
    message: "parameter /p/callers must be of type String and hold a JSON list",
  };
  for (const callers of [
    "",
    "not JSON",
    "null",
    "{}",
    "1",
    '"text"',
    "[",
    caller,
    { callers: [caller] },
  ]) {
    await assert.rejects(check("Bearer secret", callers), invalid, JSON.stringify(callers));
  }
  await assert.rejects(check("Bearer secret", [caller], { secure: true }), invalid);
});
