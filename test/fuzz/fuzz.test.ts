// A sample of `npm run fuzz`: the corpus and some changes of it break no rule.

import assert from "node:assert/strict";
import { test } from "node:test";
import { minimized, mutated } from "./mutate.ts";
import { PARSERS, textsOf } from "./parsers.ts";
import { seededRandom } from "./random.ts";

for (const parser of PARSERS) {
  test(`${parser.name}: its corpus and 100 changes of it break no rule`, async () => {
    const random = seededRandom(7, 0);
    const texts = textsOf(parser);
    for (const text of texts) await parser.run(text);
    for (let left = 100; left > 0; left -= 1) await parser.run(mutated(random.pick(texts), texts, random));
  });
}

test("a text that breaks a rule is shortened to what breaks it", async () => {
  assert.equal(await minimized("some a text with b in it", async (text) => /a.*b/.test(text)), "ab");
});
