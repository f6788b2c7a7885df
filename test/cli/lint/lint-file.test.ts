// lint of files, which does not call AWS: rules for usernames, groups, patterns and deny lists, and what they accept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";
import { exits } from "../mappings/cluster.ts";

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

test("lint reads a file without AWS, and --fail sets the level that fails", async () => {
  const lint = (text: string, ...words: string[]) =>
    cli(["mappings", "lint", "-f", "-", ...words], { input: text, now: NOW });
  const good = `mappings:
  - {permissionSet: Admin, account: "111122223333", username: a, groups: [system:masters]}
  - {arn: arn:aws:iam::111122223333:role/dev, username: dev, principalId: AROADEV}
`;
  await exits(lint(good), 0);
  await exits(lint(good, "--fail", "info"), 1);
  const wide = `${good}  - {account: "111122223333"}\n`;
  await exits(lint(wide), 1);
  await exits(lint(wide, "--fail", "error"), 0);
  assert.match((await lint("mappings: []")).out, /warning +no-masters/);
  await exits(lint("mappings: {}"), 2);
  assert.equal((await cli(["mappings", "lint"])).err, "Use --cluster or --file.\n");
});

test("every invalid mapping and duplicate in a file is a finding, in addition to other findings", async () => {
  const input = `mappings:
  - {arn: arn:aws:iam::111122223333:role/a, username: a}
  - {arn: arn:aws:iam::111122223333:role/x/A, username: other}
  - {arn: arn:aws:iam::111122223333:role/b, user: b}
  - {}
  - {arn: arn:aws:iam::111122223333:role/long, username: b, description: ${"x".repeat(4096)}}
  - {arnLike: "arn:aws:iam::1111*:role/x", username: c}
`;
  const { code, out } = await cli(["mappings", "lint", "-f", "-", "-o", "json"], { input, now: NOW });
  const found: { level: string; rule: string; where: string }[] = JSON.parse(out);
  assert.deepEqual(
    found.map(({ level, rule, where }) => `${level} ${rule} ${where}`),
    [
      "error invalid standard input, line 4 (arn:aws:iam::111122223333:role/b)",
      "error invalid standard input, line 5",
      "error duplicate role/111122223333/a",
      "error invalid role/111122223333/long",
      "warning account-wide pattern/any",
      "warning no-masters ",
      "info pinned ",
    ],
  );
  assert.equal(code, 1);
});

test("a pattern of an account takes precedence over one for any account", async () => {
  const lint = async (name: string) => {
    const [own, any] = [`arn:aws:iam::111122223333:role/a-*`, `arn:aws:iam::111122223333:role/${name}`];
    const mappings = [
      { arnLike: any, account: "any", username: "b" },
      { arnLike: own, username: "a" },
    ];
    return (await cli(["mappings", "lint", "-f", "-"], { input: JSON.stringify({ mappings }), now: NOW })).out;
  };
  assert.match(
    await lint("a-b-*"),
    /covered-pattern +pattern\/any +\S+:role\/a-b-\* never applies: \S+:role\/a-\* takes precedence/,
  );
  assert.doesNotMatch(await lint("*-b"), /covered/);
});

test("a mapping that names system:masters but cannot grant it is no administrator", async () => {
  const lint = async (mapping: object, ...deny: object[]) => {
    const input = JSON.stringify({ mappings: [mapping], deny });
    const environment = { RESERVED_PREFIXES: "kept:" };
    const { out } = await cli(["mappings", "lint", "-f", "-", "-o", "json"], { input, environment, now: NOW });
    return (JSON.parse(out) as { rule: string; message: string }[])
      .filter(({ rule }) => rule.endsWith("masters"))
      .map(({ message }) => message);
  };
  const group = { username: "a", groups: ["system:masters"] };
  const denied = { arnLike: "arn:aws:iam::111122223333:role/*" };
  assert.deepEqual(await lint(role("a", group)), ["grants system:masters: a"]);
  const none = "no principal's mapping surely grants system:masters or access:cluster-admin";
  assert.deepEqual(await lint(role("a", group), denied), [none, "may grant system:masters: a"]);
  assert.deepEqual(await lint(role("a", { ...group, notAfter: "2026-11-01T00:00:00Z" })), [
    none,
    "no longer grants system:masters: a",
  ]);
  assert.deepEqual(await lint(role("a", { ...group, username: "kept:a" })), [none, "may grant system:masters: kept:a"]);
  const part = { arnLike: "arn:aws:iam::111122223333:role/AWSReservedSSO_Set_0*" };
  assert.deepEqual(await lint({ permissionSet: "Set", account: "111122223333", ...group, username: "s" }, part), [
    none,
    "may grant system:masters: s",
  ]);
});
