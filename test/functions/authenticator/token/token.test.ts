// The outer form of a token: prefix, size, base64url, and the form of the URL.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hasTokenPrefix } from "../../../../functions/authenticator/token/token.ts";
import { tokenOf } from "../../../token.ts";
import {
  denial,
  EXTRA_HOST,
  HOST,
  NOW,
  parse,
  queryWith,
  SECURITY_TOKEN,
  SIGNATURE,
  tokenWith,
  urlWith,
} from "./samples.ts";

function assertMalformed(text: string, message: RegExp): void {
  const error = denial(text);
  assert.equal(error.code, "token_malformed", text);
  assert.match(error.message, message);
}

const BASE64 = /^not canonical unpadded base64url after the prefix$/;
const FORM = /^not exactly https:\/\/<host>\/\?<query>$/;

test("a token yields access key id, host, target and expiry", () => {
  assert.deepEqual(parse(tokenWith()), {
    accessKeyId: "AKIALOCALALICEAAAAAA",
    host: HOST,
    target:
      "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
      "&X-Amz-Credential=AKIALOCALALICEAAAAAA%2F20260102%2Fus-west-2%2Fsts%2Faws4_request" +
      `&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-Signature=${SIGNATURE}` +
      "&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
    expiresAt: NOW + 900_000,
  });
});

test("a token with a security token is sent with it, between Expires and Signature", () => {
  const { target } = parse(tokenWith({ "X-Amz-Security-Token": SECURITY_TOKEN }));
  const encoded = SECURITY_TOKEN.replaceAll("/", "%2F").replaceAll("+", "%2B").replaceAll("=", "%3D");
  assert.ok(target.includes(`&X-Amz-Expires=60&X-Amz-Security-Token=${encoded}&X-Amz-Signature=`), target);
});

test("only the prefix k8s-aws-v1., in this case, marks a token as ours", () => {
  assert.ok(hasTokenPrefix(tokenWith()));
  assert.ok(hasTokenPrefix("k8s-aws-v1."));
  for (const text of [
    "",
    "k8s-aws-v1",
    "k8s-aws-v2.abc",
    "K8S-AWS-V1.abc",
    " k8s-aws-v1.abc",
    "eyJhbGciOi.eyJpc3Mi.c2ln",
  ]) {
    assert.equal(hasTokenPrefix(text), false, text);
  }
  assertMalformed(tokenWith().replace("v1", "v2"), /^does not begin with k8s-aws-v1\.$/);
});

/** A token of this length that is valid otherwise. */
function tokenOfLength(length: number): string {
  const bytes = Math.floor(((length - "k8s-aws-v1.".length) * 3) / 4);
  const space = bytes - urlWith({ "X-Amz-Security-Token": "" }).length;
  return tokenWith({ "X-Amz-Security-Token": "s".repeat(space) });
}

test("a token has at most 4096 bytes, including the prefix", () => {
  // 4096 - 11 is not a length of base64, so 4095 is the longest
  for (const length of [4_094, 4_095]) {
    const token = tokenOfLength(length);
    assert.equal(token.length, length);
    assert.equal(parse(token).host, HOST);
  }
  assert.equal(tokenOfLength(4_097).length, 4_097);
  assertMalformed(tokenOfLength(4_097), /^longer than 4096 bytes$/);
  assertMalformed(`${tokenOfLength(4_095)}A`, BASE64);
});

test("the size is counted in bytes, not in characters", () => {
  assertMalformed(`k8s-aws-v1.${"é".repeat(2_042)}`, BASE64);
  assertMalformed(`k8s-aws-v1.${"é".repeat(2_043)}`, /^longer than 4096 bytes$/);
});

test("padding, the standard alphabet, white space, stray characters and unused bits are refused", () => {
  const token = tokenWith({ "X-Amz-Expires": "600" });
  assert.match(token, /[^=]$/);
  for (const text of [`${token}=`, `${token}==`, `${token} `, `${token}\n`, `${token}.`, `${token}%`]) {
    assertMalformed(text, BASE64);
  }
  const start = "k8s-aws-v1.".length;
  for (const character of [" ", "\n", "\r", "\t", "\0", ".", "=", "+", "/", "é", "\u{1F600}"]) {
    assertMalformed(token.slice(0, start) + character + token.slice(start), BASE64);
    assertMalformed(token.slice(0, 99) + character + token.slice(99), BASE64);
  }
  assertMalformed("k8s-aws-v1.k8s-aws-v1.", BASE64);
});

test("unused bits of the last character are zero", () => {
  for (const url of [urlWith(), urlWith({}, EXTRA_HOST), `${urlWith()}0`]) {
    const token = tokenOf(url);
    if (url.length % 3 === 0) continue;
    assertMalformed(token.slice(0, -1) + String.fromCharCode(token.charCodeAt(token.length - 1) + 1), BASE64);
  }
});

test("the decoded token is exactly https://<host>/?<query>", () => {
  const query = queryWith();
  for (const url of [
    "",
    "https://",
    `https://${HOST}`,
    `https://${HOST}/`,
    `https://${HOST}?${query}`,
    `https://${HOST}//?${query}`,
    `https://${HOST}/.?${query}`,
    `https://${HOST}/%2F?${query}`,
    `https://${HOST}/path?${query}`,
    `https://${HOST}/;?${query}`,
    `https:/${HOST}/?${query}`,
    `https:///${HOST}/?${query}`,
    `https:\\\\${HOST}\\?${query}`,
    `http://${HOST}/?${query}`,
    `HTTPS://${HOST}/?${query}`,
    `wss://${HOST}/?${query}`,
    `//${HOST}/?${query}`,
    ` https://${HOST}/?${query}`,
    `\uFEFFhttps://${HOST}/?${query}`,
    `\nhttps://${HOST}/?${query}`,
    `ht\ntps://${HOST}/?${query}`,
    `https://${HOST}/?${query}#`,
    `https://${HOST}/?${query}#fragment`,
    `https://${HOST}/#?${query}`,
  ]) {
    assertMalformed(tokenOf(url), FORM);
  }
});

test("bytes beyond ASCII are refused at every place", () => {
  const url = urlWith();
  for (const byte of ["\x80", "\xe9", "\xff", "\xc3\xa9", "\xe2\x80\xa8"]) {
    for (let at = 0; at <= url.length; at += 1) denial(tokenOf(url.slice(0, at) + byte + url.slice(at)));
  }
});
