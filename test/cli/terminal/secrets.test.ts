// What was sent or received is not printed, however the other side spells it, cuts it or hides it in other text.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSecrets } from "../../../cli/terminal/secrets.ts";

const secret = fc.base64String({ minLength: 24, maxLength: 120 }).filter((text) => text.length >= 24);
const words = fc.string({ unit: fc.constantFrom("<", " ", "#"), maxLength: 40 });

test("no twelve characters of a secret stay in a text, in none of its spellings", () => {
  fc.assert(
    fc.property(secret, fc.nat(), fc.nat(), fc.nat(3), words, words, (text, from, length, spelling, before, after) => {
      const secrets = createSecrets();
      secrets.add(text);
      const bytes = Buffer.from(text);
      const spelled =
        [text, encodeURIComponent(text), bytes.toString("base64"), bytes.toString("base64url")][spelling] ?? "";
      const start = from % (spelled.length - 12);
      const part = spelled.slice(start, start + 12 + (length % spelled.length));
      const hidden = secrets.hide(`${before}${part}${after}`);
      assert.equal(hidden, `${before}<hidden>${after}`);
    }),
    { numRuns: 10_000 },
  );
});

test("any other text stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const secrets = createSecrets();
      secrets.add("hostile-secret-0123456789");
      assert.equal(secrets.hide(text), text);
    }),
    { numRuns: 10_000 },
  );
});

test("a short secret is hidden where it is whole; one of a few letters is none", () => {
  const secrets = createSecrets();
  secrets.add("hunter22");
  secrets.add("a");
  assert.equal(secrets.hide("a password, hunter22, and hunter"), "a password, <hidden>, and hunter");
});
