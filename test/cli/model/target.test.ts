// The help of `<who>` against the kinds of mappings.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findDenyTarget, findTarget } from "../../../cli/model/target.ts";
import { DENY_HELP, TARGET_HELP } from "../../../cli/model/target-help.ts";
import {
  hasArn,
  isListKind,
  KINDS,
  kindsWhere,
} from "../../../functions/authenticator/mapping/kinds.ts";
import { CONTEXT } from "./access/any-plan.ts";

test("the help of <who> has the name of each kind that has no ARN", () => {
  for (const kind of kindsWhere((kind) => !hasArn(kind))) {
    const { path, name } = KINDS[kind];
    const after = path === "named" ? `<account>/<${name}>` : `<${path}>`;
    assert.match(TARGET_HELP, new RegExp(`\\s${kind}/${after}\\s`));
    assert.equal(new RegExp(`\\s${kind}/${after}\\s?`).test(DENY_HELP), !isListKind(kind), kind);
  }
});

const A = "111122223333";
const [ROLES, ARN] = [`role/${A}`, `arn:aws:iam::${A}:role/x`];
const [SPACE, SEVERAL, NAMES] = [
  /contains a space/,
  /has several identities: give one for each argument/,
  /several names/,
];
/** `<who>`, `--session`, and the error, or the denied ARN. */
const TYPED: readonly (readonly [
  who: string,
  session: string | undefined,
  gives: RegExp | string,
])[] = [
  ...[",", ";", "|", "+", "=", "/", "&&"].map(
    (separator) => [`${ROLES}/x${separator}${ROLES}/y`, undefined, SEVERAL] as const,
  ),
  ...[" ", ", ", "\t", "\n", "\u00a0"].map(
    (separator) => [`${ROLES}/x${separator}${ROLES}/y`, undefined, SPACE] as const,
  ),
  [`${ARN},${ROLES}/y`, undefined, SEVERAL],
  [`${ROLES}/x,${ARN}`, undefined, /has text before arn/],
  [`sso/${A}/View,sso/${A}/Edit`, undefined, SEVERAL],
  [`user/${A}/jane@example.com,joe@example.com`, undefined, SEVERAL],
  [`arn:aws:iam::${A}:user/jane@example.com,joe@example.com`, undefined, SEVERAL],
  ["jane@example.com,joe@example.com", undefined, SEVERAL],
  ["jane,joe", undefined, /contains a comma/],
  ["jane@example.com;joe@example.com", undefined, /is not the name of a mapping/],
  [`sso/${A}/View`, "jane@example.com,joe@example.com", NAMES],
  [`sso/${A}/View`, "jane@example.com,x,joe@example.com", NAMES],
  [
    `sso/${A}/View`,
    "Doe,Jane@example.com",
    `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_View_????????????????/Doe,Jane@example.com`,
  ],
  [`${ROLES}/x,y`, undefined, `arn:aws:iam::${A}:role/x,y`],
  [`arn:aws:iam::${A}:role/${A}/x`, undefined, `arn:aws:iam::${A}:role/${A}/x`],
];
test("an argument is one identity, whatever separates several", () => {
  for (const [who, session, gives] of TYPED) {
    const find = () => findDenyTarget({ review: CONTEXT }, who, session).arnLike;
    if (typeof gives === "string") assert.equal(find(), gives);
    else assert.throws(find, gives, who);
    if (typeof gives !== "string")
      assert.throws(() => findTarget({ review: CONTEXT }, who, session), gives, who);
  }
});

test("an EC2 instance identity role is refused by name, however it is written", () => {
  const names = [`role/${A}/aws:ec2-instance`, "role/aws:ec2-instance"];
  const arns = ["aws", "aws-cn", "aws-us-gov"].flatMap((partition) =>
    ["iam", "sts"].flatMap((service) => [
      `arn:${partition}:${service}::${A}:role/aws:ec2-instance`,
      `arn:${partition}:${service}::${A}:assumed-role/aws:ec2-instance/i-0123456789abcdef0`,
    ]),
  );
  for (const who of [...names, ...arns, `arn:aws:iam::*:role/aws:ec2-instance`]) {
    for (const find of [findTarget, findDenyTarget]) {
      assert.throws(() => find({ review: CONTEXT }, who, undefined), {
        message: `"${who}" is an EC2 instance identity role, which every instance of the account has: use the role of the instance profile.`,
      });
    }
  }
  for (const name of ["aws-ec2-instance", "ec2-instance", "aws.ec2-instance"])
    assert.equal(
      findTarget({ review: CONTEXT }, `arn:aws:iam::${A}:role/${name}`).address.name,
      name,
    );
});
