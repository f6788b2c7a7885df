// set, remove, history and rollback of one mapping: what they write, ask and refuse.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isPut } from "./apply.ts";
import { ADMIN, DEVELOPERS, exits, PREFIX, refuses, useCluster, WHERE } from "./cluster.ts";

const A = "111122223333";
const ROLE = `role/${A}/developers`;
const ALICE = `arn:aws:iam::${A}:user/alice`;
const ENDED = { arn: ALICE, username: "a", notAfter: "2020-01-01T00:00:00Z" };
const cluster = useCluster({ ...ADMIN, [`user/${A}/alice`]: ENDED });
const set = (...words: string[]) => cluster.mappings(["set", ...words, "-y"]);

test("set adds a mapping, changes only the named keys, and prints the change", async () => {
  const adding = set(DEVELOPERS, "--username", "dev:{SessionName}", "--group", "a");
  const { out } = await exits(
    adding,
    0,
    "Wrote 1 parameter. The function reads the change within 30 s.\n",
  );
  const plan = `+ ${ROLE}\n    dev:{SessionName} (a)\n1 to add, 0 to change, 0 to remove, 0 unchanged.\n`;
  assert.equal(out, `Plan for ${WHERE}:\n${plan}`);
  const changed = await set(ROLE, "--add-group", "b", "--description", "why");
  assert.match(changed.out, /~ role.*\n {4}groups: a -> a, b\n {4}description: none -> why\n/);
  const value = {
    arn: DEVELOPERS,
    username: "dev:{SessionName}",
    groups: ["a", "b"],
    description: "why",
  };
  assert.deepEqual(await cluster.value(ROLE), value);
  const same = await exits(cluster.mappings(["set", ROLE, "--add-group", "b"]), 0);
  assert.match(same.out, /:\n0 to add, 0 to change, 0 to remove, 1 unchanged\.\n$/);
  await set(ROLE, "--remove-group", "a", "--unset", "description");
  assert.deepEqual(await cluster.value(ROLE), {
    arn: DEVELOPERS,
    username: "dev:{SessionName}",
    groups: ["b"],
  });
});

test("set does not overwrite a SecureString, which the function does not read", async () => {
  cluster.store.put(`${PREFIX}/${ROLE}`, "{}", { type: "SecureString" });
  const { err } = await exits(
    set(DEVELOPERS, "--username", "dev"),
    2,
    /^\S+\/developers is a SecureString, which the/,
  );
  assert.equal(err.split("\n").length, 2);
  await exits(set(ROLE, "--username", "dev"), 2, /use its ARN as <who>/);
  await exits(cluster.mappings(["remove", ROLE, "-y", "--allow-weakening"]), 0);
  await exits(set(DEVELOPERS, "--username", "dev"), 0);
});

test("--dry-run writes nothing, and the question names the place", async () => {
  const words = ["set", DEVELOPERS, "--username", "dev"];
  const { out } = await exits(cluster.mappings([...words, "--dry-run"]), 0);
  assert.ok(out.startsWith(`Plan for ${WHERE}:\n+ role/`), out);
  const no = { input: "n\n", interactive: true };
  await exits(
    cluster.mappings(words, no),
    1,
    `Write 1 parameter in ${WHERE}? [y/N] Nothing was written.\n`,
  );
  assert.equal(await cluster.value(ROLE), undefined);
  const removal = cluster.mappings("remove sso/111122223333/ClusterAdmin --force", no);
  await exits(removal, 1, `Remove 1 parameter in ${WHERE}? [y/N] Nothing was written.\n`);
});

test("history prints who changed what, and rollback writes an earlier version", async () => {
  for (const name of ["one", "two", "three"]) await set(DEVELOPERS, "--username", name);
  const { out, err } = await cluster.mappings(["history", DEVELOPERS]);
  const limit = "Parameter Store keeps 100 versions, until the parameter is removed.\n";
  assert.match(err, new RegExp(`^The history begins with version 1, of \\S+Z: ${limit}$`));
  const rows = out.trimEnd().split("\n");
  assert.equal(rows.length, 4);
  assert.match(rows[1] ?? "", /^3 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +\S+ +username: three$/);
  for (const [words, username] of Object.entries({ "-y": "two", "-y --to 1": "one" })) {
    await exits(cluster.mappings(`rollback ${DEVELOPERS} ${words}`), 0);
    assert.deepEqual(await cluster.value(ROLE), { arn: DEVELOPERS, username });
  }
  await exits(cluster.mappings(["rollback", DEVELOPERS, "--to", "9", "-y"]), 1);
  const versions = (await cluster.mappings(`history ${ROLE} -o json`)).out.match(
    /(?<="version": )\d/g,
  );
  assert.deepEqual(versions, ["5", "4", "3", "2", "1"]);
  cluster.put(ROLE, "no JSON");
  await exits(cluster.mappings(["rollback", ROLE, "--to", "6", "-y"]), 1, /invalid: not JSON/);
  await exits(cluster.mappings(["history", "account/111122223333"]), 1);
});

test("remove refuses a parameter that is no mapping, and then removes none", async () => {
  const name = `role/${A}/.c3.a9`;
  cluster.put(name, { arn: ALICE, username: "a" });
  await refuses(
    cluster.mappings(["remove", `user/${A}/alice`, `role/${A}/é`, "-y"]),
    `${name}: not a mapping: the authenticator ignores it.\nNothing was removed.\n`,
  );
  assert.deepEqual(await cluster.value(`user/${A}/alice`), ENDED);
  assert.deepEqual(await cluster.value(name), { arn: ALICE, username: "a" });
});

test("remove of several mappings removes the existing ones and reports the missing ones", async () => {
  const roles = ["a", "b", "c"].map((name) => `arn:aws:iam::111122223333:role/${name}`);
  for (const arn of roles.slice(1)) await set(arn, "--username", "x");
  const absent =
    /^role\/111122223333\/a does not exist\.\npattern\/any does not exist\.\nRemoved 2 parameters\./;
  const { out } = await exits(
    cluster.mappings(["remove", ...roles, "arn:aws:iam::*:role/x-*", "-y"]),
    1,
    absent,
  );
  assert.deepEqual(out.match(/^- .*$/gm), ["- role/111122223333/b", "- role/111122223333/c"]);
  await exits(
    cluster.mappings(["remove", ...roles, "-y"]),
    1,
    /^(role\S+ does not exist\.\n){3}Nothing was removed\./,
  );
});

const SET = `sso/${A}/Developers`;
const LIST = `sso-session/${A}/developers`;
const LATER = "2099-01-01T00:00:00Z";
const role = (...words: string[]) => [DEVELOPERS, "--username", "x", ...words];
const named = (session: string) => [SET, "--session", session];
const jane = (...words: string[]) => [...named("jane"), "--username", "x", ...words];
const BY_SESSION = ["--username", "{SessionName}"];
const invalid = (problem: string, name = `role/${A}/developers`) =>
  `${name} would be invalid: ${problem}`;

for (const [what, words, message] of [
  ["an unknown placeholder", [DEVELOPERS, "--username", "dev:{Sesion}"], invalid("username")],
  [
    "a control character",
    [DEVELOPERS, "--username", "a\u001b"],
    '--username "a?" contains a character that is not visible (U+001B)',
  ],
  [
    "a user's id for a role",
    role("--principal-id", "AIDAEXAMPLE123456789X"),
    invalid("principalId"),
  ],
  ["an end that is not a time", role("--until", "tomorrow"), "--until must be a duration such as"],
  [
    "an end in the past",
    role("--until", "2020-01-01T00:00:00Z"),
    /^--until 20\S+Z is in the past: the .*Nothing /,
  ],
  [
    "a duration in words",
    role("--for", "2 hours"),
    /It must be a duration such as 30m, 2h or 3d\./,
  ],
  [
    "two ends",
    role("--for", "2h", "--until", LATER),
    /'--until <when>' cannot be used with .*--for/,
  ],
  [
    "a session name for a user",
    [ALICE, ...BY_SESSION, "--unset", "notAfter"],
    /^user\/\S+: \{SessionName\} has no v/,
  ],
  [
    "a session name for a pattern of users",
    [`${ALICE}*`, ...BY_SESSION],
    /^pattern\/.*has no value for a user/,
  ],
  [
    "a group that the session name sets",
    role("--group", "{SessionName}"),
    /^role\/.*anyone who assumes the role cho/,
  ],
  [
    "several groups in one --group",
    role("--group", "a,b"),
    /'a,b' is invalid\. Repeat the option for each group\./,
  ],
  [
    "several groups in one --add-group",
    role("--add-group", "a,b"),
    /Repeat the option for each group\./,
  ],
  [
    "an unknown key of --unset",
    role("--unset", "user"),
    /It must be one of username, groups, principalId, notAfter/,
  ],
  [
    "an unknown access level",
    role("--access", "viewer"),
    /Allowed choices are cluster-admin, admin, edit, view, adm/,
  ],
  ["--namespace without --access", role("--namespace", "a"), "--namespace requires --access.\n"],
  [
    "--access with --group",
    role("--access", "view", "--group", "x"),
    /cannot be used with option '--group <name>'/,
  ],
  ["two namespaces in one option", role("--access", "view", "-n", "a,b"), /It must be a namespace/],
  [
    "a pattern that never matches",
    [`arn:aws:iam::${A}:role/a/b-*`, "--username", "x"],
    /: arnLike .* never match: /,
  ],
  [
    "a deny list",
    ["deny/any", "--username", "x"],
    /^deny\/any is a deny list: change it with mappings deny/,
  ],
  [
    "a session name with a space",
    [...named("a b"), "--username", "x"],
    invalid("session must be ", LIST),
  ],
  [
    "a session name of 65 characters",
    [...named("x".repeat(65)), "--username", "x"],
    invalid("session must be ", LIST),
  ],
  [
    "a pin of a session",
    jane("--principal-id", "AROAEXAMPLE123456789X"),
    invalid('unknown key "principalId"', LIST),
  ],
  [
    "a new session without a username",
    [...named("jane"), "--group", "g"],
    invalid("a mapping requires", LIST),
  ],
  [
    "a list without session",
    [LIST, "--username", "x"],
    `${LIST} is a list. Name one session: ${SET.toLowerCase()} `,
  ],
  [
    "a session as a part of the name",
    [`${LIST}/jane`, "--username", "x"],
    "developers/jane is not the name of a per",
  ],
] as const) {
  test(`set refuses ${what}`, async () => {
    const { err } = await exits(cluster.mappings(["set", ...words, "-y", "--allow-weakening"]), 2);
    if (typeof message === "string") assert.ok(err.startsWith(message), err);
    else assert.match(err, message);
    assert.ok(!cluster.store.requests.some(isPut));
  });
}

test("--session of another principal is refused by every command", async () => {
  const message =
    /^--session requires a permission set \(sso\/<account>\/.*Only IAM Identity Center sets the session n/;
  for (const who of [
    DEVELOPERS,
    ROLE,
    `user/${A}/alice`,
    `account/${A}`,
    `pattern/${A}`,
    `deny/${A}`,
  ]) {
    for (const command of ["set --username x", "get", "remove", "rollback"]) {
      await exits(cluster.mappings(`${command} ${who} --session jane`), 2, message);
    }
  }
});

test("every command refuses an IAM group, and names what to map instead", async () => {
  const message =
    /STS does not report a user's groups\. Map a permission set \(sso\/<account>\/<set>\), a role, or each user\.\n$/;
  for (const command of ["set --username x", "deny", "get", "remove"]) {
    for (const who of [`group/${A}/developers`, `arn:aws:iam::${A}:group/developers`])
      await exits(cluster.mappings(`${command} ${who}`), 2, message);
  }
});

test("set accepts what lint warns of, and changes another key of a mapping that has ended", async () => {
  await exits(cluster.mappings(["set", DEVELOPERS, "--username", "{SessionName}", "--dry-run"]), 0);
  await exits(cluster.mappings(["set", ALICE, "--description", "gone", "--dry-run"]), 0);
});

test("--for on a mapping without an end reports that it ends for everybody", async () => {
  const role = `arn:aws:iam::${A}:role/OnCall`;
  const ends = /had no end/;
  const created = await exits(set(role, "--username", "on-call", "--for", "2h"), 0);
  assert.doesNotMatch(created.err, ends);
  await exits(set(role, "--unset", "notAfter", "--allow-weakening"), 0);
  const { err } = await exits(set(role, "--add-group", "pagers", "--for", "2h"), 0);
  assert.match(err, /^role\/111122223333\/oncall had no end: it ends for everybody at 20\S+Z\.\n/);
  assert.doesNotMatch((await exits(set(role, "--for", "3h", "--allow-weakening"), 0)).err, ends);
});

test("set, also of an unchanged mapping, says that a denial matches the identity", async () => {
  const role = `arn:aws:iam::${A}:role/Suspended`;
  await exits(set(role, "--username", "s:{SessionName}"), 0, /^Wrote 1 parameter\./);
  await exits(cluster.mappings(["deny", role, "-y"]), 0);
  const denied = `${role} is denied by deny/${A} (${role}). To remove the denial: mappings allow.\n`;
  const unchanged = await exits(set(role, "--username", "s:{SessionName}"), 0);
  assert.equal(unchanged.err, denied);
  const changed = await exits(set(role, "--description", "x"), 0);
  assert.match(
    changed.out,
    /^0 to add, 1 to change, 0 to remove, 0 unchanged\.$/m,
    "the deny list is not in the plan",
  );
  assert.ok(changed.err.includes(denied), changed.err);
  await exits(cluster.mappings(["allow", role, "-y", "--allow-weakening"]), 0);
  const session = `arn:aws:sts::${A}:assumed-role/Suspended/jane`;
  await exits(cluster.mappings(["deny", session, "-y"]), 0);
  const { err } = await exits(set(role, "--description", "y"), 0);
  assert.ok(err.includes(`Some sessions of ${role} are denied by deny/${A} (${session}).`), err);
  assert.doesNotMatch((await set(DEVELOPERS, "--username", "dev:{SessionName}")).err, /denied/);
});

test("a refusal in a terminal does not repeat the marks of the plan", async () => {
  const role = `arn:aws:iam::${A}:role/Marked`;
  const words = ["set", role, "--username", "m", "--group", "system:masters", "-y"];
  const marks = (text: string) => text.match(/system:masters makes an administrator/g)?.length;
  const script = await exits(cluster.mappings(words), 1);
  assert.deepEqual([marks(script.out), marks(script.err)], [1, 1]);
  const terminal = await exits(cluster.mappings(words, { columns: 200 }), 1);
  assert.deepEqual([marks(terminal.out), marks(terminal.err)], [1, undefined]);
});
