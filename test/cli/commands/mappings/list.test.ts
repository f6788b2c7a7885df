// list and get: their output in a terminal, in a pipe and for programs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { exits, PREFIX, prints, useCluster, WHERE } from "./cluster.ts";

const USER = { username: "dev:{SessionName}", groups: ["developers", "on-call"] };
const STORED = {
  "role/111122223333/developers": { arn: "arn:aws:iam::111122223333:role/Developers", ...USER },
  "pattern/any": ["arn:aws:iam::*:role/ci-*", "nonsense"].map((arnLike) => ({
    arnLike,
    username: "ci",
  })),
  "root/444455556666": { arn: "arn:aws:iam::444455556666:root", username: "root-user" },
  "user/111122223333/bob": { arn: "arn:aws:iam::111122223333:user/bob" },
  "group/developers": {},
  "deny/666677778888": [{ arnLike: "typo" }],
  callers: [],
};
const cluster = useCluster(STORED, "all");

test("list shortens lines in a terminal and prints full cells in a pipe", async () => {
  const piped = await cluster.mappings(["list"]);
  assert.match(piped.out, /^KIND +ACCOUNT +NAME +USERNAME +GROUPS +NOTE\n/);
  assert.match(piped.out, /\nroot +444455556666 +root-user\n/);
  assert.match(
    piped.out,
    /\nrole +111122223333 +Developers +dev:\{SessionName\} +developers,on-call\n/,
  );
  assert.match(piped.out, /\npattern +any +arn:aws:iam::\*:role\/ci-\* +ci\n/);
  assert.match(piped.out, /\nINVALID +user\/111122223333\/bob +username is missing\n/);
  assert.match(piped.out, /\nINVALID +deny\/666677778888 /);
  assert.match(
    piped.out,
    /\nINVALID +group\/developers +not a mapping: the authenticator ignores it\n/,
  );
  assert.doesNotMatch(piped.out, /callers/);
  const shown = await cluster.mappings(["list"], { columns: 80 });
  for (const line of shown.out.split("\n")) assert.ok(line.length <= 80, line);
  // Below 70 columns, the user is on a second line.
  const narrow = await cluster.mappings(["list"], { columns: 60 });
  assert.match(
    narrow.out,
    /\nrole {5}111122223333 {2}Developers\n {4}dev:\{SessionName\} \(developers, on-call\)\n/,
  );
});

test("list filters by account and group; an empty list prints where it looked and exits with 0", async () => {
  const list = (words: string) => cluster.mappings(`list ${words}`);
  for (const [words, rows] of Object.entries({
    "--account 111122223333": 2,
    "--group on-call": 1,
  })) {
    assert.equal((await list(words)).out.split("\n").length - 2, rows);
  }
  await prints(list("--group g"), /^KIND/, `No mappings that grant g in ${WHERE}.\n`);
  await prints(
    list("--account 999999999999 -o json"),
    "[]\n",
    /^No mappings for account 999999999999 in account 111122223333/,
  );
});

test("-o name prints names for other commands, and -o wide parameter and version", async () => {
  const { out } = await cluster.mappings(["ls", "-o", "name"], { columns: 60 });
  const role = "role/111122223333/developers";
  const names = ["deny/666677778888", "group/developers", "pattern/any", role, "root/444455556666"];
  assert.equal(out, `${names.join("\n")}\nuser/111122223333/bob\n`);
  await exits(cluster.mappings(["get", role]), 0);
  const wide = await cluster.mappings(["ls", "-o", "wide"], { columns: 60 });
  assert.match(wide.out, /^KIND .* NOTE +PARAMETER +VERSION +MODIFIED\n/);
  assert.match(
    wide.out,
    /\nrole +\d+ +Developers +dev:\{SessionName\} +developers,on-call +role\/\S+ +1 +20\S+Z\n/,
  );
  const { out: csv } = await cluster.mappings(["list", "-o", "csv", "--no-headers"]);
  assert.match(
    csv,
    /^role,\d+,Developers,dev:\{SessionName\},"developers,on-call",,role\/\S+,1,20\S+Z$/m,
  );
});

test("JSON and YAML contain all fields", async () => {
  const items = JSON.parse((await cluster.mappings(["list", "-o", "json"])).out);
  assert.equal(items.length, 7);
  assert.deepEqual(parse((await cluster.mappings(["list", "-o", "yaml"])).out), items);
  const root = items.find(({ kind }: { kind?: string }) => kind === "root");
  const identity = { kind: "root", account: "444455556666", arn: "arn:aws:iam::444455556666:root" };
  const { modified, ...rest } = root;
  assert.match(modified, /^20\S+Z$/);
  assert.deepEqual(rest, {
    parameter: `${PREFIX}/root/444455556666`,
    version: 1,
    ...identity,
    username: "root-user",
  });
});

test("--denied lists the deny lists, and the mappings of principals that are denied", async () => {
  const bob = {
    arn: "arn:aws:iam::111122223333:user/bob",
    username: "bob",
    groups: ["developers"],
  };
  cluster.put("user/111122223333/bob", bob);
  cluster.put("deny/any", [{ name: "BOB" }]);
  cluster.put("deny/999999999999", "{");
  const { out } = await cluster.mappings("list --denied -o name");
  assert.equal(out, "deny/666677778888\ndeny/999999999999\ndeny/any\nuser/111122223333/bob\n");
  await prints(
    cluster.mappings("list --denied --group developers"),
    /^KIND .*\nuser +\d+ +bob +bob +developers +DENIED by deny\/any\n$/,
  );
  const none = await exits(cluster.mappings("list --denied --group nobody"), 0);
  assert.match(none.err, /^No denials or denied mappings that grant nobody in /);
});
