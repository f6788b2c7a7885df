// `mappings get` with several names, and the output formats of get and export.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { ADMIN, exits, PREFIX, useCluster } from "./cluster.ts";

const USER = "arn:aws:iam::111122223333:user/alice";
const SESSIONS = ["jane", "joe"].map((session) => ({ session, username: session, groups: ["leads"] }));

const cluster = useCluster(
  {
    ...ADMIN,
    "user/111122223333/alice": { arn: USER, username: "alice", groups: ["g"] },
    "sso-session/111122223333/clusteradmin": SESSIONS,
  },
  "all",
);

const get = (...words: string[]) => cluster.mappings(["get", ...words]);

test("one name prints one mapping, several print a list in their order", async () => {
  const one = await get(USER);
  assert.equal(parse(one.out).value.username, "alice");
  const { out } = await exits(get("sso/111122223333/ClusterAdmin", USER), 0);
  assert.deepEqual(
    parse(out).map(({ parameter }: { parameter: string }) => parameter.slice(PREFIX.length + 1)),
    ["sso/111122223333/clusteradmin", "user/111122223333/alice"],
  );
  assert.equal(JSON.parse((await get(USER, USER, "-o", "json")).out).length, 2);
});

test("if a name does not exist, the others are printed, and the exit code is 1", async () => {
  const { out } = await exits(
    get("user/111122223333/bob", USER, "user/111122223333/eve"),
    1,
    "user/111122223333/bob does not exist.\nuser/111122223333/eve does not exist.\n",
  );
  assert.equal(parse(out).length, 1);
  assert.deepEqual(await get("user/111122223333/bob", "-o", "json"), {
    code: 1,
    out: "",
    err: "user/111122223333/bob does not exist.\n",
  });
});

test("table, wide and name print what list prints for these mappings", async () => {
  assert.match((await get(USER, "-o", "table")).out, /^KIND {2}ACCOUNT {7}NAME .*\nuser {2}111122223333 {2}alice /);
  assert.match((await get(USER, "-o", "wide")).out, / PARAMETER .*\n.* user\/111122223333\/alice +1 /);
  assert.equal((await get(USER, "-o", "name")).out, "user/111122223333/alice\n");
  assert.match((await get(USER, "-o", "table", "--no-headers")).out, /^user {2}111122223333 {2}alice /);
  const list = await cluster.mappings(["list", "--no-headers"]);
  assert.match(list.out, /^sso-session /);
});

test("--session selects one entry in every format", async () => {
  const words = ["sso/111122223333/ClusterAdmin", "--session", "jane"];
  assert.deepEqual(parse((await get(...words)).out).value, SESSIONS.slice(0, 1));
  const { out } = await get(...words, "-o", "table", "--no-headers");
  assert.match(out, /ClusterAdmin jane|clusteradmin jane/i);
  assert.doesNotMatch(out, /joe/);
  const missing = await get("sso/111122223333/ClusterAdmin", "--session", "eve", "-o", "wide");
  assert.deepEqual([missing.code, missing.out], [1, ""]);
});

test("a permission set's role without a mapping prints the permission set's", async () => {
  const role = (set: string) => `arn:aws:iam::111122223333:role/AWSReservedSSO_${set}_0123456789abcdef`;
  const { out } = await exits(
    get(role("ClusterAdmin"), "-o", "json"),
    0,
    /^role\/111122223333\/awsreservedsso_\S+ does not exist\. The mapping of its permission set applies:\n$/,
  );
  assert.equal(JSON.parse(out).parameter, `${PREFIX}/sso/111122223333/clusteradmin`);
  await exits(get(role("Other")), 1);
});

test("export -o json prints the mapping file or the ConfigMap as JSON, which apply accepts", async () => {
  const yaml = await cluster.mappings(["export"]);
  const json = await cluster.mappings(["export", "-o", "json"]);
  assert.deepEqual([json.code, JSON.parse(json.out)], [0, parse(yaml.out)]);
  await exits(cluster.mappings(["diff", "-f", "-", "--prune"], { input: json.out }), 0);
  const configMap = await cluster.mappings(["export", "--format", "aws-auth", "-o", "json"]);
  assert.equal(JSON.parse(configMap.out).kind, "ConfigMap");
  await exits(cluster.mappings(["export", "-o", "table"]), 2);
});
