// Secrets that were sent or received are not printed, even if a server encodes, cuts or embeds them.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSecrets } from "../../../cli/terminal/secrets.ts";

const secret = fc.base64String({ minLength: 24, maxLength: 120 }).filter((text) => text.length >= 24);
const words = fc.string({ unit: fc.constantFrom("<", " ", "#"), maxLength: 40 });

test("no twelve characters of a secret remain in a text, in any encoding", () => {
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
    { numRuns: 500, seed: 35 },
  );
});

test("other text is unchanged: a short secret is hidden only in full, and one of a few letters is not hidden", () => {
  const secrets = createSecrets();
  secrets.add("hunter22");
  secrets.add("a");
  assert.equal(secrets.hide("a password, hunter22, and hunter"), "a password, <hidden>, and hunter");
});
