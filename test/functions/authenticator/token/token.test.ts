// The outer form of a token: prefix, size, base64url, and the form of the URL.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hasTokenPrefix } from "../../../../functions/authenticator/token/token.ts";
import { tokenOf } from "../../../token.ts";
import { denial, HOST, NOW, parse, queryWith, SECURITY_TOKEN, SIGNATURE, tokenWith, urlWith } from "./samples.ts";

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
  const encoded = SECURITY_TOKEN.replaceAll("/", "%2F").replaceAll("+", "%2B").replaceAll("=", "%3D");
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
        `&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60${sent}&X-Amz-Signature=${SIGNATURE}` +
        "&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
      expiresAt: NOW + 900_000,
    });
  }
});

test("only the prefix k8s-aws-v1., in this case, marks a token as ours", () => {
  for (const text of [tokenWith(), START]) assert.ok(hasTokenPrefix(text));
  for (const text of ["", "k8s-aws-v1", "k8s-aws-v2.abc", "K8S-AWS-V1.abc", " k8s-aws-v1.abc", "eyJh.eyJp.c2ln"]) {
    assert.equal(hasTokenPrefix(text), false, text);
  }
  assertMalformed("does not begin with k8s-aws-v1.", tokenWith().replace("v1", "v2"));
});

/** A token of this length that is valid otherwise. */
function tokenOfLength(length: number): string {
  const bytes = Math.floor(((length - START.length) * 3) / 4);
  const space = bytes - urlWith({ "X-Amz-Security-Token": "" }).length;
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
  const urls = ["", `https://${HOST}`, `https://${HOST}/`, `${urlWith()}#fragment`, ` ${urlWith()}`];
  const starts = [`https://${HOST}`, `https://${HOST}/path`, `https:/${HOST}/`, `http://${HOST}/`, `HTTPS://${HOST}/`];
  const tokens = [...urls, ...starts.map((start) => `${start}?${queryWith()}`)].map(tokenOf);
  assertMalformed("not exactly https://<host>/?<query>", ...tokens);
});
