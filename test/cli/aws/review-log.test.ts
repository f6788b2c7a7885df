// Filter patterns for CloudWatch Logs: for any input, the pattern is valid and matches all wanted
// reviews.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { filterPattern, isWanted } from "../../../cli/aws/review-log.ts";
import { OUTCOMES } from "../../../functions/authenticator/review/record.ts";
import { parseFilterPattern } from "../../../local/aws/logs/filter-pattern.ts";

const RUNS = { numRuns: 500, seed: 35 };
const outcomes = fc.subarray([...OUTCOMES]);
/** Ordinary names, and text with a meaning in patterns. */
const who = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'ab:/"\\*%$(){}&|= \u001b'), maxLength: 30 }),
  fc.stringMatching(
    /^arn:aws:(iam::111122223333:(role|user)|sts::111122223333:assumed-role\/R)\/[\w+=,.@/-]{1,80}$/,
  ),
);

test("the pattern contains the chosen or all outcomes, and an ARN as ARN, canonical ARN and username", () => {
  const [all, one] = [OUTCOMES, ["denied"] as const].map(
    (some) => `(${some.map((name) => `($.outcome = "${name}")`).join(" || ")})`,
  );
  assert.equal(filterPattern({ outcomes: [] }), `{ ${all} }`);
  assert.equal(filterPattern({ outcomes: ["denied"] }), `{ ${one} }`);
  const [arn, canonical] = ["team/Developers", "Developers"].map(
    (name) => `arn:aws:iam::111122223333:role/${name}`,
  );
  const who = `($.arn = "${arn}") || ($.canonicalArn = "${canonical}") || ($.username = "${arn}")`;
  assert.equal(filterPattern({ outcomes: ["denied"], who: arn }), `{ ${one} && (${who}) }`);
});

test("input cannot escape its quotes: the pattern is valid and short enough", () => {
  const quotes = fc.property(outcomes, who, (chosen, text) => {
    const pattern = filterPattern({ outcomes: chosen, who: text });
    assert.ok(pattern.length <= 1024);
    assert.match(pattern, /^[\x20-\x7e]+$/);
    // Throws if the service would reject the pattern.
    parseFilterPattern(pattern);
    const quoted = [...pattern.matchAll(/"([^"]*)"/g)].map(([, inside = ""]) => inside);
    assert.equal(quoted.length, (chosen.length || OUTCOMES.length) + 3);
    for (const inside of quoted) assert.match(inside, /^[A-Za-z0-9:/_+=,.@ -]*\*?$/);
  });
  fc.assert(quotes, RUNS);
});

test("the service returns every wanted review, and isWanted drops the others", () => {
  const field = fc.constantFrom("arn", "canonicalArn", "username");
  const review = fc.record({ field, outcome: fc.constantFrom(...OUTCOMES), isOther: fc.boolean() });
  const drops = fc.property(outcomes, who, review, (chosen, text, { field, outcome, isOther }) => {
    const filter = { outcomes: chosen, who: text };
    const logged = { time: 0, outcome, [field]: isOther ? `${text}x` : text };
    const found = parseFilterPattern(filterPattern(filter))(JSON.stringify(logged));
    if (isWanted(logged, filter)) assert.ok(found);
    if (isOther) assert.equal(isWanted(logged, filter), false);
  });
  fc.assert(drops, RUNS);
});
