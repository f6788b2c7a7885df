// Patterns that can never match: compared with every identity that STS can return, and their error
// messages.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { verifyIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import {
  type ArnSections,
  arnSections,
  matchesArnLike,
} from "../../../../functions/authenticator/mapping/arn.ts";
import { isDenied } from "../../../../functions/authenticator/mapping/deny-list.ts";
import {
  globsOverlap,
  isOfSessions,
  matchesSomeSession,
  whyNeverMatches,
} from "../../../../functions/authenticator/mapping/possible-arn.ts";
import { HOME, roleIdentity } from "../fixtures.ts";

const name = fc.string({ unit: fc.constantFrom(..."aB0+=,.@_-"), minLength: 1, maxLength: 6 });
const path = fc
  .array(name, { maxLength: 2 })
  .map((parts) => parts.map((part) => `${part}/`).join(""));

const identity = fc
  .oneof(
    fc
      .tuple(name, name)
      .map(([role, session]) => [
        `sts::${HOME}:assumed-role/${role}/${session}`,
        `AROAX:${session}`,
      ]),
    fc.tuple(path, name).map(([p, user]) => [`iam::${HOME}:user/${p}${user}`, "AIDAX"]),
    fc.constant([`iam::${HOME}:root`, HOME]),
    name.map((user) => [`sts::${HOME}:federated-user/${user}`, `${HOME}:${user}`]),
  )
  .map(([end, UserId = ""]) =>
    verifyIdentity({ Account: HOME, Arn: `arn:aws:${end}`, UserId }, "aws", "A"),
  );

/**
 * Patterns that match an ARN: some characters become `?`, some runs become `*`, never across a
 * section.
 */
function blurred(arn: string, choices: readonly number[]): string {
  const [start = "", ...rest] = arn.split(":");
  const sections = [...rest.slice(0, 4), rest.slice(4).join(":")];
  let at = 0;
  const blur = (section: string) =>
    Array.from(section, (character) => {
      const choice = choices[at % choices.length] ?? 0;
      at += 1;
      return choice === 0 ? "?" : choice === 1 ? "*" : choice === 2 ? `*${character}` : character;
    }).join("");
  return [start, ...sections.map(blur)].join(":");
}
const choices = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 40 });

test("each pattern that is derived from an identity's ARNs can match, and denies it", () => {
  fc.assert(
    fc.property(identity, choices, fc.boolean(), (who, blur, upper) => {
      const { canonicalArn, arn } = who;
      const pattern = upper
        ? blurred(canonicalArn, blur).toUpperCase()
        : blurred(canonicalArn, blur);
      assert.ok(matchesArnLike(pattern, canonicalArn), pattern);
      assert.equal(whyNeverMatches(pattern, "canonical"), undefined);
      assert.equal(whyNeverMatches(blurred(arn, blur), "canonical-or-session"), undefined);
      for (const arnLike of [canonicalArn, arn, pattern, blurred(arn, blur)])
        assert.ok(isDenied({ arnLike }, who), arnLike);
    }),
    { numRuns: 1_000, seed: 1 },
  );
});

test("a pattern that can never match matches no identity", () => {
  let impossible = 0;
  const end = fc.string({
    unit: fc.constantFrom("a", "role", "user", "assumed-role", "/", "*", "?"),
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      identity,
      fc.constantFrom("iam", "sts", "*", "s?s"),
      end,
      (who, service, resource) => {
        const pattern = `arn:aws:${service}::${HOME}:${resource}`;
        if (whyNeverMatches(pattern, "canonical-or-session") === undefined) return;
        impossible += 1;
        assert.ok(
          !matchesArnLike(pattern, who.canonicalArn) && !matchesArnLike(pattern, who.arn),
          pattern,
        );
      },
    ),
    { numRuns: 1_000, seed: 1 },
  );
  assert.ok(impossible > 50, `only ${impossible} of these are impossible`);
});

const PATH = "leave out the role's path, which STS does not return";
const OTHER = "it must match the ARN of a role, user, federated user or root";
for (const [compared, hint, ends] of [
  ["canonical", PATH, ["role/team/*", "role/team/Developers", "role/*/Developers", "role/a?b/*"]],
  [
    "canonical-or-session",
    PATH,
    ["role/team/*", "role/team/Developers", "role/*/Developers", "role/a?b/*"],
  ],
  ["canonical", OTHER, ["group/x", "user/a b", "role/a b", "group/role/x/y"]],
  ["canonical", "use the role's ARN, arn:aws:iam::<account>:role/<name>", ["assumed-role/Dev/*"]],
  [
    "canonical-or-session",
    "use arn:aws:sts::<account>:assumed-role/<role>/<session>",
    ["assumed-role/Dev"],
  ],
  ["canonical-or-session", undefined, ["assumed-role/Dev/*"]],
] as const) {
  test(`${compared}: ${ends} ${hint === undefined ? "can match" : `can never match: ${hint}`}`, () => {
    for (const end of ends) {
      const arnLike = `arn:aws:${end.startsWith("assumed") ? "sts" : "iam"}::${HOME}:${end}`;
      assert.equal(
        whyNeverMatches(arnLike, compared),
        hint && `arnLike "${arnLike}" can never match: ${hint}`,
      );
    }
  });
}

test("partition, service, region and account must be those of a principal", () => {
  const good = [
    "aws:iam::*:role/x",
    "*:*:*:*:*",
    "aws-cn:iam::*:root",
    "aws-us-gov:iam::1111?2223333:role/x",
  ];
  for (const rest of good)
    assert.equal(whyNeverMatches(`arn:${rest}`, "canonical"), undefined, rest);
  for (const rest of [
    ...[
      "asw:iam::*:role/x",
      "aws:iam::1:role/x",
      "aws:iam::*1234567890123:role/x",
      "aws:s3::*:role/x",
      ":iam::*:root",
    ],
    ...[
      "aws:iam:eu-west-1:*:role/x",
      "aws:sts::*:role/a/b",
      "aws:iam::*:federated-user/x",
      "aws:iam::any:role/x",
    ],
    "aws:iam::*:user/a!b",
  ]) {
    const why = whyNeverMatches(`arn:${rest}`, "canonical") ?? "";
    assert.match(why, / can never match: it must match the ARN of a /, rest);
  }
});

test("two patterns overlap if some text matches both", () => {
  const overlapping = [
    " ",
    " *",
    "a ?",
    "abc *",
    "ab a*",
    "a a*",
    "a*c *b*",
    "a* *b",
    "a? *a",
    "abc a**c",
  ];
  for (const pair of [...overlapping, " ?", "a aa", "a* b*", "ab a?c", "b* a*b"]) {
    const [one = "", other = ""] = pair.split(" ");
    const expected = overlapping.includes(pair);
    assert.deepEqual(
      [globsOverlap(one, other), globsOverlap(other, one)],
      [expected, expected],
      pair,
    );
  }
});

test("a pattern matches some session of a role in its partition and account", () => {
  const ARNS = [
    ...[
      `aws:sts::${HOME}:assumed-role/Dev/x`,
      `aws:sts::${HOME}:assumed-role/dev/*`,
      `*:*:*:${HOME}:*/x`,
    ],
    ...[`aws-cn:sts::${HOME}:assumed-role/Dev/x`, `aws:iam::${HOME}:assumed-role/Dev/x`],
    ...[`aws:sts:us-east-1:${HOME}:assumed-role/Dev/x`, "aws:sts::444455556666:assumed-role/Dev/x"],
    ...[`aws:sts::${HOME}:assumed-role/De/x`, `aws:sts::${HOME}:assumed-role/Dev`],
  ];
  const matching = ARNS.filter((rest) =>
    matchesSomeSession(arnSections(`arn:${rest}`) as ArnSections, roleIdentity("Dev")),
  );
  assert.deepEqual(matching, ARNS.slice(0, 3));
});

test("the slowest patterns cost at most the product of the lengths", () => {
  const before = process.threadCpuUsage();
  for (const last of ["*".repeat(8_000), "*?".repeat(4_000), `${"*a".repeat(4_000)} `]) {
    whyNeverMatches(`arn:aws:*::*:${last}`, "canonical-or-session");
  }
  const { user } = process.threadCpuUsage(before);
  assert.ok(user < 2_000_000, `${user} µs`);
});

test("a pattern is of sessions if it can match a session, but not the role of any name", () => {
  const inAccount = (...ends: readonly string[]) =>
    ends.map((end) => `arn:aws:sts::${HOME}:${end}`);
  for (const [expected, patterns] of [
    [true, inAccount("assumed-role/Dev/jane", "assumed-role/*/jane", "assumed-role/*", "*jane")],
    [true, ["arn:aws:sts::*:a*", `arn:*:*:*:${HOME}:*/jane`]],
    [false, inAccount("federated-user/*", "assumed-role/Dev")],
    [
      false,
      [
        `arn:aws:iam::${HOME}:role/Dev`,
        `arn:aws:iam::${HOME}:role/*`,
        `arn:*:*:*:${HOME}:*`,
        "not an ARN",
      ],
    ],
    [false, [`arn:aws:???::${HOME}:*role/*`]],
  ] as const) {
    for (const arnLike of patterns) assert.equal(isOfSessions(arnLike), expected, arnLike);
  }
});
