// Strict base64url and strict percent-encoding, each with spellings that a lenient decoder accepts.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeBase64Url,
  decodeComponent,
  encodeComponent,
} from "../../../../functions/authenticator/token/encoding.ts";

const RUNS = { numRuns: 10_000 };

test("base64url is decoded to one character per byte", () => {
  assert.equal(decodeBase64Url(""), "");
  // RFC 4648, section 10
  assert.equal(decodeBase64Url("Zg"), "f");
  assert.equal(decodeBase64Url("Zm8"), "fo");
  assert.equal(decodeBase64Url("Zm9v"), "foo");
  assert.equal(decodeBase64Url("-_8"), "\xfb\xff");
});

test("padding, the other alphabet, white space, an extra letter and unused bits are refused", () => {
  for (const text of [
    "Zg==",
    "Zm8=",
    "+_8",
    "-/8",
    "Zm 9v",
    "Zm9v\n",
    "Zm9vZ",
    "Zh",
    "Zm9",
    "Z",
    "=",
    "Zm9v\0",
    "Zm9é",
  ]) {
    assert.equal(decodeBase64Url(text), undefined, text);
  }
});

test("each text has one canonical base64url, and no other text decodes to it", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.equal(decodeBase64Url(Buffer.from(bytes).toString("base64url")), Buffer.from(bytes).toString("latin1"));
    }),
    RUNS,
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."AQgwZ9-_+/= \n") }), (text) => {
      const decoded = decodeBase64Url(text);
      if (decoded !== undefined) assert.equal(Buffer.from(decoded, "latin1").toString("base64url"), text);
    }),
    RUNS,
  );
});

test("unreserved characters and %XX are decoded, with digits of either case", () => {
  assert.equal(decodeComponent(""), "");
  assert.equal(decodeComponent("AZaz09-._~"), "AZaz09-._~");
  assert.equal(decodeComponent("%2F%2f%41%7e%20"), "//A~ ");
  assert.equal(decodeComponent("%2541"), "%41");
});

test("a raw reserved character, a plus sign and a broken escape are refused", () => {
  for (const character of " !\"#$&'()*+,/:;<=>?@[\\]^`{|}%\t\n\0\x7f\x80é\u{1F600}") {
    assert.equal(decodeComponent(`a${character}b`), undefined, JSON.stringify(character));
  }
  for (const text of ["%", "%2", "%2G", "%g2", "%%20", "%u0041", "% 20", "%+2", "%0x", "%-1", "a%", "%2\n", "a\n"]) {
    assert.equal(decodeComponent(text), undefined, text);
  }
});

test("%XX must encode printable ASCII", () => {
  for (let code = 0; code < 256; code += 1) {
    const decoded = decodeComponent(`a%${code.toString(16).padStart(2, "0")}b`);
    assert.equal(decoded, code >= 0x20 && code <= 0x7e ? `a${String.fromCharCode(code)}b` : undefined, `${code}`);
  }
  assert.equal(decodeComponent("%C3%A9"), undefined);
});

test("all characters except unreserved ones are sent as %XX in upper case", () => {
  for (let code = 0x20; code <= 0x7e; code += 1) {
    const character = String.fromCharCode(code);
    const sent = /[A-Za-z0-9._~-]/.test(character) ? character : `%${code.toString(16).toUpperCase()}`;
    assert.equal(encodeComponent(character), sent);
  }
});

test("printable ASCII survives encoding and decoding", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      assert.equal(decodeComponent(encodeComponent(text)), text);
    }),
    RUNS,
  );
});
