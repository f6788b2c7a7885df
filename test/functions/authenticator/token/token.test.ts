// The outer form of a token: prefix, size, base64url, the form of the URL, and its date. Arbitrary
// input ends in a denial, soon.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hasTokenPrefix } from "../../../../functions/authenticator/token/token.ts";
import { randomRuns } from "../../../extent.ts";
import { tokenOf } from "../../../token.ts";
import {
  credential,
  denial,
  HOST,
  NOW,
  parse,
  queryWith,
  SECURITY_TOKEN,
  tokenWith,
  urlWith,
} from "./samples.ts";

function assertMalformed(message: string, ...texts: readonly string[]): void {
  for (const text of texts) {
    const error = denial(text);
    assert.deepEqual([error.code, error.message], ["token_malformed", message], text);
  }
}

const START = "k8s-aws-v1.";
const TOO_LONG = "longer than 4096 bytes";
const BASE64 = "not canonical unpadded base64url after the prefix";

test("a token yields access key id, host, target and expiry", () => {
  const encoded = SECURITY_TOKEN.replaceAll("/", "%2F")
    .replaceAll("+", "%2B")
    .replaceAll("=", "%3D");
  for (const [changes, sent] of [
    [{}, ""],
    [{ "X-Amz-Security-Token": SECURITY_TOKEN }, `&X-Amz-Security-Token=${encoded}`],
  ] as const) {
    assert.deepEqual(parse(tokenWith(changes)), {
      accessKeyId: "AKIALOCALALICEAAAAAA",
      host: HOST,
      target:
        "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
        "&X-Amz-Credential=AKIALOCALALICEAAAAAA%2F20260102%2Fus-west-2%2Fsts%2Faws4_request" +
        `&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60${sent}&X-Amz-Signature=${"0123456789abcdef".repeat(4)}` +
        "&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
      expiresAt: NOW + 900_000,
    });
  }
});

test("only the prefix k8s-aws-v1., in this case, marks a token as ours", () => {
  for (const text of [tokenWith(), START]) assert.ok(hasTokenPrefix(text));
  for (const text of [
    "",
    "k8s-aws-v1",
    "k8s-aws-v2.abc",
    "K8S-AWS-V1.abc",
    " k8s-aws-v1.abc",
    "eyJh.eyJp.c2ln",
  ]) {
    assert.equal(hasTokenPrefix(text), false, text);
  }
  assertMalformed("does not begin with k8s-aws-v1.", tokenWith().replace("v1", "v2"));
});

function tokenOfLength(length: number): string {
  const space =
    Math.floor(((length - START.length) * 3) / 4) - urlWith({ "X-Amz-Security-Token": "" }).length;
  return tokenWith({ "X-Amz-Security-Token": "s".repeat(space) });
}

test("a token has at most 4096 bytes, not characters, including the prefix", () => {
  // 4096 - 11 is not a length of base64, so 4095 is the longest
  for (const length of [4_094, 4_095]) {
    const token = tokenOfLength(length);
    assert.equal(token.length, length);
    assert.equal(parse(token).host, HOST);
  }
  assert.equal(tokenOfLength(4_097).length, 4_097);
  assertMalformed(TOO_LONG, tokenOfLength(4_097), START + "é".repeat(2_043));
  assertMalformed(BASE64, `${tokenOfLength(4_095)}A`, START + "é".repeat(2_042));
});

test("the decoded token is exactly https://<host>/?<query>", () => {
  const urls = [
    "",
    `https://${HOST}`,
    `https://${HOST}/`,
    `${urlWith()}#fragment`,
    ` ${urlWith()}`,
  ];
  const starts = [
    `https://${HOST}`,
    `https://${HOST}/path`,
    `https:/${HOST}/`,
    `http://${HOST}/`,
    `HTTPS://${HOST}/`,
  ];
  const tokens = [...urls, ...starts.map((start) => `${start}?${queryWith()}`)].map(tokenOf);
  assertMalformed("not exactly https://<host>/?<query>", ...tokens);
});

const MINUTES = 15 * 60_000;

function dated(date: string): string {
  return tokenWith({ "X-Amz-Date": date, ...credential("us-west-2", date.slice(0, 8)) });
}

function compact(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

test("a token of exactly 15 minutes ago or ahead is accepted", () => {
  for (const signed of [
    NOW,
    Date.UTC(2026, 0, 1),
    Date.UTC(2025, 11, 31, 23, 59, 59),
    Date.UTC(2028, 1, 29),
  ]) {
    const token = dated(compact(signed));
    for (const now of [signed - MINUTES, signed, signed + MINUTES]) {
      assert.equal(parse(token, now).expiresAt, signed + MINUTES);
    }
    const expired = denial(token, signed + MINUTES + 1);
    const message = "signed 16 min ago: a token is valid for 15 min (or a clock is wrong)";
    assert.deepEqual([expired.code, expired.message], ["token_expired", message]);
    const early = denial(token, signed - MINUTES - 1);
    const ahead = "signed 16 min in the future: the client's clock is ahead";
    assert.deepEqual([early.code, early.message], ["token_not_yet_valid", ahead]);
  }
});

test("only an existing time as yyyymmddThhmmssZ is a date", () => {
  for (const date of [
    ...[
      "20270229T030405Z",
      "20260431T030405Z",
      "00000000T000000Z",
      "20260102T240000Z",
      "20260102T235960Z",
    ],
    ...[
      "20260102t030405Z",
      "20260102T030405z",
      "20260102T030405",
      "20260102 030405Z",
      "20260102T030405Z ",
      "20260102",
    ],
    ...[
      "20260102T0304Z",
      "20260102T030405.000Z",
      "20260102T030405+0000",
      "20260102T03:04:05Z",
      "20260102T030405ZZ",
    ],
    ...[
      "20260102T03040Z",
      "20260102T0304055Z",
      "20260102030405Z",
      "020260102T030405Z",
      "20260102T-30405Z",
    ],
  ]) {
    const expected = "token_parameter_refused: X-Amz-Date must be a valid time, yyyymmddThhmmssZ";
    assert.equal(String(denial(dated(date))), expected, date);
  }
});

/** CPU time, far above any input's and far below that of a backtracking expression. */
const LONG_MS = 250;

function assertDenied(text: string): void {
  const before = process.threadCpuUsage();
  assert.throws(() => parse(text), { outcome: "denied" });
  const took = process.threadCpuUsage(before).user / 1_000;
  assert.ok(took < LONG_MS, `took ${took} ms`);
}

test("any text is denied, wherever it is in a token", () => {
  const any = fc.string({ unit: "binary" });
  const ascii = fc.string({ unit: "binary-ascii", maxLength: 200 });
  const urls = [
    ascii.map((host) => `https://${host}/?${queryWith()}`),
    ...["/?", "/"].map((path) => ascii.map((query) => `https://${HOST}${path}${query}`)),
    fc.uint8Array({ maxLength: 3_100 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  ];
  const tokens = [
    fc.string({ unit: "binary", maxLength: 5_000 }),
    any.map((text) => `k8s-aws-v1.${text}`),
  ];
  fc.assert(
    fc.property(fc.oneof(...tokens, ...urls.map((url) => url.map(tokenOf))), (text) =>
      assertDenied(text),
    ),
    { numRuns: randomRuns(10_000) },
  );
});

test("the largest tokens of one repeated piece are parsed without delay", () => {
  for (const piece of [
    "%",
    "%2",
    "%25",
    "a",
    "&",
    "=",
    "a=",
    "&a=b",
    "/",
    "?",
    "#",
    "\n",
    "Action=",
    "%41ction=a&",
  ]) {
    for (const before of [
      "",
      "https://",
      `https://${HOST}/?`,
      `https://${HOST}/?${queryWith()}&`,
    ]) {
      assertDenied(
        tokenOf(before + piece.repeat(Math.floor((3_060 - before.length) / piece.length))),
      );
    }
  }
});
