// Parameters that a CloudFormation stack manages are skipped with a message, unless --force is used.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ADMIN, exits, type LocalCluster, PREFIX, storedCluster } from "./cluster.ts";
import { forbidTags } from "./permissions.ts";

const A = "111122223333";
const OURS = `arn:aws:iam::${A}:user/ours`;
const STACKS = `arn:aws:iam::${A}:user/stacks`;
const TOLD = "is managed by the CloudFormation stack Auth-prod and was not changed. Change it there, or use --force.\n";

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster(ADMIN);
  cluster.store.put(`${PREFIX}/user/${A}/ours`, JSON.stringify({ arn: OURS, username: "ours" }));
  const tags = { "iam-authenticator:managed-by": "Auth-prod", team: "x" };
  cluster.store.put(`${PREFIX}/user/${A}/stacks`, JSON.stringify({ arn: STACKS, username: "old" }), { tags });
  cluster.store.put(`${PREFIX}/user/${A}/stacks`, JSON.stringify({ arn: STACKS, username: "stacks" }));
  cluster.store.put(`${PREFIX}/deny/${A}`, JSON.stringify([{ arnLike: OURS }]), { tags });
});
afterEach(() => cluster.store.close());

const SINGLE: [string, string[]][] = [
  ["set", ["set", STACKS, "--username", "x"]],
  ["remove", ["remove", STACKS]],
  ["rollback", ["rollback", STACKS]],
  ["deny", ["deny", STACKS]],
  ["allow", ["allow", OURS, "--allow-weakening"]],
];
for (const [what, words] of SINGLE) {
  test(`${what} skips a managed parameter with a message, and --force changes it`, async () => {
    const { err } = await exits(cluster.mappings([...words, "-y"]), 1);
    assert.ok(err.includes(TOLD), err);
    assert.deepEqual(await cluster.value(`user/${A}/stacks`), { arn: STACKS, username: "stacks" });
    assert.deepEqual(await cluster.value(`deny/${A}`), [{ arnLike: OURS }]);
    const forced = await cluster.mappings([...words, "-y", "--force"]);
    assert.deepEqual([forced.code, forced.err.includes("managed")], [0, false], forced.err);
  });
}

test("apply and --prune skip managed parameters and write the rest", async () => {
  const mappings = [
    { permissionSet: "ClusterAdmin", account: A, username: "admin:{SessionName}", groups: ["system:masters"] },
    { arn: OURS, username: "new" },
  ];
  const apply = (file: object, ...words: string[]) =>
    cluster.mappings(["apply", "-f", "-", "-y", "--allow-weakening", ...words], { input: JSON.stringify(file) });
  const pruned = await exits(apply({ mappings }, "--prune-denials"), 0);
  assert.match(pruned.out, /0 to add, 1 to change, 0 to remove/);
  assert.match(pruned.err, new RegExp(`user/${A}/stacks is managed by .*\\ndeny/${A} is managed by|deny.*\\n.*stacks`));
  assert.deepEqual(await cluster.value(`user/${A}/stacks`), { arn: STACKS, username: "stacks" });
  // A skipped change of a file is a finding.
  await exits(
    apply({
      mappings: [...mappings, { arn: STACKS, username: "x" }, { arn: `${OURS}2`, username: "y" }],
    }),
    1,
    /^user\/111122223333\/stacks is managed .*\nWrote 1 parameter\. /,
  );
  await exits(
    cluster.mappings(["diff", "--prune", "-f", "-"], {
      input: JSON.stringify({ mappings: [...mappings, { arn: `${OURS}2`, username: "y" }] }),
    }),
    0,
  );
});

test("apply writes no grants if it skips denials of a managed deny list", async () => {
  const file = {
    mappings: [{ arnLike: `arn:aws:iam::${A}:user/*`, username: "u" }],
    deny: [{ arnLike: STACKS }],
  };
  await exits(
    cluster.mappings(["apply", "-f", "-", "-y"], { input: JSON.stringify(file) }),
    1,
    /Nothing was written: the denials of \S+deny\/111122223333 would be skipped\./,
  );
  assert.equal(await cluster.value(`pattern/${A}`), undefined);
});

test("managed parameters are skipped even if the tags of others cannot be read", async () => {
  forbidTags(cluster.store, "ours");
  const { out, err } = await cluster.mappings(["remove", STACKS, OURS, "--dry-run"]);
  assert.ok(err.includes(TOLD), err);
  assert.match(
    err,
    /\nCannot check whether a stack manages the other parameters: no permission for ssm:ListTagsForResource\.\n/,
  );
  assert.match(out, /\n- user\/111122223333\/ours\n/);
  assert.doesNotMatch(out, /stacks/);
});

test("without permission to read tags, the change is written with a warning", async () => {
  forbidTags(cluster.store);
  await exits(
    cluster.mappings(["set", OURS, "--username", "x", "-y", "--allow-weakening"]),
    0,
    /^Cannot check whether a stack manages these parameters: no permission for ssm:ListTagsForResource\.\n/,
  );
});

test("the message for a parameter of the Terraform module names Terraform", async () => {
  const tags = { "iam-authenticator:managed-by": "terraform" };
  cluster.store.put(`${PREFIX}/user/${A}/planned`, JSON.stringify({ arn: `arn:aws:iam::${A}:user/planned` }), { tags });
  await exits(
    cluster.mappings(["set", `arn:aws:iam::${A}:user/planned`, "--username", "x", "-y"]),
    1,
    /planned is managed by Terraform and was not changed\. Change it there, or use --force\./,
  );
});
