// The ARN of a mapping and ARN patterns: which identities they match, compared with an independent
// matcher.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  arnPattern,
  isArnOf,
  matchesArnLike,
  parseMappedArn,
} from "../../../../functions/authenticator/mapping/arn.ts";
import { randomRuns } from "../../../extent.ts";
import { HOME, OTHER, roleIdentity, verified } from "../fixtures.ts";

function matches(arn: string, identity = verified("bob")): boolean {
  const mapped = parseMappedArn(arn);
  return mapped !== undefined && isArnOf(mapped, identity);
}

/**
 * By identity: the ends of ARNs that are its own, with any path and case, and of other principals.
 */
const ARNS: readonly (readonly [who: string, own: readonly string[], others: readonly string[]])[] =
  [
    [
      "bob",
      [
        ...["", "team/", "a/b/c/", "aws-reserved/sso.amazonaws.com/eu-west-1/"].map(
          (path) => `role/${path}Developers`,
        ),
        ...["role/dEVELOPERS", "ROLE/Developers"],
      ],
      ["role/Developers/x", "role/xDevelopers", "role/Developer", "user/Developers"],
    ],
    [
      "alice",
      ["user/alice", "user/team/alice", "user/a/b/c/alice", "user/ALICE"],
      ["user/engineering", "root"],
    ],
    ["root", ["root", "ROOT"], ["user/root"]],
    ["federated", [], ["role/dave", "federated-user/dave"]],
  ];

test("an ARN matches by kind and name, without path and in any case", () => {
  for (const [who, own, others] of ARNS) {
    for (const end of own) {
      assert.ok(matches(`arn:aws:iam::${HOME}:${end}`, verified(who)), end);
      assert.ok(matches(`ARN:AWS:IAM::${HOME}:${end}`, verified(who)), end);
      for (const start of [
        `arn:aws:iam::${OTHER}`,
        `arn:aws-cn:iam::${HOME}`,
        `arn:aws-us-gov:iam::${HOME}`,
      ]) {
        assert.ok(!matches(`${start}:${end}`, verified(who)), `${start}:${end}`);
      }
    }
    for (const end of others)
      assert.ok(!matches(`arn:aws:iam::${HOME}:${end}`, verified(who)), end);
  }
  assert.ok(!matches(`arn:aws:iam::${HOME}:user/x`, roleIdentity("x")));
});

test("the ARN of a federated user must match exactly", () => {
  assert.ok(matches(`arn:aws:sts::${HOME}:federated-user/dave`, verified("federated")));
  for (const arn of [
    `arn:aws:sts::${HOME}:federated-user/Dave`,
    `ARN:aws:sts::${HOME}:federated-user/dave`,
  ]) {
    assert.ok(!matches(arn, verified("federated")), arn);
  }
  assert.ok(
    matches(`arn:aws:sts::${HOME}:federated-user/Dave`, { ...verified("federated"), name: "Dave" }),
  );
});

test("only the ARN of an IAM principal, in ASCII, can be mapped", () => {
  for (const arn of [
    ...["", "Developers", "role/Developers", "arn:aws:iam", `arn:aws:iam::${HOME}`],
    ...[
      ...[
        "",
        "role/",
        "role",
        "group/Developers",
        "federated-user/dave",
        "root/x",
        "role/Dev*",
        "role/Dev elopers",
      ],
      ...["role/a\n", "role/{SessionName}", "role/D\u00e9veloppeurs", "role/\u212aing"],
    ].map((end) => `arn:aws:iam::${HOME}:${end}`),
    ...["assumed-role/Developers/s", "role/Developers", "root"].map(
      (end) => `arn:aws:sts::${HOME}:${end}`,
    ),
    ...["1111", "*", ""].map((account) => `arn:aws:iam::${account}:role/Developers`),
    ...[`arn:aws:iam:us-east-1:${HOME}:role/Developers`, ` arn:aws:iam::${HOME}:role/Developers`],
    ...["iam::HOME:role/Developers", "iam::HOME:root", "sts::HOME:federated-user/dave"].flatMap(
      (end) => {
        const arn = `arn:aws:${end.replace("HOME", HOME)}`;
        return [`https://x/${arn}`, `${arn}:x`, `${arn}/x\n`];
      },
    ),
  ]) {
    assert.equal(parseMappedArn(arn), undefined, arn);
  }
});

const ROLE = "arn:aws:iam::111122223333:role/team/Developers";

/** Textbook dynamic programming over one section, independent of the tested code. */
function globMatches(pattern: string, text: string): boolean {
  let row = Array.from({ length: text.length + 1 }, (_, length) => length === 0);
  for (const c of pattern) {
    const next: boolean[] = [c === "*" && row[0] === true];
    for (let i = 1; i <= text.length; i += 1) {
      if (c === "*") next[i] = row[i] === true || next[i - 1] === true;
      else next[i] = row[i - 1] === true && (c === "?" || c === text[i - 1]);
    }
    row = next;
  }
  return row[text.length] === true;
}

function split(text: string): string[] {
  const match = /^([^:]*):([^:]*):([^:]*):([^:]*):([^:]*):([\s\S]*)$/.exec(text.toLowerCase());
  return match === null ? [] : match.slice(1);
}

function oracle(pattern: string, arn: string): boolean {
  const patterns = split(pattern);
  const texts = split(arn);
  if (patterns[0] !== "arn" || texts.length !== 6) return false;
  return patterns.every((section, index) => globMatches(section, texts[index] ?? ""));
}

test("agrees with an independent matcher on 10,000 similar patterns and ARNs", () => {
  const letters = fc.string({
    unit: fc.constantFrom("a", "B", "b", "/", "*", "?", ".", "["),
    maxLength: 7,
  });
  const section = fc.oneof(letters, fc.constantFrom("", "*", "aws", "iam", "a*", "?"));
  const last = fc.string({ unit: fc.constantFrom("a", "A", "b", ":", "*", "?"), maxLength: 10 });
  const like = fc
    .tuple(
      fc.constantFrom("arn", "ARN", "a*n"),
      fc.array(section, { minLength: 3, maxLength: 5 }),
      last,
    )
    .map(([first, middle, end]) => [first, ...middle, end].join(":"));
  let matched = 0;
  fc.assert(
    fc.property(like, like, fc.boolean(), (pattern, other, same) => {
      const arn = same
        ? pattern
            .replaceAll("*", "ab")
            .replaceAll("?", "B")
            .replace(/^a\w*n/, "arn")
        : other;
      const expected = oracle(pattern, arn);
      if (expected) matched += 1;
      assert.equal(matchesArnLike(pattern, arn), expected, `${pattern} on ${arn}`);
    }),
    { numRuns: randomRuns(10_000) },
  );
  assert.ok(matched > randomRuns(500), `only ${matched} of these matched`);
});

test("agrees with an independent matcher on the last section", () => {
  const unit = (...chars: string[]) =>
    fc.string({ unit: fc.constantFrom(...chars), maxLength: 12 });
  fc.assert(
    fc.property(unit("a", "b", "*", "?"), unit("a", "b", ":"), (glob, text) => {
      assert.equal(
        matchesArnLike(`arn:aws:iam::1:${glob}`, `arn:aws:iam::1:${text}`),
        globMatches(glob, text),
      );
    }),
    { numRuns: randomRuns(10_000) },
  );
});

test("a star never crosses a colon, except in the last section", () => {
  for (const [pattern, arn, expected] of [
    ["arn:aws:*:role/x", "arn:aws:iam::1:role/x", false],
    ["arn:*", ROLE, false],
    ["arn:*:role/team/Developers", ROLE, false],
    ["arn:aws:iam::1*:x", "arn:aws:iam::1:2:x", false],
    ["arn:aws:iam::*:user/x", "arn:aws:iam::1:user/a:user/x", false],
    ["arn:aws:iam::1:*", "arn:aws:iam::1:a:b:c", true],
    ["arn:aws:iam::1:a?b", "arn:aws:iam::1:a:b", true],
  ] as const) {
    assert.equal(matchesArnLike(pattern, arn), expected, `${pattern} on ${arn}`);
  }
});

test("a pattern has six sections and starts with arn", () => {
  for (const good of [
    "arn:*:*:*:*:*",
    "arn:::::",
    ROLE,
    "ARN:aws:iam::*:role/*",
    "arn:a:b:c:d:e:f:g",
  ]) {
    assert.ok(arnPattern(good), good);
  }
  for (const bad of [
    "",
    "*",
    "arn",
    "arn:*",
    "arn:aws:iam::*",
    "*:*:*:*:*:*",
    "a*n:a:b:c:d:e",
    " arn:a:b:c:d:e",
  ]) {
    assert.equal(arnPattern(bad), undefined, bad);
    assert.ok(!matchesArnLike(bad, bad) && !matchesArnLike(bad, ROLE), bad);
  }
});

test("the slowest patterns cost at most the product of the lengths", () => {
  const text = `arn:aws:iam::1:${"a".repeat(2_000)}`;
  const before = process.cpuUsage();
  for (const glob of [
    "*a".repeat(2_000),
    `${"*a".repeat(999)}*b`,
    `${"a*".repeat(1_000)}b`,
    `${"*?".repeat(999)}b`,
  ]) {
    assert.equal(
      matchesArnLike(`arn:aws:iam::1:${glob}`, text),
      globMatches(glob, "a".repeat(2_000)),
    );
  }
  const { user } = process.cpuUsage(before);
  // An exponential matcher would not end; 4 x 4,000 x 2,000 steps of each matcher take well under a
  // second.
  assert.ok(user < 10_000_000, `${user} µs`);
});
