// Messages about arguments of set, and about the account and cluster that are written.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { cli } from "../cli.ts";
import { ADMIN, DEVELOPERS, exits, type LocalCluster, PREFIX, storedCluster, WHERE } from "./cluster.ts";

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster(ADMIN);
});
afterEach(() => cluster.store.close());

test("--unset of an unknown key fails and lists the known keys", async () => {
  await exits(
    cluster.mappings(["set", DEVELOPERS, "--username", "x", "--unset", "user", "-y"]),
    2,
    /--unset <key>' argument 'user' is invalid\. .*username, groups, principalId, notAfter/,
  );
  assert.equal(cluster.store.requests.length, 0);
});

test("a comma-separated list of groups in one option fails", async () => {
  for (const option of ["--group", "--add-group", "--remove-group"]) {
    await exits(
      cluster.mappings(["set", DEVELOPERS, "--username", "x", option, "a,b", "-y"]),
      2,
      /argument 'a,b' is invalid\. .*repeat the option for each group/i,
    );
  }
});

test("an empty cluster fails with the expected form", async () => {
  for (const words of [["list"], ["lint"], ["set", DEVELOPERS, "--username", "x"]]) {
    await exits(cli(["mappings", ...words, "-c", ""]), 2, /--cluster <id>' argument '' is invalid\. It must be/);
  }
});

test("the plan and the question name account, region, cluster and prefix", async () => {
  const words = ["set", DEVELOPERS, "--username", "dev"];
  const dry = await cluster.mappings([...words, "--dry-run"]);
  assert.ok(dry.out.startsWith(`Plan for ${WHERE}:\n+ role/`), dry.out);
  const asked = await cluster.mappings(words, { interactive: true, input: "n\n" });
  assert.ok(asked.err.startsWith(`Write 1 parameter in ${WHERE}? [y/N] `), asked.err);
  const diff = await cluster.mappings(["diff", "-f", "-"], { input: "mappings: []" });
  assert.ok(diff.out.startsWith(`Plan for ${WHERE}:\n0 to add, `), diff.out);
});

test("an empty list prints where it looked and exits with 0", async () => {
  cluster.store.remove(`${PREFIX}/sso/111122223333/clusteradmin`);
  const { out } = await exits(cluster.mappings(["list"]), 0, `No mappings in ${WHERE}.\n`);
  assert.match(out, /^KIND/);
  const json = await cluster.mappings(["list", "-o", "json"]);
  assert.deepEqual([json.code, json.out], [0, "[]\n"]);
  const group = await cluster.mappings(["list", "--group", "g"]);
  assert.equal(group.err, `No mappings that grant g in ${WHERE}.\n`);
});

test("a removal prints that it removed the parameter", async () => {
  await cluster.mappings(["set", DEVELOPERS, "--username", "dev", "-y"]);
  const { err } = await cluster.mappings(["remove", DEVELOPERS, "-y"]);
  assert.match(err, /^Removed 1 parameter\. /);
  const asked = await cluster.mappings(["remove", "sso/111122223333/ClusterAdmin", "--force"], {
    interactive: true,
    input: "n\n",
  });
  assert.ok(asked.err.startsWith(`Remove 1 parameter in ${WHERE}? [y/N] `), asked.err);
});

test("running the same command again is advised only if it can succeed", async () => {
  const fail = (type: string) =>
    cluster.store.fail(({ headers }) =>
      headers["x-amz-target"] === "AmazonSSM.PutParameter"
        ? {
            kind: "answer",
            status: 400,
            headers: { "x-amzn-errortype": type },
            body: JSON.stringify({ __type: type, message: "x" }),
          }
        : undefined,
    );
  const set = () => cluster.mappings(["set", DEVELOPERS, "--username", "dev", "-y"]);
  fail("AccessDeniedException");
  assert.equal((await set()).err, "No permission: x.\nNothing was written.\n");
  fail("ParameterLimitExceeded");
  assert.doesNotMatch((await set()).err, /same command again/);
});

test("get of a permission set's role prints the permission set's mapping", async () => {
  const role = "arn:aws:iam::111122223333:role/AWSReservedSSO_ClusterAdmin_0123456789abcdef";
  const { out, err } = await exits(cluster.mappings(["get", role, "-o", "json"]), 0);
  assert.equal(JSON.parse(out).parameter, `${PREFIX}/sso/111122223333/clusteradmin`);
  assert.match(
    err,
    /^role\/111122223333\/awsreservedsso_\S+ does not exist\. The mapping of its permission set applies:\n$/,
  );
  const arn = "arn:aws:iam::111122223333:role/AWSReservedSSO_Other_0123456789abcdef";
  assert.equal((await cluster.mappings(["get", arn])).code, 1);
});

test("an IAM group is refused with the reason, and with what to map instead", async () => {
  const reason =
    "STS does not report a user's groups. Map a permission set (sso/<account>/<set>), a role, or each user.\n";
  for (const command of ["set", "deny", "get", "remove"]) {
    for (const who of ["group/111122223333/developers", "arn:aws:iam::111122223333:group/developers"]) {
      const words = command === "set" ? ["--username", "x"] : [];
      const { err } = await exits(cluster.mappings([command, who, ...words]), 2);
      assert.ok(err.endsWith(reason), `${command} ${who}: ${err}`);
    }
  }
});

test("set rejects an end in the past and lint errors", async () => {
  const user = "arn:aws:iam::111122223333:user/alice";
  for (const [words, sentence] of [
    [
      ["set", DEVELOPERS, "--username", "x", "--not-after", "2020-01-01T00:00:00Z"],
      /^--until 2020-01-01T00:00:00Z is in the past: the mapping would never apply\. Nothing was written\.\n$/,
    ],
    [
      ["set", user, "--username", "{SessionName}"],
      /^user\/111122223333\/alice: \{SessionName\} has no value for a user, .*\.\nNothing was written\.\n$/,
    ],
    [
      ["set", DEVELOPERS, "--username", "x", "--group", "{SessionName}"],
      /^role\/.*anyone who assumes the role chooses the group/,
    ],
    [
      ["set", "arn:aws:iam::111122223333:user/a*", "--username", "{SessionName}"],
      /^pattern\/.*has no value for a user/,
    ],
  ] as const) {
    await exits(cluster.mappings([...words, "-y", "--allow-weakening", "--force"]), 2, sentence);
  }
  assert.equal(await cluster.value("user/111122223333/alice"), undefined);
  // Lint warnings are accepted, and so is an expired mapping whose other keys change.
  const past = { arn: user, username: "a", notAfter: "2020-01-01T00:00:00Z" };
  cluster.store.put(`${PREFIX}/user/111122223333/alice`, JSON.stringify(past));
  await exits(cluster.mappings(["set", user, "--description", "gone", "-y"]), 0);
  await exits(cluster.mappings(["set", DEVELOPERS, "--username", "{SessionName}", "-y"]), 0);
});

test("the message for an invalid ARN names the invalid part", async () => {
  for (const [arn, fault] of [
    ["arn:aws:iam::11112222333:role/Dev", "its account has 11 digits, not 12"],
    [
      "arn:aws:iam:111122223333:role/Dev",
      "it has 5 parts between colons, not 6, as in arn:aws:iam::111122223333:role/Developers",
    ],
    [
      "arn:aws:iam::111122223333:group/dev",
      "STS does not report a user's groups. Map a permission set (sso/<account>/<set>), a role, or each user",
    ],
    [
      "arn:aws:iam:eu-west-1:111122223333:role/Dev",
      "its region must be empty, as in arn:aws:iam::111122223333:role/Developers",
    ],
    ["arn:aws:s3::111122223333:role/Dev", "its service must be iam, not s3"],
    ["arn:aws:iam::1111-2222-3333:role/Dev", "its account must be 12 digits, not 1111-2222-3333"],
    ["arn:aws:iam::111122223333:Dev", "after the account, it must have role/, user/ or root, not Dev"],
    ["arn:aws:iam::111122223333:instance-profile/x", "name the role of the instance profile"],
    ["arn:aws:iam::111122223333:role/", "its name is missing, or has a character that IAM does not allow"],
    [" arn:aws:iam::111122223333:role/Dev", "it has spaces around it"],
  ] as const) {
    if (!arn.startsWith(" ")) {
      await exits(
        cluster.mappings(["get", arn]),
        2,
        `${arn}: arn must be the ARN of a role, user, root or federated user: ${fault}.\n`,
      );
    }
    const explained = await exits(cli(["explain", "-c", "prod", arn]), 2);
    assert.ok(
      explained.err.endsWith(
        `is not the ARN of a role, an assumed role, a user, a federated user or root: ${fault}.\n`,
      ),
    );
  }
});
