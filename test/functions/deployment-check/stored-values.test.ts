// The check of stored values: names exactly those that the live version and this one read
// differently.

import assert from "node:assert/strict";
import { test } from "node:test";
import { answerCheck } from "../../../functions/authenticator/answer-check.ts";
import type { NamedParameter } from "../../../functions/authenticator/read-stored.ts";
import {
  type AskLive,
  batchesOf,
  changedReadings,
} from "../../../functions/deployment-check/stored-values.ts";
import { jsonResponse } from "../../../functions/gateway/http.ts";
import { parseStored } from "../../../functions/lib/json.ts";
import { fakeServices, HOME, handlerOf, OTHER, settingsWith } from "../authenticator/fixtures.ts";

const PREFIX = "/iam-authenticator/test";
const ROLE = `arn:aws:iam::${HOME}:role/Dev`;
const HASH = "0".repeat(64);
const current: AskLive = (event) => handlerOf(fakeServices())(event);

/** A live version that accepts every value of a kind that it knows. */
function lenient(isKnown: (kind: string) => boolean = () => true): AskLive {
  return async (event) => {
    const { storedParameters } = event as { storedParameters: NamedParameter[] };
    const validity = storedParameters.map(({ kind, value }) => {
      const parsed = parseStored(value);
      return isKnown(kind) ? (Array.isArray(parsed) ? parsed.map(() => true) : [true]) : null;
    });
    return jsonResponse(200, { validity });
  };
}

async function check(
  stored: Record<string, unknown>,
  askLive: AskLive,
  { secure = false, pageSize = 10 } = {},
) {
  const all = Object.entries(stored).map(([name, value]) => {
    return [
      `${PREFIX}/${name}`,
      { value: typeof value === "string" ? value : JSON.stringify(value), secure },
    ] as const;
  });
  async function* pages() {
    for (let i = 0; i < all.length; i += pageSize) yield all.slice(i, i + pageSize);
  }
  const found: string[] = [];
  for await (const batch of batchesOf(pages()))
    found.push(...(await changedReadings(batch, PREFIX, "aws", askLive)));
  return found;
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

const TWICE = (text: string) => `{"arnLike":"${ROLE}",${text}}`;
// biome-ignore format: a table
const STRICTER: Readonly<Record<string, [name: string, value: string, problem: RegExp]>> = {
  "a mapping": [`role/${HOME}/dev`, `{"arn":"${ROLE}","username":"a","username":"b"}`, /repeated key "username"/],
  "an entry of patterns": [
    "pattern/any",
    `[${TWICE('"username":"a"')},${TWICE(`"arnLike":"${ROLE}","username":"a"`)}]`,
    /: for this version entry 2 is invalid: repeated key "arnLike": use each key once$/,
  ],
  "a denial": ["deny/any", `[${TWICE('"notAfter":"2020-01-01T00:00:00Z","notAfter":"x"')}]`, /repeated key "notAfter"/],
  "a denial of another account": [`deny/${HOME}`, `[{"arnLike":"arn:aws:iam::${OTHER}:user/x"}]`, /can never match: this list covers account/],
  "a denial of another partition": ["deny/any", `[{"arnLike":"arn:aws-cn:iam::${OTHER}:user/x"}]`, /can never match: this list covers account any of partition aws only/],
  "a caller": ["callers", `[{"name":"a","sha256":"${HASH}","sha256":"${HASH}"}]`, /entry 1 is invalid: repeated key/],
};

for (const [what, [name, value, problem]] of Object.entries(STRICTER)) {
  test(`${what} that only the live version accepts is named`, async () => {
    const found = await check({ ...VALID, [name]: value }, lenient());
    const start = `${name}: the live version reads it differently: for this version `;
    assert.deepEqual([found.length, found[0]?.slice(0, start.length)], [1, start]);
    assert.match(found[0] ?? "", problem);
    assert.deepEqual(await check({ ...VALID, [name]: value }, current), []);
  });
}

test("values that are valid, or invalid for both versions, are not named", async () => {
  const invalid = {
    [`user/${HOME}/x`]: "{",
    [`root/${HOME}`]: {},
    "pattern/any": {},
    [`deny/${OTHER}`]: '["x"]',
  };
  assert.deepEqual(await check({ ...VALID, ...invalid }, current), []);
  assert.deepEqual(await check(VALID, current, { secure: true }), []);
  assert.deepEqual(await check(VALID, lenient()), []);
});

test("a value of a kind that the live version does not know is named", async () => {
  const old = lenient((kind) => kind !== "sso-session");
  const name = `sso-session/${HOME}/view`;
  const entry = { session: "jane", username: "jane" };
  const message = `${name}: the live version does not know sso-session: delete the value, or store [], and store it again after the deployment`;
  for (const value of [[entry], [{ ...entry, note: 1 }], {}, "{"]) {
    assert.deepEqual(await check({ ...VALID, [name]: value }, old), [message]);
    assert.deepEqual(await check({ ...VALID, [name]: value }, current), []);
  }
  assert.deepEqual(await check({ ...VALID, [name]: [] }, old), []);
});

test("a value that only the new version accepts is named, since it would grant access", async () => {
  const stricter: AskLive = async (event) => {
    const { validity } = JSON.parse(((await current(event)) as { body: string }).body) as {
      validity: unknown[];
    };
    return jsonResponse(200, {
      validity: validity.map((entries) =>
        Array.isArray(entries) ? entries.map(() => false) : entries,
      ),
    });
  };
  assert.deepEqual(await check({ [`account/${HOME}`]: {} }, stricter), [
    `account/${HOME}: the live version reads it differently: for this version entry 1 is valid`,
  ]);
});

test("a denial by name is named in both directions", async () => {
  const stored = {
    "deny/any": [{ arnLike: ROLE }, { name: "jane" }],
    [`deny/${HOME}`]: [{ name: "joe" }],
  };
  const withoutNames: AskLive = async (event) => {
    const { storedParameters } = event as { storedParameters: NamedParameter[] };
    const knows = (item: object) => !("name" in item);
    return jsonResponse(200, {
      validity: storedParameters.map(({ value }) => JSON.parse(value).map(knows)),
    });
  };
  const differs = "the live version reads it differently: for this version";
  assert.deepEqual(await check(stored, withoutNames), [
    `deny/any: ${differs} entry 2 is valid`,
    `deny/${HOME}: ${differs} entry 1 is valid`,
  ]);
  assert.deepEqual(await check(stored, current), []);
  // A version that reads more keys than this one does to this version what this one does to the one
  // before.
  const later = { "deny/any": [{ name: "jane", account: HOME }] };
  const problem =
    'entry 1 is invalid: unknown key "account": the keys are arnLike, name, notAfter, description';
  assert.deepEqual(await check(later, lenient()), [`deny/any: ${differs} ${problem}`]);
});

const UNKNOWN_PATH = jsonResponse(404, { kind: "Status", message: "path_unknown: no path" });
const NO_VALIDITY = [{}, { validity: 1 }, { validity: [] }, { validity: [[true]] }];

test("a live version that does not report how it reads the values fails the check", async () => {
  const skip =
    /\. .* skip this comparison for one deployment: compareStoredValues: false \(CDK\), or SafeDeployments=false \(templates\)$/;
  const answers = [undefined, UNKNOWN_PATH, ...NO_VALIDITY.map((body) => jsonResponse(200, body))];
  for (const [reason, askLive] of [
    ["live failed (Unhandled)", () => Promise.reject(new Error("live failed (Unhandled)"))],
    ...answers.map((answer) => ["its answer has none", async () => answer] as const),
  ] as const) {
    const why = `the live version does not report how it reads stored values (${reason})`;
    await assert.rejects(
      check(VALID, askLive),
      ({ message }: Error) => message.startsWith(why) && skip.test(message),
    );
  }
  assert.deepEqual(
    await check({}, async () => undefined),
    [],
    "without values, the live version is not called",
  );
});

test("names that neither version reads are ignored, and all pages are compared", async () => {
  const sizes: number[] = [];
  const counting: AskLive = (event) => {
    sizes.push(JSON.stringify(event).length);
    return lenient()(event);
  };
  const description = "d".repeat(4_000);
  const roleOf = (i: number) => ({
    arn: `arn:aws:iam::${HOME}:role/r${i}`,
    username: "x",
    description,
  });
  const many = Object.fromEntries(
    Array.from({ length: 600 }, (_, i) => [`role/${HOME}/r${i}`, roleOf(i)]),
  );
  const arn = "arn:aws:iam::999999999999:role/last";
  const last = { "role/999999999999/last": `{"arn":"${arn}","username":"a","username":"b"}` };
  const ignored = {
    "settings/test": '{"a":1,"a":2}',
    "issuer/kid": '{"a":1,"a":2}',
    "roles/x": '{"a":1,"a":2}',
    "other/callers": '[{"a":1,"a":2}]',
  };
  const found = await check({ ...many, ...ignored, ...last }, counting);
  assert.match(found.join("\n"), /^role\/999999999999\/last: .*$/);
  assert.ok(sizes.length > 1 && sizes.every((size) => size < 6_000_000), sizes.join(" "));
});

test("a version answers for each parameter, whatever it is, and only to a direct invocation", async () => {
  const validity = [null, null, null, null, false];
  const answer = answerCheck(
    [null, 1, {}, { kind: "x" }, { kind: "account" }],
    settingsWith({ accounts: [HOME] }),
  );
  assert.deepEqual(answer, { validity, accounts: [HOME], signedTokens: undefined });
  const handler = handlerOf(fakeServices(), { callerAuth: "bearer" });
  const forged = [{ body: '{"storedParameters":[]}' }, { headers: { storedParameters: "[]" } }];
  for (const event of [{ storedParameters: {} }, ...forged])
    assert.notEqual((await handler(event)).statusCode, 200);
});
