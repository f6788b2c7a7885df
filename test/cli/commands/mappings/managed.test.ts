// Parameters that a CloudFormation stack manages are skipped with a message, unless --force is
// used. test/cli/plan/propose.test.ts has which rest of a plan is written.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ADMIN, exits, PREFIX, prints, useCluster } from "./cluster.ts";
import { forbidden } from "./forbidden.ts";

const A = "111122223333";
const OURS = `arn:aws:iam::${A}:user/ours`;
const STACKS = `arn:aws:iam::${A}:user/stacks`;
const TOLD =
  "is managed by the CloudFormation stack Auth-prod and was not changed. Change it there, or use --force.\n";
const cluster = useCluster({ ...ADMIN, [`user/${A}/ours`]: { arn: OURS, username: "ours" } });
beforeEach(() => {
  const put = (name: string, value: object, tag: string) =>
    cluster.store.put(`${PREFIX}/${name}`, JSON.stringify(value), {
      tags: { "iam-authenticator:managed-by": tag },
    });
  put(`user/${A}/stacks`, { arn: STACKS, username: "old" }, "Auth-prod");
  cluster.put(`user/${A}/stacks`, { arn: STACKS, username: "stacks" });
  put(`deny/${A}`, [{ arnLike: OURS }], "Auth-prod");
  put(`user/${A}/planned`, { arn: `arn:aws:iam::${A}:user/planned` }, "terraform");
});

for (const what of ["set --username x", "remove", "rollback", "deny", "allow --allow-weakening"]) {
  const words = [...what.split(" "), what.startsWith("allow") ? OURS : STACKS];
  test(`${what} skips a managed parameter with a message, and --force changes it`, async () => {
    const { err } = await exits(cluster.mappings([...words, "-y"]), 1);
    assert.ok(err.includes(TOLD), err);
    assert.deepEqual(await cluster.value(`user/${A}/stacks`), { arn: STACKS, username: "stacks" });
    assert.deepEqual(await cluster.value(`deny/${A}`), [{ arnLike: OURS }]);
    await exits(cluster.mappings([...words, "-y", "--force"]), 0, /^(?!.*managed)/);
  });
}
test("the message for a parameter of the Terraform module names Terraform", async () => {
  const message =
    /planned is managed by Terraform and was not changed\. Change it there, or use --force\./;
  await exits(cluster.mappings(`set arn:aws:iam::${A}:user/planned --username x -y`), 1, message);
});

const APPLY = "apply -y --allow-weakening";
test("apply and --prune skip managed parameters and write the rest", async () => {
  const admin = { permissionSet: "ClusterAdmin", account: A, ...ADMIN[`sso/${A}/clusteradmin`] };
  const run = (words: string, ...more: object[]) => {
    const input = JSON.stringify({ mappings: [admin, { arn: OURS, username: "new" }, ...more] });
    return cluster.mappings(`${words} -f -`, { input });
  };
  const skipped = /^deny\/\S+ is managed by [\s\S]*^user\/\S+\/stacks is managed by /m;
  await prints(run(`${APPLY} --prune-denials`), /0 to add, 1 to change, 0 to remove/, skipped);
  assert.deepEqual(await cluster.value(`user/${A}/stacks`), { arn: STACKS, username: "stacks" });
  await exits(run("diff --prune"), 0);
  // A skipped change of a file is a finding.
  const finding = /^user\/\d+\/stacks is managed .*\nWrote 1 parameter\. /;
  await exits(
    run(APPLY, { arn: STACKS, username: "x" }, { arn: `${OURS}2`, username: "y" }),
    1,
    finding,
  );
});

test("managed parameters are skipped even if the tags of others cannot be read", async () => {
  const deny = forbidden("ListTagsForResource");
  cluster.store.fail((request) => (request.body.includes("ours") ? deny(request) : undefined));
  const { out, err } = await cluster.mappings(["remove", STACKS, OURS, "--dry-run"]);
  assert.ok(err.includes(TOLD), err);
  assert.match(
    err,
    /\nCannot check whether a stack manages the other parameters: no permission for ssm:ListTagsForR/,
  );
  assert.match(out, /\n- user\/111122223333\/ours\n/);
  assert.doesNotMatch(out, /stacks/);
  // OURS is denied, which the line after the plan says.
  const warning =
    /^Cannot check whether a stack manages these parameters: no permission for ssm:ListTagsForR\S+\n\S+ is denied by .*\n/;
  await exits(cluster.mappings(`set ${OURS} --username x -y --allow-weakening`), 0, warning);
});

test("a parameter that is deleted before its tags are read is reported by the write", async () => {
  cluster.store.fail(({ headers }) => {
    if (headers["x-amz-target"] === "AmazonSSM.ListTagsForResource")
      cluster.store.remove(`${PREFIX}/user/${A}/ours`);
    return undefined;
  });
  const gone =
    /^\S+ is denied by .*\nAnother operator changed \S+ours in the meantime: it was version 1, it no longer exists\./;
  await exits(
    cluster.mappings(["set", OURS, "--username", "x", "-y", "--allow-weakening"]),
    1,
    gone,
  );
});
