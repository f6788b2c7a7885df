// `mappings set ... --session ... --for`: access of one person for some hours, on top of the permission set's.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { cli } from "../cli.ts";
import { exits, type LocalCluster, storedCluster } from "./cluster.ts";

const A = "111122223333";
const SET = `sso/${A}/Developers`;
const LIST = `sso-session/${A}/developers`;
const NOW = Date.UTC(2026, 10, 26, 22);
const session = (name: string) => `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_Developers_0123456789abcdef/${name}`;

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster({ [`sso/${A}/developers`]: { username: "dev:{SessionName}", groups: ["developers"] } });
});
afterEach(() => cluster.store.close());

const set = (...words: string[]) =>
  cluster.mappings(["set", SET, "--session", "jane@example.com", "-y", ...words], { now: NOW });
const userAt = async (name: string, now: number) => {
  const { out } = await cli(["explain", session(name), "-c", "prod", "-o", "json"], { now });
  const { username, groups } = JSON.parse(out).user;
  return [username, ...groups];
};

test("--add-group and --for give one person a group for two hours, and the set's mapping applies again afterwards", async () => {
  const { out } = await exits(set("--add-group", "on-call", "--for", "2h"), 0);
  assert.match(
    out,
    /dev:\{SessionName\} \(developers, on-call\) session: jane@example\.com notAfter: 2026-11-27T00:00:00Z/,
  );
  const HOUR = 3_600_000;
  assert.deepEqual(await userAt("jane@example.com", NOW), ["dev:jane-example.com", "developers", "on-call"]);
  assert.deepEqual(await userAt("joe@example.com", NOW), ["dev:joe-example.com", "developers"]);
  assert.deepEqual(await userAt("jane@example.com", NOW + 2 * HOUR), ["dev:jane-example.com", "developers"]);
});

test("--group replaces the set's groups, and only the username is taken from the set's mapping", async () => {
  await exits(set("--group", "on-call", "--until", "2026-11-27T06:00:00Z"), 0);
  assert.deepEqual(await cluster.value(LIST), [
    {
      session: "jane@example.com",
      username: "dev:{SessionName}",
      groups: ["on-call"],
      notAfter: "2026-11-27T06:00:00Z",
    },
  ]);
});

test("a session of a set without a mapping needs --username", async () => {
  cluster.store.remove(`/iam-authenticator/prod/sso/${A}/developers`);
  await exits(set("--group", "on-call", "--for", "2h"), 2, /^sso-session\/\S+ would be invalid: .*username/);
  assert.equal(await cluster.value(LIST), undefined);
});

test("ends are given once, in the future, and in a known form", async () => {
  for (const [words, sentence] of [
    [["--for", "2 hours"], /It must be a duration such as 30m, 2h or 3d\./],
    [["--for", "2h", "--until", "2027-01-01T00:00:00Z"], /'--until <time>' cannot be used with option '--for/],
    [["--for", "2h", "--not-after", "2027-01-01T00:00:00Z"], /'--not-after <time>' cannot be used with option '--for/],
    [
      ["--until", "2020-01-01T00:00:00Z"],
      /^--until 2020-01-01T00:00:00Z is in the past: the mapping would never apply\./,
    ],
    [["--until", "tomorrow"], /would be invalid: --until must be a time like/],
  ] as const) {
    await exits(set("--add-group", "on-call", ...words), 2, sentence);
  }
  assert.equal(await cluster.value(LIST), undefined);
  assert.equal((await set("--add-group", "on-call", "--not-after", "2027-01-01T00:00:00Z")).code, 0);
});

test("a session of another role is refused with the reason", async () => {
  await exits(
    cluster.mappings([
      ...["set", `role/${A}/shared`, "--session", "jane@example.com", "--group", "on-call", "--for", "2h", "-y"],
    ]),
    2,
    /Only IAM Identity Center sets the session name\. For other roles, the caller chooses it\.\n$/,
  );
});
