// A principal that may write a function's settings into Parameter Store can mislead an operator,
// but can hide no grant and no lockout: with any setting false, alone and in pairs, each change is
// marked or refused that is so without settings.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { reviewSettings } from "../../../../cli/aws/connection.ts";
import { guardLockout } from "../../../../cli/model/access/administrators.ts";
import { hasConsent } from "../../../../cli/model/access/changes.ts";
import { marksOf } from "../../../../cli/model/access/phases.ts";
import type { RuleSettings, States, Wanted } from "../../../../cli/model/access/state.ts";
import { judgeSettings, shellOf } from "../../../../cli/model/function-settings.ts";
import { settingsParameter } from "../../../../functions/parameters/names.ts";
import type { StoredVariable } from "../../../../functions/settings/variables.ts";
import { TOKEN_ISSUERS } from "../../../../local/sandbox-files.ts";
import { IS_ALL } from "../../../extent.ts";
import { settingsValue, type Variables } from "../../../stored-settings.ts";
import { dated, forgetValues, valueFor } from "./answers.ts";
import { type AnyPlan, anyPlan, CONTEXT, type State } from "./any-plan.ts";
import { countOf, families, planAt } from "./two-parameters.ts";
import { A, B } from "./universe.ts";

/** Names of the generated plans begin with these. */
const PREFIXES = ["res:", "system:", "access:", "g", "h", "u", "{", "a"];
const ISSUERS = [...TOKEN_ISSUERS].map((pair) => pair.join("="));

/** A new setting does not compile until it has false values here. */
const FALSE: Readonly<Record<StoredVariable, readonly string[]>> = {
  ACCOUNTS: ["999999999999"],
  AUDIENCES: ["x"],
  JWT_ISSUERS: [ISSUERS.join(), ISSUERS[0] ?? ""],
  NODE_REGION: ["eu-west-1"],
  NODE_VPCS: ["vpc-0123456789abcdef0"],
  RESERVED_PREFIXES: [...PREFIXES, PREFIXES.join()],
  STS_EXTRA_HOSTS: ["sts.example.com"],
  STS_HOSTS: ["regional"],
  STS_REGIONS: ["eu-west-1"],
  // Without issuers it is invalid: the command then assumes the defaults.
  TOKENS: ["jwt"],
  USER_INFO: ["minimal"],
};

const alone = Object.entries(FALSE).flatMap(([name, values]) =>
  values.map((value): Variables => ({ [name]: value })),
);
const pairs = alone.flatMap((first, index) =>
  alone.slice(index + 1).map((second): Variables => ({ ...first, ...second })),
);

/** What the rule sees with this stored text. */
function reviewWith(text: string | undefined): RuleSettings {
  const shell = shellOf(
    { CLUSTER_ID: "c", AWS_REGION: "us-east-1", MAPPING_PREFIX: CONTEXT.prefix },
    {},
  );
  const name = settingsParameter(CONTEXT.prefix, "c");
  const reading = text === undefined ? undefined : { value: text, secure: false };
  const own = judgeSettings(name, reading, shell);
  return reviewSettings(CONTEXT, { own, all: [own] }, shell, CONTEXT.now);
}

const texts = [...alone, ...pairs].flatMap((variables) =>
  [true, false].map((nodes) => settingsValue(variables, nodes)),
);
const WRONG = ["{", "[]", '{"format":2}', '{"format":1,"version":"9.0.0","settings":{"NEW":"x"}}'];
/** Equal ones are judged once: the rule sees nothing else. */
const reviews = new Map(
  [...texts, ...WRONG].map(reviewWith).map((review) => [JSON.stringify(review), review]),
);
const truth = reviewWith(undefined);

const nameOf = (short: string) => `${CONTEXT.prefix}/${short}`;
const statesOf = (state: State) =>
  new Map(
    Object.entries(state).flatMap(([short, text]) => {
      const value = valueFor(nameOf(short), text);
      return value.stored ? [[nameOf(short), dated(value, 0)] as const] : [];
    }),
  );

let lockouts = 0;

function isLockout(changes: readonly Wanted[], stored: States, review: RuleSettings): boolean {
  try {
    guardLockout(changes, stored, review);
    return false;
  } catch (error) {
    assert.match(`${error}`, /no administrator would surely remain/);
    return true;
  }
}

/**
 * Returns how many marks the plan has without settings. Throws if false settings remove a mark, or
 * the refusal of a lockout.
 */
function attack({ states: [before = {}, after = {}] }: AnyPlan): number {
  const shorts = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changes = shorts
    .filter((short) => before[short] !== after[short] && after[short] !== "secure")
    .map((short) => ({ name: nameOf(short), value: after[short] }));
  const stored = statesOf(before);
  const marks = marksOf(changes, stored, truth);
  const isRefused = isLockout(changes, stored, truth);
  if (isRefused) lockouts += 1;
  // False settings can remove nothing from a plan that has neither.
  if (marks.length === 0 && !isRefused) return 0;
  for (const [key, review] of reviews) {
    const found = marksOf(changes, stored, review);
    for (const mark of marks)
      assert.ok(hasConsent(mark, found), JSON.stringify({ key, mark, before, after }));
    assert.ok(
      !isRefused || isLockout(changes, stored, review),
      JSON.stringify({ key, before, after }),
    );
  }
  return marks.length;
}

test(`${texts.length} false values are of every setting, and the rule sees some of them`, () => {
  assert.ok(texts.length > 300 && reviews.size > 20, `${texts.length} ${reviews.size}`);
});

test("random plans: what is marked without settings is marked with false ones", () => {
  forgetValues();
  const plans = fc.sample(anyPlan(1, fc.constantFrom(1, 2, 3)), {
    numRuns: IS_ALL ? 150 : 45,
    seed: 7,
  });
  const marks = plans.map(attack);
  assert.ok(marks.filter((count) => count > 0).length > plans.length / 3, `${marks}`);
});

test("what is marked without settings is marked with false ones", () => {
  forgetValues();
  let [plans, marked] = [0, 0];
  const step = IS_ALL ? 7_001 : 14_002;
  for (const [place, family] of families(2).entries()) {
    for (let index = (place * 7919) % step; index < countOf(family); index += step) {
      const plan = planAt(family, index);
      if (plan === undefined) continue;
      plans += 1;
      if (attack(plan) > 0) marked += 1;
    }
  }
  assert.ok(plans > (IS_ALL ? 80 : 40) && marked > plans / 4, `${plans} ${marked}`);
});

test("the last administrator is kept with false settings as without settings", () => {
  forgetValues();
  lockouts = 0;
  const groups = ["system:masters", "access:cluster-admin", "kubeadm:cluster-admins"];
  const usernames = ["u", "a", "{SessionName}", "res:x"];
  for (const group of groups) {
    for (const username of usernames) {
      const value = JSON.stringify({ username, groups: [group] });
      const sets = { [`sso/${A}/view`]: value, [`sso/${B}/view`]: value };
      for (const after of [{}, ...Object.keys(sets).map((short) => ({ [short]: value }))]) {
        attack({ states: [sets, after], reserved: false });
        for (const name of Object.keys(after))
          attack({ states: [{ [name]: value }, {}], reserved: false });
      }
    }
  }
  assert.equal(lockouts, groups.length * usernames.length * 3);
});
