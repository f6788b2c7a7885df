// lint rules for usernames, groups, patterns and deny lists: what they report and what they accept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";

const A = "111122223333";
const NOW = Date.UTC(2026, 10, 24);
const role = (name: string, more: object) => ({ arn: `arn:aws:iam::${A}:role/${name}`, ...more });
const user = (name: string, more: object) => ({ arn: `arn:aws:iam::${A}:user/${name}`, ...more });

async function lint(file: { mappings?: object[]; deny?: object[] }, rule: string): Promise<string[]> {
  const { out } = await cli(["mappings", "lint", "-f", "-", "-o", "json"], { input: JSON.stringify(file), now: NOW });
  const found: { level: string; rule: string; where: string; message: string }[] = JSON.parse(out);
  return found.filter((one) => one.rule === rule).map(({ level, where, message }) => `${level} ${where}: ${message}`);
}

test("lint finds a group that the session name sets", async () => {
  const found = await lint(
    {
      mappings: [
        role("a", { username: "a", groups: ["{SessionName}"] }),
        role("b", { username: "b", groups: ["team:{SessionName}", "system:x{SessionName}"] }),
        role("c", { username: "c", groups: ["system:{SessionName}", "system:mast{SessionNameRaw}s"] }),
      ],
    },
    "chosen-group",
  );
  assert.deepEqual(found, [
    `error role/${A}/a: group {SessionName}: anyone who assumes the role chooses the group; put a prefix before it`,
    `error role/${A}/c: group system:{SessionName}: anyone who assumes the role can become an administrator; use another prefix`,
    `error role/${A}/c: group system:mast{SessionNameRaw}s: anyone who assumes the role can become an administrator; use another prefix`,
  ]);
});

test("lint finds a username that is only the session name", async () => {
  const mappings = ["{SessionName}", "{SessionNameRaw}", "dev:{SessionName}", "system:node:{EC2PrivateDNSName}"];
  const found = await lint({ mappings: mappings.map((username, i) => role(`r${i}`, { username })) }, "chosen-username");
  assert.deepEqual(
    found.map((line) => line.split(":")[0]),
    [`warning role/${A}/r0`, `warning role/${A}/r1`],
  );
});

test("lint finds a session name in the mapping of a user", async () => {
  const found = await lint(
    {
      mappings: [
        user("a", { username: "u:{SessionName}" }),
        user("b", { username: "u:{AccessKeyID}" }),
        role("c", { username: "c:{SessionName}" }),
        { arnLike: `arn:aws:iam::${A}:user/x-*`, username: "x:{SessionNameRaw}" },
        { arnLike: `arn:aws:iam::${A}:*`, username: "y:{SessionName}" },
      ],
    },
    "no-session",
  );
  assert.deepEqual(found, [
    `error user/${A}/a: {SessionName} has no value for a user, root or federated user: every review is denied`,
    `error pattern/${A}: {SessionNameRaw} has no value for a user, root or federated user: every review is denied`,
  ]);
});

test("lint finds names that start or end with a space", async () => {
  const found = await lint({ mappings: [role("a", { username: " a", groups: ["x ", "two words"] })] }, "space-in-name");
  assert.deepEqual(found, [
    `warning role/${A}/a: " a" starts or ends with a space, and RBAC compares names exactly`,
    `warning role/${A}/a: "x " starts or ends with a space, and RBAC compares names exactly`,
  ]);
});

test("lint finds principals that share a username", async () => {
  const found = await lint(
    {
      mappings: [
        role("a", { username: "admin" }),
        user("b", { username: "admin" }),
        { permissionSet: "S", account: A, username: `of-${A}` },
        role("c", { username: "of-{AccountID}" }),
        role("d", { username: "dev:{SessionName}" }),
        role("e", { username: "dev:{SessionName}" }),
        user("f", { username: "alone" }),
      ],
    },
    "shared-username",
  );
  assert.deepEqual(found, [
    `info role/${A}/a: username admin is also used for arn:aws:iam::${A}:user/b`,
    `info sso/${A}/s: username of-${A} is also used for arn:aws:iam::${A}:role/c`,
  ]);
});

test("lint finds denials that are invalid, expired or end soon", async () => {
  const denied = (name: string, more: object = {}) => ({ arnLike: `arn:aws:iam::${A}:user/${name}`, ...more });
  const file = {
    deny: [
      denied("ok"),
      denied("past", { notAfter: "2026-11-01T00:00:00Z" }),
      denied("soon", { notAfter: "2026-12-01T00:00:00Z" }),
      { arnLike: `arn:aws:iam::${A}:role/path/x-*` },
      denied("x", { deny: true }),
    ],
  };
  assert.deepEqual(await lint(file, "expired"), [
    `warning deny/${A}: the denial of arn:aws:iam::${A}:user/past ended on 2026-11-01T00:00:00Z: remove it`,
  ]);
  assert.deepEqual(await lint(file, "expires-soon"), [
    `info deny/${A}: the denial of arn:aws:iam::${A}:user/soon ends in 7 d, on 2026-12-01T00:00:00Z`,
  ]);
  assert.equal((await lint(file, "invalid")).length, 2);
});

test("an end within two days is printed in hours", async () => {
  for (const [hours, text] of [
    [0.01, "1 h"],
    [2, "2 h"],
    [47.5, "48 h"],
    [48.5, "3 d"],
  ] as const) {
    const notAfter = `${new Date(NOW + hours * 3_600_000).toISOString().slice(0, 19)}Z`;
    const file = { mappings: [{ arn: `arn:aws:iam::${A}:user/a`, username: "a", notAfter }] };
    assert.deepEqual(await lint(file, "expires-soon"), [`info user/${A}/a: ends in ${text}, on ${notAfter}`]);
  }
});
