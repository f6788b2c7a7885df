// Attack: with a malformed mapped ARN and the right principal id, the ARN comparison was skipped (fail-open).
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/1046

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, OTHER, verified } from "../fixtures.ts";
import { outcomeFor } from "./review.ts";

const NAME = `role/${HOME}/developers`;
const ARN = `arn:aws:iam::${HOME}:role/Developers`;
const { principalId = "" } = verified("bob");
const MAPPING = { arn: ARN, principalId, username: "admin", groups: ["system:masters"] };

const ATTACKS: readonly (readonly [title: string, key: "arn" | "principalId", values: unknown[], code: string])[] = [
  [
    "a malformed mapped ARN with the right principal id",
    "arn",
    [
      ...["", "Developers", "arn", "arn:aws:iam", "not an arn", `arn:aws:iam::${HOME}`, `arn:aws:iam::${HOME}:role`],
      ...[`arn:aws:iam::${HOME}:role/`, `arn:aws:iam:${HOME}:role/Developers`, `arn:aws:iam::${HOME}:Developers`],
      ...[`arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`, "arn:aws:iam::*:role/Developers", "*", null],
    ],
    "mapping_invalid",
  ],
  ["a missing ARN with the right principal id", "arn", [undefined], "mapping_invalid"],
  [
    "a malformed principal id with the right ARN",
    "principalId",
    ["", "AROA", `${principalId}:bob@example.com`, principalId.toLowerCase(), null, [principalId]],
    "mapping_invalid",
  ],
  [
    "the ARN of another principal with the right principal id",
    "arn",
    [ARN.replace(HOME, OTHER), ARN.replace("Developers", "Admin")],
    "mapping_mismatch",
  ],
];

for (const [title, key, values, code] of ATTACKS) {
  test(`${title} is denied, and its account's mapping does not apply (PR #1046)`, async () => {
    assert.equal(await outcomeFor("bob", { [NAME]: MAPPING }), "granted as admin");
    for (const value of values) {
      const stored = { [NAME]: { ...MAPPING, [key]: value }, [`account/${HOME}`]: { username: "account-user" } };
      assert.equal(await outcomeFor("bob", stored), code, String(value));
    }
  });
}
