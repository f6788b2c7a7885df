// `mappings get` with several names or a wrong ARN, and the output formats of get and export.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { ADMIN, exits, PREFIX, prints, useCluster } from "./cluster.ts";

const USER = "arn:aws:iam::111122223333:user/alice";
const SESSIONS = ["jane", "joe"].map((session) => ({
  session,
  username: session,
  groups: ["leads"],
}));
const ALICE = { "user/111122223333/alice": { arn: USER, username: "alice", groups: ["g"] } };
const cluster = useCluster(
  { ...ADMIN, ...ALICE, "sso-session/111122223333/clusteradmin": SESSIONS },
  "all",
);
const get = (...words: string[]) => cluster.mappings(["get", ...words]);

test("one name prints one mapping, several print a list in their order", async () => {
  assert.equal(parse((await get(USER)).out).value.username, "alice");
  await prints(
    get("sso/111122223333/ClusterAdmin", USER),
    /^- parameter: \S+\/clusteradmin\n[\s\S]*^- .*\/alice\n/m,
  );
  assert.equal(JSON.parse((await get(USER, USER, "-o", "json")).out).length, 2);
  await prints(get(USER, "-o", "name"), "user/111122223333/alice\n");
  await prints(get(USER, "-o", "wide", "--no-headers"), /^user .* user\/111122223333\/alice +1 /);
});

test("if a name does not exist, the others are printed, and the exit code is 1", async () => {
  const [bob, eve] = ["user/111122223333/bob", "user/111122223333/eve"];
  const { out } = await exits(
    get(bob, USER, eve),
    1,
    `${bob} does not exist.\n${eve} does not exist.\n`,
  );
  assert.equal(parse(out).length, 1);
  await exits(get(bob, "-o", "json"), 1, `${bob} does not exist.\n`, "");
});

test("--session selects one entry in every format", async () => {
  const words = ["sso/111122223333/ClusterAdmin", "--session", "jane"];
  assert.deepEqual(parse((await get(...words)).out).value, SESSIONS.slice(0, 1));
  const { out } = await get(...words, "-o", "table", "--no-headers");
  assert.match(out, /ClusterAdmin jane|clusteradmin jane/i);
  assert.doesNotMatch(out, /joe/);
  await exits(
    get("sso/111122223333/ClusterAdmin", "--session", "eve", "-o", "wide"),
    1,
    undefined,
    "",
  );
});

test("a permission set's role without a mapping prints the permission set's", async () => {
  const role = (set: string) =>
    `arn:aws:iam::111122223333:role/AWSReservedSSO_${set}_0123456789abcdef`;
  const absent =
    /^role\/\S+\/awsreservedsso_\S+ does not exist\. The mapping of its permission set applies:\n$/;
  const { out } = await exits(get(role("ClusterAdmin"), "-o", "json"), 0, absent);
  assert.equal(JSON.parse(out).parameter, `${PREFIX}/sso/111122223333/clusteradmin`);
  await exits(get(role("Other")), 1);
});

test("export -o json prints the mapping file or the ConfigMap as JSON, which apply accepts", async () => {
  const { out: input } = await exits(cluster.mappings("export -o json"), 0);
  assert.deepEqual(JSON.parse(input), parse((await cluster.mappings("export")).out));
  await exits(cluster.mappings("diff -f - --prune", { input }), 0);
  assert.equal(
    JSON.parse((await cluster.mappings("export --format aws-auth -o json")).out).kind,
    "ConfigMap",
  );
  await exits(cluster.mappings("export -o table"), 2);
});

const EXAMPLE = "as in arn:aws:iam::111122223333:role/Developers";
for (const [arn, fault] of [
  ["arn:aws:iam::11112222333:role/Dev", "its account has 11 digits, not 12"],
  ["arn:aws:iam:111122223333:role/Dev", `it has 5 parts between colons, not 6, ${EXAMPLE}`],
  ["arn:aws:iam:eu-west-1:111122223333:role/Dev", `its region must be empty, ${EXAMPLE}`],
  ["arn:aws:s3::111122223333:role/Dev", "its service must be iam, not s3"],
  ["arn:aws:iam::1111-2222-3333:role/Dev", "its account must be 12 digits, not 1111-2222-3333"],
  [
    "arn:aws:iam::111122223333:Dev",
    "after the account, it must have role/, user/ or root, not Dev",
  ],
  ["arn:aws:iam::111122223333:instance-profile/x", "name the role of the instance profile"],
  [
    "arn:aws:iam::111122223333:role/",
    "its name is missing, or has a character that IAM does not allow",
  ],
] as const) {
  test(`the message for ${arn} names the wrong part`, async () => {
    const sentence = `arn must be the ARN of a role, user, root or federated user: ${fault}.\n`;
    await exits(cluster.mappings(["get", arn]), 2, `${arn}: ${sentence}`);
  });
}
