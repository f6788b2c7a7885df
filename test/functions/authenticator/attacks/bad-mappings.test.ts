// Attacks by mappings that another implementation grants or empties: defects of aws-iam-authenticator.
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/607 and 1046

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, OTHER, type Stored, verified } from "../fixtures.ts";
import { outcomeFor } from "./review.ts";

const NAME = `role/${HOME}/developers`;
const ARN = `arn:aws:iam::${HOME}:role/Developers`;
const { principalId = "" } = verified("bob");
const ADMIN = { arn: ARN, principalId, username: "admin", groups: ["system:masters"] };

const EDITS: readonly (readonly [what: string, code: string, key: keyof typeof ADMIN, values: readonly unknown[]])[] = [
  [
    "a malformed mapped ARN with the right principal id",
    "mapping_invalid",
    "arn",
    [
      ...["", "Developers", "arn", "arn:aws:iam", "not an arn", "arn:aws:iam::*:role/Developers", "*", null, undefined],
      ...[`arn:aws:iam::${HOME}`, `arn:aws:iam::${HOME}:role`, `arn:aws:iam::${HOME}:role/`],
      ...[`arn:aws:iam:${HOME}:role/Developers`, `arn:aws:iam::${HOME}:Developers`],
      `arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`,
    ],
  ],
  [
    "a malformed principal id with the right ARN",
    "mapping_invalid",
    "principalId",
    ["", "AROA", `${principalId}:bob@example.com`, principalId.toLowerCase(), null, [principalId]],
  ],
  [
    "the ARN of another principal with the right principal id",
    "mapping_mismatch",
    "arn",
    [ARN.replace(HOME, OTHER), ARN.replace("Developers", "Admin")],
  ],
];
for (const [what, code, key, values] of EDITS) {
  test(`${what} is denied, and the account's mapping does not apply instead (PR #1046)`, async () => {
    const stored = { [`account/${HOME}`]: { username: "account-user" }, [NAME]: ADMIN };
    assert.equal(await outcomeFor("bob", stored), "granted as admin");
    for (const value of values) {
      assert.equal(await outcomeFor("bob", { ...stored, [NAME]: { ...ADMIN, [key]: value } }), code, String(value));
    }
  });
}

test("one bad edit locks out only the identity that it names: none for a pattern or account (PR #607)", async () => {
  const good: Stored = {
    [NAME]: { arn: ARN, username: "bob" },
    [`user/${HOME}/alice`]: { arn: `arn:aws:iam::${HOME}:user/alice`, username: "alice" },
    [`sso/${HOME}/clusteradmin`]: { username: "carol" },
  };
  for (const [place, damaged] of [
    ...Object.keys(good).map((place, index) => [place, ["bob", "alice", "carol"][index]] as const),
    ...[`pattern/${HOME}`, "pattern/any", `account/${HOME}`].map((place) => [place, "none"] as const),
  ]) {
    for (const edit of ["", "{", "null", "- username: x", '{"username":}', '{"userName":"x"}', "[[[[", "\u0000"]) {
      for (const who of ["bob", "alice", "carol"]) {
        const expected = who === damaged ? "mapping_invalid" : `granted as ${who}`;
        assert.equal(await outcomeFor(who, { ...good, [place]: edit }), expected, `${place} ${edit}`);
      }
    }
  }
});
