// lint of files, which does not call AWS: rules for usernames, groups, patterns and deny lists, and
// what they accept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../../cli.ts";
import { exits } from "../../commands/mappings/cluster.ts";

const A = "111122223333";
const NOW = Date.UTC(2026, 10, 24);
const role = (name: string, more: object) => ({ arn: `arn:aws:iam::${A}:role/${name}`, ...more });
const user = (name: string, more: object) => ({ arn: `arn:aws:iam::${A}:user/${name}`, ...more });
type MappingFile = Partial<Record<"mappings" | "deny", readonly object[]>>;
const run = (input: string, ...words: string[]) =>
  cli(["mappings", "lint", "-f", "-", ...words], {
    input,
    now: NOW,
    environment: { RESERVED_PREFIXES: "kept:" },
  });

async function lint(
  file: MappingFile,
): Promise<Record<"level" | "rule" | "where" | "message", string>[]> {
  return JSON.parse((await run(JSON.stringify(file), "-o", "json")).out);
}

const denied = (name: string, day: string) => ({
  arnLike: user(name, {}).arn,
  notAfter: `${day}T00:00:00Z`,
});
const FILE: MappingFile = {
  mappings: [
    role("group", { username: "a", groups: ["{SessionName}"] }),
    role("prefix", { username: "b", groups: ["team:{SessionName}", "system:x{SessionName}"] }),
    role("system", {
      username: "c",
      groups: ["system:{SessionName}", "system:mast{SessionNameRaw}s"],
    }),
    role("session", { username: "{SessionName}" }),
    role("raw", { username: "{SessionNameRaw}" }),
    role("prefixed", { username: "dev:{SessionName}" }),
    role("node", { username: "system:node:{EC2PrivateDNSName}" }),
    user("session", { username: "u:{SessionName}" }),
    user("key", { username: "u:{AccessKeyID}" }),
    { arnLike: `arn:aws:iam::${A}:user/x-*`, username: "x:{SessionNameRaw}" },
    { arnLike: `arn:aws:iam::${A}:*`, username: "y:{SessionName}" },
    role("space", { username: " s", groups: ["x ", "two words"] }),
    role("typed", {
      username: "“dev:{SessionName}”",
      groups: ["on–call", "dev:", "platform"],
      principalId: "AROA123",
      description: "“Payroll” – the team’s role",
    }),
    {
      permissionSet: "Typed",
      account: A,
      session: "jane",
      username: "o'hara:jane",
      groups: ["a-b"],
    },
    role("admin", { username: "admin" }),
    user("admin", { username: "admin" }),
    { permissionSet: "S", account: A, username: `of-${A}` },
    role("account", { username: "of-{AccountID}" }),
  ],
  deny: [denied("past", "2026-11-01"), denied("soon", "2026-12-01"), denied("later", "2027-12-01")],
};
const CHOOSES = "anyone who assumes the role chooses the group; put a prefix before it";
const BECOMES = "anyone who assumes the role can become an administrator; use another prefix";
const NO_SESSION = "has no value for a user, root or federated user: every review is denied";
const SPACE = "contains a space. Is it one name? RBAC compares names exactly";

/** Level, place and start of the message of each finding, by rule. */
// biome-ignore format: a table
const FOUND: Readonly<Record<string, readonly string[]>> = {
  "chosen-group: a group that the session name sets": [
    `error role/${A}/group: group {SessionName}: ${CHOOSES}`,
    `error role/${A}/system: group system:{SessionName}: ${BECOMES}`,
    `error role/${A}/system: group system:mast{SessionNameRaw}s: ${BECOMES}`,
  ],
  "chosen-username: one that is only a session": ["session", "raw"].map((n) => `warning role/${A}/${n}: username `),
  "no-session: a session name in the mapping of a user": [`error user/${A}/session: {SessionName} ${NO_SESSION}`, `error pattern/${A}: {SessionNameRaw} ${NO_SESSION}`],
  "space-in-name: one": [`warning role/${A}/space: "two words" ${SPACE}`],
  "typing: a fault that the command line refuses, except in a description": [
    `warning role/${A}/space: username " s" begins with a space: remove it`,
    `warning role/${A}/space: group "x " ends with a space: remove it`,
    `warning role/${A}/typed: username "“dev:{SessionName}”" contains curly quotes: use straight ones`,
    `warning role/${A}/typed: group "on–call" contains a dash (U+2013) that is not "-": type "-"`,
    `warning role/${A}/typed: group "dev:" ends with ":". If a variable follows, it is empty or not set`,
    `warning role/${A}/typed: principalId "AROA123" has 7 characters, but a unique id has at least 16, so it never matches`,
  ],
  "shared-username: one for several principals": [
    `info role/${A}/admin: username admin is also used for arn:aws:iam::${A}:user/admin`,
    `info sso/${A}/s: username of-${A} is also used for arn:aws:iam::${A}:role/account`,
  ],
  "expired: a denial that has ended": [`warning deny/${A}: the denial of arn:aws:iam::${A}:user/past ended on 2026-11-01T00:00:00Z: remove it`],
  "expires-soon: a denial that ends in days": [`info deny/${A}: the denial of arn:aws:iam::${A}:user/soon ends in 7 d, on 2026-12-01T00:00:00Z`],
};
for (const [what, findings] of Object.entries(FOUND)) {
  test(`lint finds ${what}`, async () => {
    const found = (await lint(FILE)).filter(({ rule }) => what.startsWith(`${rule}:`));
    const lines = found.map(({ level, where, message }) => `${level} ${where}: ${message}`);
    assert.equal(lines.length, findings.length, lines.join("\n"));
    for (const [at, finding] of findings.entries())
      assert.ok(lines[at]?.startsWith(finding), lines[at]);
  });
}

const MASTERS = { username: "a", groups: ["system:masters"] };
const ENDED = { notAfter: "2026-11-01T00:00:00Z" };
const SET = { permissionSet: "Set", account: A, ...MASTERS };
for (const [what, mapping, deny, message] of [
  ["a role", role("a", MASTERS), [], "grants system:masters: a"],
  [
    "a denied role",
    role("a", MASTERS),
    [`arn:aws:iam::${A}:role/*`],
    "may grant system:masters: a",
  ],
  [
    "an ended mapping",
    role("a", { ...MASTERS, ...ENDED }),
    [],
    "no longer grants system:masters: a",
  ],
  [
    "a reserved prefix",
    role("a", { ...MASTERS, username: "kept:a" }),
    [],
    "may grant system:masters: kept:a",
  ],
  [
    "a set with a denied role",
    SET,
    [`arn:aws:iam::${A}:role/AWSReservedSSO_Set_0*`],
    "may grant system:masters: a",
  ],
] as const) {
  test(`lint reports the administrators of system:masters: ${what}`, async () => {
    const found = await lint({ mappings: [mapping], deny: deny.map((arnLike) => ({ arnLike })) });
    const none =
      "no principal's mapping surely grants system:masters or access:cluster-admin or kubeadm:cluster-admins";
    const messages = found
      .filter(({ rule }) => rule.endsWith("masters"))
      .map((finding) => finding.message);
    assert.deepEqual(messages, message.startsWith("grants") ? [message] : [none, message]);
  });
}

test("an end is printed in hours, or in days after two of them", async () => {
  for (const [hours, text] of Object.entries({
    0.01: "1 h",
    2: "2 h",
    47.5: "48 h",
    48.5: "3 d",
  })) {
    const notAfter = `${new Date(NOW + Number(hours) * 3_600_000).toISOString().slice(0, 19)}Z`;
    const found = await lint({ mappings: [user("a", { username: "a", notAfter })] });
    assert.equal(
      found.find(({ rule }) => rule === "expires-soon")?.message,
      `ends in ${text}, on ${notAfter}`,
    );
  }
});

test("lint reads a file without AWS, and only an error fails", async () => {
  const admin =
    "{permissionSet: Admin, account: '111122223333', username: a, groups: [system:masters]}";
  const good = `mappings: [${admin}, {arn: "${role("dev", {}).arn}", username: dev, principalId: AROADEV}`;
  const wide = `${good}, {account: "111122223333"}]`;
  for (const [text, code, printed] of [
    [`${good}]`, 0, /^info +pinned /m],
    [wide, 0, /^warning +account-wide /m],
    ["mappings: []", 0, /^warning +no-masters /m],
    [`${good}, {}]`, 1, /^error +invalid /m],
    ["mappings: {}", 2, undefined],
  ] as const) {
    await exits(run(text), code, undefined, printed);
  }
  await exits(cli(["mappings", "lint"]), 2, "Use --cluster or --file.\n");
});

test("every invalid mapping and duplicate in a file is a finding, in addition to other findings", async () => {
  const input = `mappings:
  - {arn: arn:aws:iam::111122223333:role/a, username: a}
  - {arn: arn:aws:iam::111122223333:role/x/A, username: other}
  - {arn: arn:aws:iam::111122223333:role/b, user: b}
  - {}
  - {arn: arn:aws:iam::111122223333:role/long, username: b, description: ${"x".repeat(4096)}}
  - {arnLike: "arn:aws:iam::1111*:role/x", username: c}
deny:
  - {arnLike: "arn:aws:iam::111122223333:role/path/x-*"}
  - {arnLike: "arn:aws:iam::111122223333:user/x", deny: true}
`;
  const found: Record<"level" | "rule" | "where", string>[] = JSON.parse(
    (await run(input, "-o", "json")).out,
  );
  const lines = found.map(({ level, rule, where }) => `${level} ${rule} ${where}`);
  const at = "error invalid standard input, line";
  assert.deepEqual(lines, [
    `${at} 4 (arn:aws:iam::111122223333:role/b)`,
    `${at} 5`,
    `${at} 9 (arn:aws:iam::111122223333:role/path/x-*)`,
    `${at} 10 (arn:aws:iam::111122223333:user/x)`,
    "error duplicate role/111122223333/a",
    "error invalid role/111122223333/long",
    "warning account-wide pattern/any",
    "warning no-masters ",
    "info pinned ",
  ]);
});

test("a pattern of an account takes precedence over one for any account that it covers", async () => {
  const own = `arn:aws:iam::${A}:role/a-*`;
  const never = `arn:aws:iam::${A}:role/a-b-* never applies: ${own} takes precedence`;
  for (const [end, wanted] of Object.entries({ "a-b-*": [never], "*-b": [] })) {
    const ofAny = { arnLike: `arn:aws:iam::${A}:role/${end}`, account: "any", username: "b" };
    const found = await lint({ mappings: [ofAny, { arnLike: own, username: "a" }] });
    const covered = found.flatMap(({ rule, message }) =>
      rule === "covered-pattern" ? message : [],
    );
    assert.deepEqual(covered, wanted);
  }
});
