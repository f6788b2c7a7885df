// Filter patterns for CloudWatch Logs: for any input, the pattern is valid and matches all wanted
// reviews.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { filterPattern, isWanted } from "../../../cli/aws/review-log.ts";
import { supposeIdentity } from "../../../cli/model/evaluation.ts";
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

test("the pattern contains the outcomes, and finds an ARN in any case", () => {
  const [all, one] = [OUTCOMES, ["denied"] as const].map(
    (some) => `(${some.map((name) => `($.outcome = "${name}")`).join(" || ")})`,
  );
  assert.equal(filterPattern({ outcomes: [] }), `{ ${all} }`);
  assert.equal(filterPattern({ outcomes: ["denied"] }), `{ ${one} }`);
  const who = "arn:aws:iam::111122223333:role/team/Developers";
  const starts = ["de", "dE", "De", "DE"].map(
    (start) => `($.canonicalArn = "arn:aws:iam::111122223333:role/${start}*")`,
  );
  assert.equal(
    filterPattern({ outcomes: ["denied"], who }),
    `{ ${one} && (${starts.join(" || ")} || ($.username = "${who}")) }`,
  );
});

test("input cannot escape its quotes: the pattern is valid and short enough", () => {
  const quotes = fc.property(outcomes, who, (chosen, text) => {
    const pattern = filterPattern({ outcomes: chosen, who: text });
    assert.ok(pattern.length <= 1024);
    assert.match(pattern, /^[\x20-\x7e]+$/);
    // Throws if the service would reject the pattern.
    parseFilterPattern(pattern);
    const quoted = [...pattern.matchAll(/"([^"]*)"/g)].map(([, inside = ""]) => inside);
    assert.ok(quoted.length > (chosen.length || OUTCOMES.length));
    for (const inside of quoted) assert.match(inside, /^[A-Za-z0-9:/_+=,.@ -]*\*?$/);
  });
  fc.assert(quotes, RUNS);
});

/** Changes the case of some characters. */
const inSomeCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) =>
      Array.from(text, (c, i) => (upper[i] ? c.toUpperCase() : c.toLowerCase())).join(""),
    );
const ACCOUNT = "111122223333";
const NAME = fc.constantFrom("Developers", "jane@example.com", "x", "_a", "bob");
const identity = fc
  .record({ name: NAME, path: fc.constantFrom("", "team/", "A/b/") })
  .chain(({ name, path }) =>
    fc.constantFrom(
      { arn: `arn:aws:iam::${ACCOUNT}:user/${path}${name}`, name },
      { arn: `arn:aws:sts::${ACCOUNT}:assumed-role/R/${name}`, name },
      { arn: `arn:aws:sts::${ACCOUNT}:federated-user/${name}`, name },
    ),
  );

test("the service returns every wanted review, and isWanted drops the others", () => {
  const field = fc.constantFrom("arn", "canonicalArn", "username", "sessionName", "accessKeyId");
  const review = fc.record({ field, outcome: fc.constantFrom(...OUTCOMES), isOther: fc.boolean() });
  const drops = fc.property(outcomes, who, review, (chosen, text, { field, outcome, isOther }) => {
    const filter = { outcomes: chosen, who: text };
    const logged = { time: 0, outcome, [field]: isOther ? `${text}x` : text };
    const found = parseFilterPattern(filterPattern(filter))(JSON.stringify(logged));
    // The canonical ARN of a role has no path.
    const isLogged = field !== "canonicalArn" || !/:role\/.*\//i.test(text);
    if (isLogged && isWanted(logged, filter)) assert.ok(found);
    if (isOther) assert.equal(isWanted(logged, filter), false);
  });
  fc.assert(drops, RUNS);
});

test("a name or an ARN in any case finds its reviews", () => {
  const found = (who: string, arn: string): boolean => {
    const known = supposeIdentity(arn) ?? assert.fail(arn);
    const { canonicalArn, sessionName = undefined, principalId = "" } = known;
    const logged = {
      ...{ time: 0, outcome: "granted" as const, arn: known.arn, canonicalArn, principalId },
      ...(sessionName !== undefined && { sessionName }),
    };
    const filter = { outcomes: [], who };
    const isSent = parseFilterPattern(filterPattern(filter))(JSON.stringify(logged));
    return isSent && isWanted(logged, filter);
  };
  const all = fc.property(
    identity.chain((one) => fc.tuple(fc.constant(one), inSomeCase(one.name))),
    ([{ arn, name }, spelled]) => {
      const typed = arn.replace(/[^/]*$/, spelled);
      assert.equal(found(typed, arn), !arn.includes(":federated-user/") || spelled === name);
      // One letter is no person's name, and IAM's paths are not part of a name.
      if (name.length > 1) assert.ok(found(spelled, arn), `${spelled} ${arn}`);
      assert.equal(found(`${typed}x`, arn), false);
      assert.ok(found(arn.replace(/user\/.*\//, "user/"), arn));
      const role = `arn:aws:iam::${ACCOUNT}:role/path/`;
      assert.equal(found(`${role}r`, arn), arn.includes(":assumed-role/"));
    },
  );
  fc.assert(all, RUNS);
});
