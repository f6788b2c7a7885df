// Parsers of hostile input: the corpus and 1,000 changes of it break no rule; with `npm run
// test:all`, 10,000 changes. `npm run fuzz` goes on for 10 minutes each.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IS_ALL } from "../extent.ts";
import { minimized, mutated, seededRandom } from "./mutate.ts";
import { PARSERS, textsOf } from "./parsers.ts";

/** Files of the user's own: a command takes 1 ms for each. */
const FILES = ["mapping-file", "aws-auth", "kubeconfig"];

for (const parser of PARSERS) {
  const changes = (FILES.includes(parser.name) ? 10 : 1_000) * (IS_ALL ? 10 : 1);
  test(`${parser.name}: its corpus and ${changes.toLocaleString("en")} changes of it break no rule`, async () => {
    const random = seededRandom(7);
    const texts = textsOf(parser);
    for (const text of texts) await parser.run(text);
    for (let left = changes; left > 0; left -= 1)
      await parser.run(mutated(random.pick(texts), texts, random));
  });
}

test("a text that breaks a rule is shortened to what breaks it", async () => {
  assert.equal(
    await minimized("some a text with b in it", async (text) => /a.*b/.test(text)),
    "ab",
  );
});
