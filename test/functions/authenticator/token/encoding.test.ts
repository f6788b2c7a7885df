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

test("each text has one canonical base64url, and no other text decodes to it", () => {
  const spelling = fc.string({ unit: fc.constantFrom(..."AQgwZ9-_+/= \n") });
  fc.assert(
    fc.property(fc.uint8Array(), spelling, (bytes, text) => {
      assert.equal(decodeBase64Url(Buffer.from(bytes).toString("base64url")), Buffer.from(bytes).toString("latin1"));
      const decoded = decodeBase64Url(text);
      if (decoded !== undefined) assert.equal(Buffer.from(decoded, "latin1").toString("base64url"), text);
    }),
    RUNS,
  );
});

test("unreserved characters and %XX are decoded, with digits of either case, and only to printable ASCII", () => {
  const vectors = { "": "", "AZaz09-._~": "AZaz09-._~", "%2F%2f%41%7e%20": "//A~ ", "%2541": "%41" };
  for (const [text, decoded] of Object.entries(vectors)) assert.equal(decodeComponent(text), decoded);
  for (let code = 0; code < 256; code += 1) {
    const decoded = decodeComponent(`a%${code.toString(16).padStart(2, "0")}b`);
    assert.equal(decoded, code >= 0x20 && code <= 0x7e ? `a${String.fromCharCode(code)}b` : undefined, `${code}`);
  }
});

test("a raw reserved character, a plus sign and a broken escape are refused", () => {
  for (const text of [
    ...Array.from(" !\"#$&'()*+,/:;<=>?@[\\]^`{|}%\t\n\0\x7f\x80é\u{1F600}", (character) => `a${character}b`),
    ...["%", "%2", "%2G", "%g2", "%%20", "%u0041", "% 20", "%+2", "%0x", "%-1", "a%", "%2\n", "a\n", "%C3%A9"],
  ]) {
    assert.equal(decodeComponent(text), undefined, text);
  }
});

test("all characters except unreserved ones are sent as %XX in upper case, and survive decoding", () => {
  for (let code = 0x20; code <= 0x7e; code += 1) {
    const character = String.fromCharCode(code);
    const sent = /[A-Za-z0-9._~-]/.test(character) ? character : `%${code.toString(16).toUpperCase()}`;
    assert.equal(encodeComponent(`a${character}${character}`), `a${sent}${sent}`);
    assert.equal(decodeComponent(sent), character);
  }
});
