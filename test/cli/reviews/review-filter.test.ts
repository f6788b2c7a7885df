// Filter patterns for CloudWatch Logs: for any input, the pattern is valid and matches all wanted reviews.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { filterPattern, isWanted } from "../../../cli/reviews/logged-review.ts";
import { OUTCOMES } from "../../../functions/authenticator/review/record.ts";
import { parseFilterPattern } from "../../../local/logs/filter-pattern.ts";

const RUNS = { numRuns: 500, seed: 35 };
const outcomes = fc.subarray([...OUTCOMES]);
/** Ordinary names, and text with a meaning in patterns. */
const who = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'ab:/"\\*%$(){}&|= \u001b'), maxLength: 30 }),
  fc.stringMatching(/^arn:aws:(iam::111122223333:(role|user)|sts::111122223333:assumed-role\/R)\/[\w+=,.@/-]{1,80}$/),
);

test("the pattern contains the chosen or all outcomes, and an ARN as ARN, canonical ARN and username", () => {
  assert.equal(filterPattern({ outcomes: ["denied"] }), '{ (($.outcome = "denied")) }');
  assert.equal(
    filterPattern({ outcomes: [] }),
    `{ (${OUTCOMES.map((outcome) => `($.outcome = "${outcome}")`).join(" || ")}) }`,
  );
  const [arn, canonical] = ["role/team/Developers", "role/Developers"].map(
    (name) => `arn:aws:iam::111122223333:${name}`,
  );
  const who = `($.arn = "${arn}") || ($.canonicalArn = "${canonical}") || ($.username = "${arn}")`;
  assert.equal(filterPattern({ outcomes: ["denied"], who: arn }), `{ (($.outcome = "denied")) && (${who}) }`);
});

test("input cannot escape its quotes: the pattern is valid and short enough", () => {
  fc.assert(
    fc.property(outcomes, who, (chosen, text) => {
      const pattern = filterPattern({ outcomes: chosen, who: text });
      assert.ok(pattern.length <= 1024);
      assert.match(pattern, /^[\x20-\x7e]+$/);
      // Throws if the service would reject the pattern.
      parseFilterPattern(pattern);
      const quoted = [...pattern.matchAll(/"([^"]*)"/g)].map(([, inside = ""]) => inside);
      assert.equal(quoted.length, (chosen.length || OUTCOMES.length) + 3);
      for (const inside of quoted) assert.match(inside, /^[A-Za-z0-9:/_+=,.@ -]*\*?$/);
    }),
    RUNS,
  );
});

test("the service returns every wanted review, and isWanted drops the others", () => {
  const field = fc.constantFrom("arn", "canonicalArn", "username");
  fc.assert(
    fc.property(
      outcomes,
      who,
      field,
      fc.constantFrom(...OUTCOMES),
      fc.boolean(),
      (chosen, text, name, outcome, isOther) => {
        const filter = { outcomes: chosen, who: text };
        const review = { time: 0, outcome, [name]: isOther ? `${text}x` : text };
        const found = parseFilterPattern(filterPattern(filter))(JSON.stringify(review));
        if (isWanted(review, filter)) assert.ok(found);
        if (isOther) assert.equal(isWanted(review, filter), false);
      },
    ),
    RUNS,
  );
});
