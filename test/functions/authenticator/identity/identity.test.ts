// Identities of roles, users, federated users and root, their canonical ARNs, and impossible identities.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { verifyIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { HOME, OTHER } from "../fixtures.ts";

const KEY = "ASIALOCALAAAAAAAAAAA";
const PARTITIONS = [
  ...["aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"],
] as const;

function verify(Arn: string, UserId: string, partition = "aws", Account = HOME) {
  return verifyIdentity({ Account, Arn, UserId }, partition, KEY);
}

function impossible(Arn: string, UserId: string, partition = "aws", Account = HOME): void {
  assert.throws(() => verify(Arn, UserId, partition, Account), { code: "identity_impossible" }, `${Arn} ${UserId}`);
}

test("an assumed role has its role's ARN, and its user id splits into principal and session", () => {
  assert.deepEqual(verify(`arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`, "AROAX:bob@example.com"), {
    kind: "role",
    partition: "aws",
    accountId: HOME,
    name: "Developers",
    arn: `arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`,
    canonicalArn: `arn:aws:iam::${HOME}:role/Developers`,
    principalId: "AROAX",
    sessionName: "bob@example.com",
    accessKeyId: KEY,
  });
});

test("a user has its path in the ARN, and not in its name", () => {
  const arn = `arn:aws:iam::${HOME}:user/team/a/Bob`;
  const user = verify(arn, "AIDAX");
  assert.deepEqual(
    [user.kind, user.name, user.canonicalArn, user.principalId, user.sessionName],
    ["user", "Bob", arn, "AIDAX", undefined],
  );
  assert.equal(verify(`arn:aws:iam::${HOME}:user/Bob`, "AIDAX").name, "Bob");
});

test("root and a federated user have their ARN and their complete user id", () => {
  const root = verify(`arn:aws:iam::${HOME}:root`, HOME);
  assert.deepEqual([root.kind, root.name, root.principalId, root.canonicalArn], ["root", "", HOME, root.arn]);
  const dave = verify(`arn:aws:sts::${HOME}:federated-user/Dave`, `${HOME}:Dave`);
  assert.deepEqual([dave.kind, dave.name, dave.principalId], ["federated-user", "Dave", `${HOME}:Dave`]);
  assert.equal(dave.canonicalArn, dave.arn);
  assert.equal(dave.sessionName, undefined);
});

test("an ARN of each partition is an identity only there", () => {
  for (const partition of PARTITIONS) {
    const arn = `arn:${partition}:sts::${HOME}:assumed-role/R/s`;
    assert.equal(verify(arn, "AROAX:s", partition).canonicalArn, `arn:${partition}:iam::${HOME}:role/R`);
    for (const own of PARTITIONS.filter((other) => other !== partition)) impossible(arn, "AROAX:s", own);
  }
});

test("an ARN of another account than the response's is impossible", () => {
  impossible(`arn:aws:sts::${HOME}:assumed-role/R/s`, "AROAX:s", "aws", OTHER);
  impossible(`arn:aws:iam::${HOME}:user/bob`, "AIDAX", "aws", OTHER);
  impossible(`arn:aws:iam::${HOME}:root`, OTHER, "aws", OTHER);
  impossible(`arn:aws:iam::${HOME}:user/bob`, "AIDAX", "aws", "");
});

test("a session in the user id that differs from the ARN's is impossible", () => {
  const arn = `arn:aws:sts::${HOME}:assumed-role/R/alice`;
  for (const userId of [
    ...["AROAX:bob", "AROAX:Alice", "AROAX:", "AROAX", ":alice", "alice", "", "AROAX:x:alice", "AROAX:alice:alice"],
    ...["AROAXalice", "AROAX/alice", "aroax:alice", "AROAX:alice ", " AROAX:alice", "AROAX::alice"],
  ]) {
    impossible(arn, userId);
  }
});

test("a user id of another kind is impossible", () => {
  for (const id of ["", "AIDA X", "AIDAX:s", "aidax", "AIDA\n"]) impossible(`arn:aws:iam::${HOME}:user/bob`, id);
  for (const id of ["", OTHER, `${HOME}:x`, "AIDAX"]) impossible(`arn:aws:iam::${HOME}:root`, id);
  for (const id of ["Dave", `${OTHER}:Dave`, `${HOME}:dave`, `${HOME}:Dave:x`, "AIDAX", ""]) {
    impossible(`arn:aws:sts::${HOME}:federated-user/Dave`, id);
  }
});

test("an ARN of an unknown kind is impossible", () => {
  for (const resource of [
    ...[
      `iam::${HOME}:role/R`,
      `iam::${HOME}:group/G`,
      `iam::${HOME}:user/`,
      `iam::${HOME}:user`,
      `iam::${HOME}:root/x`,
    ],
    ...[`sts::${HOME}:user/bob`, `iam::${HOME}:assumed-role/R/s`, `iam::${HOME}:federated-user/d`, `sts::${HOME}:root`],
    ...[`sts::${HOME}:assumed-role/R`, `sts::${HOME}:assumed-role//s`, `sts::${HOME}:assumed-role/R/`],
    ...[`sts::${HOME}:assumed-role/path/R/s`, `sts::${HOME}:assumed-role/R/a b`, `sts::${HOME}:assumed-role/R:x/s`],
    ...[`sts::${HOME}:self`, `sts:us-east-1:${HOME}:assumed-role/R/s`, `ec2::${HOME}:user/bob`, `iam::1111:user/bob`],
    ...[`sts::${HOME}:assumed-role/${"R".repeat(129)}/s`, `sts::${HOME}:assumed-role/{SessionName}/s`],
  ]) {
    for (const userId of ["AROAX:s", "AIDAX", HOME]) impossible(`arn:aws:${resource}`, userId);
  }
  for (const arn of ["", "arn", "arn:aws", `ARN:aws:iam::${HOME}:user/bob`, ` arn:aws:iam::${HOME}:user/bob`]) {
    impossible(arn, "AIDAX");
  }
  impossible(`arn:aws:iam::${HOME}:user/bob\n`, "AIDAX");
  impossible(`arn:aws:iam::${HOME}:user/b\u00f6b`, "AIDAX");
});

test("every response of STS gives an identity of the function's partition and of its account, or a denial", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom("arn", "aws", "iam", "sts", "", HOME, "user/bob", "root"));
  const arn = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join(":")),
    fc
      .tuple(fc.constantFrom("assumed-role/R/s", "user/p/bob", "root", "federated-user/d"), part)
      .map(
        ([resource, more]) =>
          `arn:aws:${resource.includes("/d") || resource.includes("/s") ? "sts" : "iam"}::${HOME}:${resource}${more}`,
      ),
  );
  const userId = fc.oneof(fc.string(), fc.constantFrom("AROAX:s", "AIDAX", HOME, `${HOME}:d`));
  fc.assert(
    fc.property(arn, fc.oneof(fc.string(), fc.constant(HOME)), userId, (Arn, Account, UserId) => {
      try {
        const identity = verifyIdentity({ Account, Arn, UserId }, "aws", KEY);
        assert.equal(identity.accountId, Account);
        assert.ok(Arn.startsWith(`arn:aws:`) && identity.canonicalArn.split(":")[4] === Account);
        assert.match(identity.name, /^[\w+=,.@-]{0,128}$/);
      } catch (error) {
        assert.ok(hasCode(error, "identity_impossible"));
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
    { numRuns: 10_000 },
  );
});
