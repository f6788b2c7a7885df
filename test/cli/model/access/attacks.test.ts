// Attacks on an earlier judge of access: each one is now marked, ordered or delayed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nextPhase } from "../../../../cli/model/access/phases.ts";
import { CONTEXT, NOW } from "./any-plan.ts";
import { arn, marks, name, short, store, wanted } from "./store.ts";
import { A } from "./universe.ts";

test("a mapping that uses another claim applies after a removal", () => {
  const before = {
    [`role/${A}/x`]: { arn: arn("role/x"), username: "a:{SourceIdentity}" },
    [`pattern/${A}`]: [{ arnLike: arn("role/*"), username: "a:{PrincipalTag:team}" }],
  };
  assert.deepEqual(marks(before, { [`role/${A}/x`]: undefined }), [
    `broader: x is no longer mapped by role/${A}/x: pattern/${A} role/* applies and gives a:{PrincipalTag:team}`,
  ]);
});

test("above 200 changes, a lifted denial is still written last, after a wait", () => {
  const many = Array.from({ length: 250 }, (_, index) => `role/${A}/r${index}`);
  const mapping = (short: string, groups: readonly string[]) => ({
    arn: arn(`role/${short.split("/")[2]}`),
    username: "u",
    groups,
  });
  const states = new Map(
    store({
      [`deny/${A}`]: [{ arnLike: arn("role/*") }],
      ...Object.fromEntries(many.map((one) => [one, mapping(one, ["g", "h"])])),
    }),
  );
  const changes = wanted({ [`deny/${A}`]: [], ...Object.fromEntries(many.map((one) => [one, mapping(one, ["g"])])) });
  const first = nextPhase(changes, states, CONTEXT);
  assert.equal(first?.writes.length, 250);
  assert.ok(first.writes.every((one) => short(one).startsWith("role/")));
  for (const { name: full, value = "" } of first.writes) states.set(full, { value, secure: false, modified: NOW });
  const second = nextPhase(changes, states, CONTEXT);
  assert.deepEqual(second?.writes.map(short), [`deny/${A}`]);
  assert.equal(second.from, NOW + 35_000);
});

test("a new group of a permission set waits for the list of sessions, whichever value is cached", () => {
  const set = (groups: readonly string[]) => ({ username: "u", groups });
  const changes = wanted({
    [`sso/${A}/v`]: set(["g", "h"]),
    [`sso-session/${A}/v`]: [{ session: "jane", username: "j" }],
  });
  const before = store({ [`sso/${A}/v`]: set(["g"]) });
  assert.deepEqual(nextPhase(changes, before, CONTEXT)?.writes.map(short), [`sso-session/${A}/v`]);
});

test("an interrupted command that is run again waits as it would have without the interruption", () => {
  const change = wanted({ [`role/${A}/x`]: undefined });
  const values = { [`role/${A}/x`]: { arn: arn("role/x"), username: "x" }, [`pattern/${A}`]: [] };
  for (const [age, waitsFor] of [
    [5_000, [name(`pattern/${A}`)]],
    [34_999, [name(`pattern/${A}`)]],
    [35_000, []],
  ] as const) {
    const phase = nextPhase(change, store(values, { [`pattern/${A}`]: age }), CONTEXT);
    assert.deepEqual([phase?.waitsFor, phase?.from], [waitsFor, NOW + 35_000 - age]);
  }
});

const ENDED = { arn: arn("role/x"), username: "x", notAfter: "2026-07-01T00:00:00Z" };
for (const [what, value] of Object.entries({ removed: undefined, ended: ENDED })) {
  test(`a principal's own mapping is ${what} above a broader one`, () => {
    const before = {
      [`role/${A}/x`]: { arn: arn("role/x"), username: "x" },
      [`pattern/${A}`]: [{ arnLike: arn("role/*"), username: "p", groups: ["platform-admins"] }],
    };
    const how = value === undefined ? "no longer" : "only until 2026-07-01T00:00:00Z";
    assert.deepEqual(marks(before, { [`role/${A}/x`]: value }), [
      `broader: x is ${how} mapped by role/${A}/x: pattern/${A} role/* applies and gives p (platform-admins)`,
    ]);
  });
}

test("a grant waits for a denial of one session that another operator wrote a moment ago", () => {
  const states = store(
    {
      [`role/${A}/x`]: { arn: arn("role/x"), username: "x" },
      [`deny/${A}`]: [{ arnLike: `arn:aws:sts::${A}:assumed-role/x/jane` }],
    },
    { [`deny/${A}`]: 1_000 },
  );
  const phase = nextPhase(
    wanted({ [`role/${A}/x`]: { arn: arn("role/x"), username: "x", groups: ["g"] } }),
    states,
    CONTEXT,
  );
  assert.deepEqual(phase?.waitsFor, [name(`deny/${A}`)]);
});

test("a list that is invalid is not rewritten without a mark", () => {
  const [mark = ""] = marks(
    { [`deny/${A}`]: [{ arnLike: "arn:aws:s3:::bucket" }] },
    { [`deny/${A}`]: [{ arnLike: arn("role/x") }] },
  );
  assert.match(mark, /^invalid: deny\/111122223333 is invalid/);
});

test("the last session entry ends earlier, so that AWS-signed tokens of the set's roles are accepted", () => {
  const session = (more: object) => [{ session: "jane", username: "u", ...more }];
  const before = { [`sso-session/${A}/v`]: session({}), [`sso/${A}/v`]: { username: "u" } };
  assert.deepEqual(marks(before, { [`sso-session/${A}/v`]: session({ notAfter: "2026-07-01T00:00:00Z" }) }), [
    `broader: session jane of v is only until 2026-07-01T00:00:00Z mapped by sso-session/${A}/v: sso/${A}/v applies and gives u`,
  ]);
});

test("a lifted denial names the user and groups of the mapping that applies, which its writer may have chosen meanwhile", () => {
  const before = {
    [`deny/${A}`]: [{ arnLike: arn("role/x") }],
    [`role/${A}/x`]: { arn: arn("role/x"), username: "x", groups: ["system:masters"] },
  };
  const [mark = ""] = marks(before, { [`deny/${A}`]: [] });
  assert.match(mark, new RegExp(`role/${A}/x applies and gives x \\(system:masters\\)$`));
});

test("a removed pattern names each mapping that may apply, not only the first", () => {
  const pattern = (resource: string, more: object) => ({ arnLike: arn(resource), username: "u", ...more });
  const lower = [pattern("role/dev-*", { username: "d" }), pattern("role/ops-*", { groups: ["system:masters"] })];
  const before = { [`pattern/${A}`]: [pattern("role/*", {}), ...lower] };
  const text = marks(before, { [`pattern/${A}`]: lower }).join("\n");
  assert.match(text, /role\/dev-\* applies and gives d/);
  assert.match(text, /role\/ops-\* applies and gives u \(system:masters\)/);
});

test("the removal of a denied principal's mapping leaves a date, for a command that lifts the denial a moment later", () => {
  const mapping = { arn: arn("role/x"), username: "x", groups: ["g"] };
  const states = store({ [`deny/${A}`]: [{ arnLike: arn("role/*") }], [`role/${A}/x`]: mapping });
  const phase = nextPhase(wanted({ [`role/${A}/x`]: undefined }), states, CONTEXT);
  const [first] = phase?.writes ?? [];
  assert.ok(first?.value !== undefined, "it is deleted at once");
  assert.ok(Date.parse(JSON.parse(first.value).notAfter) <= NOW);
});

test("the mark of an invalid value names the user and groups that it gives after the change", () => {
  const mapping = { arn: arn("role/x"), username: "x", groups: ["system:masters"] };
  const repeated = JSON.stringify(mapping).replace("{", '{"groups":["view"],');
  const [mark = ""] = marks({ [`role/${A}/x`]: repeated }, { [`role/${A}/x`]: mapping });
  assert.match(mark, /^invalid: .*x \(system:masters\)/);
});
