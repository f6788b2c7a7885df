// Compares denials and patterns with every kind of mapping.

import assert from "node:assert/strict";
import { test } from "node:test";
import { arnsOverlap } from "../../../../cli/model/entry-arns.ts";
import { arn, marks } from "./store.ts";
import { A } from "./universe.ts";

const sts = (resource: string) => `arn:aws:sts::${A}:${resource}`;
const LISTED = [
  ...["role/*", "role/x", "user/*", "user/alice", "user/ops/alice", "root", "*"].map(arn),
  ...["federated-user/*", "assumed-role/x/*", "assumed-role/x/jane"].map(sts),
  ...["assumed-role/AWSReservedSSO_v_*/jane", "*"].map(sts),
  ...["arn:aws:iam::444455556666:role/*", "arn:aws-cn:iam::*:role/*", "arn:aws:iam::*:*"],
];
/** By principal: of each listed ARN, whether its denial marks a grant (d), lifting it (l), and the removal above such a pattern (b). */
const OVERLAPS: readonly (readonly [name: string, value: object, marked: string])[] = [
  [`role/${A}/x`, { arn: arn("role/x") }, "dlb dlb - - - - dlb - dl l - dlb dl dl dlb"],
  [`user/${A}/alice`, { arn: arn("user/alice") }, "- - dlb dlb dlb - dlb - - - - - dl dl dlb"],
  [`root/${A}`, { arn: arn("root") }, "- - - - - dlb dlb - - - - - dl dl dlb"],
  [`federated-user/${A}/fred`, { arn: sts("federated-user/fred") }, "- - - - - - - dlb - - - dlb dl dl -"],
  [`sso/${A}/v`, {}, "dlb - - - - - dlb - - - l dlb dl dl dlb"],
  [`sso-session/${A}/v`, { session: "jane" }, "dlb - - - - - dlb - - - dl dlb dl dl dlb"],
  [`account/${A}`, {}, "l l l l l l l l l l l l l l l"],
  [`pattern/${A}`, { arnLike: arn("role/x*") }, "l l - - - - l - l l - l l l l"],
  ["pattern/any", { arnLike: "arn:aws:iam::*:role/x" }, "l l - - - - l - l l - l l l l"],
];
test("denials and patterns are compared with every kind of mapping", () => {
  for (const [place, principal, expected] of OVERLAPS) {
    const value = (more: object) => {
      const one = { ...principal, username: "u", ...more };
      return { [place]: "session" in one || "arnLike" in one ? [one] : one };
    };
    const found = LISTED.map((arnLike) => {
      const [denied, applies] = [{ [`deny/${A}`]: [{ arnLike }] }, { [`pattern/${A}`]: [{ arnLike, username: "p" }] }];
      const all = [
        ...marks({ ...denied, ...value({}) }, value({ groups: ["g"] })).map((mark) => mark.startsWith("denied") && "d"),
        ...marks({ ...denied, ...value({}) }, { [`deny/${A}`]: [] }).map((mark) => mark.includes("gives") && "l"),
        ...marks({ ...value({}), ...applies }, { [place]: undefined }).map((mark) => mark.startsWith("broader") && "b"),
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
