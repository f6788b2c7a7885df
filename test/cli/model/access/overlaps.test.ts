// Compares denials and patterns with every kind of mapping.

import assert from "node:assert/strict";
import { test } from "node:test";
import { arnsOverlap, overlaps, readValue } from "../../../../cli/model/entry-arns.ts";
import { verifyIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import { matchesArnLike } from "../../../../functions/authenticator/mapping/arn.ts";
import { isDenied } from "../../../../functions/authenticator/mapping/deny-list.ts";
import { CONTEXT } from "./any-plan.ts";
import { arn, marks, name } from "./store.ts";
import { A } from "./universe.ts";

const sts = (resource: string) => `arn:aws:sts::${A}:${resource}`;
const LISTED = [
  ...["role/*", "role/x", "user/*", "user/alice", "user/ops/alice", "root", "*"].map(arn),
  ...["federated-user/*", "assumed-role/x/*", "assumed-role/x/jane"].map(sts),
  ...["assumed-role/AWSReservedSSO_v_*/jane", "*"].map(sts),
  ...["arn:aws:iam::444455556666:role/*", "arn:aws-cn:iam::*:role/*", "arn:aws:iam::*:*"],
];
/**
 * By principal: of each listed ARN, whether its denial marks a grant (d), lifting it (l), and the
 * removal above such a pattern (b).
 */
const OVERLAPS: readonly (readonly [name: string, value: object, marked: string])[] = [
  [`role/${A}/x`, { arn: arn("role/x") }, "dlb dlb - - - - dlb - dl l - dlb dl dl dlb"],
  [`user/${A}/alice`, { arn: arn("user/alice") }, "- - dlb dlb dlb - dlb - - - - - dl dl dlb"],
  [`root/${A}`, { arn: arn("root") }, "- - - - - dlb dlb - - - - - dl dl dlb"],
  [
    `federated-user/${A}/fred`,
    { arn: sts("federated-user/fred") },
    "- - - - - - - dlb - - - dlb dl dl -",
  ],
  [`sso/${A}/v`, {}, "dlb - - - - - dlb - - - l dlb dl dl dlb"],
  [`sso-session/${A}/v`, { session: "jane" }, "dlb - - - - - dlb - - - dl dlb dl dl dlb"],
  [`account/${A}`, {}, "l l l l l l l l l l l l l l l"],
  [`pattern/${A}`, { arnLike: arn("role/x*") }, "l l - - - - l - l l - l l l l"],
  ["pattern/any", { arnLike: "arn:aws:iam::*:role/x" }, "l l - - - - l - l l - l l l l"],
];
test("denials and patterns are compared with every kind of mapping", () => {
  for (const [place, principal, expected] of OVERLAPS) {
    const value = (more: object) => {
      const mapping = { ...principal, username: "u", ...more };
      return { [place]: "session" in mapping || "arnLike" in mapping ? [mapping] : mapping };
    };
    const found = LISTED.map((arnLike) => {
      const [denied, applies] = [
        { [`deny/${A}`]: [{ arnLike }] },
        { [`pattern/${A}`]: [{ arnLike, username: "p" }] },
      ];
      const all = [
        ...marks({ ...denied, ...value({}) }, value({ groups: ["g"] })).map(
          (mark) => mark.startsWith("denied") && "d",
        ),
        ...marks({ ...denied, ...value({}) }, { [`deny/${A}`]: [] }).map(
          (mark) => mark.includes("gives") && "l",
        ),
        ...marks({ ...value({}), ...applies }, { [place]: undefined }).map(
          (mark) => mark.includes("gives p") && "b",
        ),
      ];
      return all.filter(Boolean).join("") || "-";
    });
    assert.equal(found.join(" "), expected, place);
  }
});

test("two patterns overlap if an ARN may match both; texts that are not ARNs overlap nothing", () => {
  for (const [one, other, expected] of [
    ["role/*", "role/a?", true],
    ["role/a?c", "role/a*c", true],
    ["role/a", "role/A", true],
    ["role/a*", "role/b*", false],
    ["role/*", "user/a", false],
  ] as const) {
    assert.equal(arnsOverlap(arn(one), arn(other)), expected, one);
  }
  for (const [one, other] of [
    ["typo", arn("*")],
    [arn("*"), "typo"],
    ["typo", "typo"],
  ] as const) {
    assert.equal(arnsOverlap(one, other), false);
  }
});

/** Paths that repeat names, and names that repeat paths. */
const USERS = ["", "team/", "ops/", "team/ops/", "bob/", "bo/x/"].flatMap((path) =>
  ["bob", "bo", "joe", "team", "ops"].map((user) => {
    const identity = { Account: A, Arn: arn(`user/${path}${user}`), UserId: "AIDAX" };
    return verifyIdentity(identity, "aws", "AKIAX");
  }),
);
const DENIED_USERS = ["*", "bo*", "b?b", "bob", "*b", "team/*", "team/bob", "*/bob", "t*", "*o*"];
const PATTERNS = [...DENIED_USERS, "team?bob", "team/o*"].toSpliced(6, 1);
test("a denial applies to users with and without their path, and a pattern only with it", () => {
  const wrong: string[] = [];
  let count = 0;
  for (const denied of [...DENIED_USERS.map((name) => `user/${name}`), "*"]) {
    for (const mapped of PATTERNS.map((name) => `user/${name}`)) {
      const [denial, pattern] = [{ arnLike: arn(denied) }, { arnLike: arn(mapped), username: "p" }];
      const entryOf = (short: string, entry: object) =>
        readValue(name(short), { value: JSON.stringify([entry]), secure: false }, CONTEXT)
          .entries[0];
      const [left, right] = [entryOf(`deny/${A}`, denial), entryOf(`pattern/${A}`, pattern)];
      assert.ok(left && right);
      const isBoth = USERS.some(
        (user) => isDenied(denial, user) && matchesArnLike(pattern.arnLike, user.canonicalArn),
      );
      const lifted = marks(
        { [`deny/${A}`]: [denial], [`pattern/${A}`]: [pattern] },
        { [`deny/${A}`]: [] },
      );
      const found = [overlaps(left, right), lifted.join().includes("gives p")];
      if (found.includes(!isBoth)) wrong.push(`${denied} and ${mapped}: ${isBoth}`);
      count += 1;
    }
  }
  assert.deepEqual([wrong, count], [[], 121]);
});
