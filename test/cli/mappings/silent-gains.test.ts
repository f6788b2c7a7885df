// Gains of access that a change does not name: each has a line with "!" in the plan, and requires --allow-weakening.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { usernameFinder } from "../../../cli/access/usernames.ts";
import { ADMIN, type LocalCluster, PREFIX, storedCluster } from "./cluster.ts";

const A = "111122223333";
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const MASTERS = { username: "all:{AccountID}", groups: ["system:masters"] };
const EVERY_ROLE = { [`account/${A}`]: MASTERS };
const KEPT = [
  { permissionSet: "ClusterAdmin", account: A, username: "admin:{SessionName}", groups: ["system:masters"] },
  { account: A, ...MASTERS },
];

let cluster: LocalCluster;
afterEach(() => cluster.store.close());

/** Checks that the command is refused with --yes and succeeds with --allow-weakening. */
async function assertNeedsYes(words: readonly string[], text: RegExp, input = ""): Promise<void> {
  const { code, out, err } = await cluster.mappings([...words, "-y"], { input });
  assert.equal(code, 1, `${words.join(" ")}: ${out}${err}`);
  assert.match(out, /\n {4}! /);
  assert.match(err, /(?:^|\n)Refused: this .* To accept this with --yes, add --allow-weakening\.\n$/);
  assert.match(err, text);
  const done = await cluster.mappings([...words, "-y", "--allow-weakening"], { input });
  assert.equal(done.code, 0, done.err);
}

/** Values that deny the role `dev` or the roles of the set `View`. The account's mapping would grant masters. */
const DENYING: readonly [what: string, name: string, value: string][] = [
  ["text that is not JSON", `role/${A}/dev`, `{"arn":"${role("dev")}",}`],
  ["an unknown key", `role/${A}/dev`, JSON.stringify({ arn: role("dev"), username: "d", until: "2026" })],
  ["no username", `role/${A}/dev`, JSON.stringify({ arn: role("dev"), groups: ["g"] })],
  ["another principal's ARN", `role/${A}/dev`, JSON.stringify({ arn: role("other"), username: "d" })],
  ["an invalid permission set", `sso/${A}/view`, JSON.stringify({ username: "v", deny: true })],
  ["a pattern list that is not JSON", `pattern/${A}`, "[,]"],
  ["a SecureString", `role/${A}/secret`, JSON.stringify({ arn: role("secret"), username: "s" })],
];
for (const [what, name, value] of DENYING) {
  test(`removing ${what} applies a mapping with lower precedence, and requires --allow-weakening`, async () => {
    for (const words of [
      ["remove", name],
      ["apply", "--prune", "-f", "-"],
    ]) {
      cluster = await storedCluster({ ...ADMIN, ...EVERY_ROLE });
      cluster.store.put(`${PREFIX}/${name}`, value, name.endsWith("secret") ? { type: "SecureString" } : {});
      await assertNeedsYes(words, /system:masters/, JSON.stringify({ mappings: KEPT }));
      if (words[0] === "remove") cluster.store.close();
    }
  });
}

test("removing an invalid entry of a pattern list requires --allow-weakening", async () => {
  cluster = await storedCluster({
    ...ADMIN,
    ...EVERY_ROLE,
    [`pattern/${A}`]: [{ arnLike: role("dev-*"), user: "typo" }],
  });
  await assertNeedsYes(["remove", role("dev-*")], /system:masters/);
});

test("replacing a value that denies by an expired entry requires --allow-weakening", async () => {
  cluster = await storedCluster({ ...ADMIN, ...EVERY_ROLE, [`role/${A}/dev`]: { arn: role("dev"), user: "typo" } });
  const ended = { arn: role("dev"), username: "d", notAfter: "2020-01-01T00:00:00Z" };
  await assertNeedsYes(["apply", "-f", "-"], /system:masters/, JSON.stringify({ mappings: [...KEPT, ended] }));
});

test("replacing a pattern by a wider one without an end requires --allow-weakening", async () => {
  cluster = await storedCluster({
    ...ADMIN,
    [`pattern/${A}`]: [{ arnLike: role("ci-*"), username: "ci", notAfter: "2099-01-01T00:00:00Z" }],
  });
  const input = JSON.stringify({ mappings: [KEPT[0], { arnLike: role("ci-**"), username: "ci" }] });
  await assertNeedsYes(["apply", "--prune", "-f", "-"], /grants access as ci .* from 2099-01-01T00:00:00\.000Z/, input);
});

test("removing a pinned role that a new pattern covers requires --allow-weakening", async () => {
  const pinned = { arn: role("ops"), username: "ops", principalId: "AROAPINNED" };
  cluster = await storedCluster({ ...ADMIN, [`role/${A}/ops`]: pinned });
  const input = JSON.stringify({ mappings: [KEPT[0], { arnLike: role("o*"), username: "ops" }] });
  await assertNeedsYes(["apply", "--prune", "-f", "-"], /drops the pin of \S+role\/ops to AROAPINNED/, input);
});

test("a pattern for any account, a reserved username and a shared username require --allow-weakening", async () => {
  cluster = await storedCluster({
    ...ADMIN,
    [`user/${A}/alice`]: { arn: `arn:aws:iam::${A}:user/alice`, username: "alice" },
  });
  const set = (arn: string, ...words: string[]) => ["set", arn, ...words];
  await assertNeedsYes(
    set("arn:aws:iam::*:role/*", "--username", "v", "--group", "viewers"),
    /as v \(viewers\) to identities/,
  );
  const reserved = "system:kube-controller-manager";
  await assertNeedsYes(
    set(role("x"), "--username", reserved),
    /gives the reserved name system:kube-controller-manager/,
  );
  await assertNeedsYes(
    set(role("y"), "--username", "alice"),
    /the username alice to \S+role\/y, and user\/\S+alice can/,
  );
});

test("adding an end is a loss that the plan shows and --yes accepts", async () => {
  cluster = await storedCluster({ ...ADMIN, [`sso/${A}/view`]: { username: "view:{SessionName}" } });
  const words = ["set", `sso/${A}/View`, "--add-group", "x", "--not-after", "2099-01-01T00:00:00Z", "-y"];
  const { code, out, err } = await cluster.mappings(words);
  assert.equal(code, 0, err);
  assert.match(out, /\n {4}note: ends the access of sso\/111122223333\/view on 2099-01-01T00:00:00\.000Z\n/);
  assert.doesNotMatch(out, /!/);
});

test("adding and removing a mapping of one principal requires only --yes", async () => {
  cluster = await storedCluster({ ...ADMIN, [`account/${A}`]: { username: "all:{AccountID}" } });
  for (const words of [
    ["set", role("x"), "--username", "x", "--group", "g"],
    ["set", role("x"), "--add-group", "h"],
    ["remove", role("x")],
  ]) {
    const { code, out, err } = await cluster.mappings([...words, "-y"]);
    assert.deepEqual([code, out.includes("!")], [0, false], err);
  }
});

test("the plan shows lint warnings about written values", async () => {
  cluster = await storedCluster(ADMIN);
  const { code, out } = await cluster.mappings(["set", role("x"), "--username", "{SessionName}", "--dry-run"]);
  assert.equal(code, 0);
  assert.match(
    out,
    /\n {4}warning: username \{SessionName\}: anyone who assumes the role chooses the name; put a prefix/,
  );
  const plain = await cluster.mappings(["set", role("y"), "--username", "y", "--dry-run"]);
  assert.doesNotMatch(plain.out, /warning/);
});

/** Stored values, the command, its file, and the expected phrase. */
const ATTACKS: readonly [
  what: string,
  values: Record<string, unknown>,
  words: string[],
  input: object,
  text: RegExp,
][] = [
  [
    "adding an end to a denial with a path",
    { [`deny/${A}`]: [{ arnLike: role("team/dev") }], [`role/${A}/dev`]: { arn: role("dev"), username: "d" } },
    ["apply", "-f", "-"],
    { deny: [{ arnLike: role("team/dev"), notAfter: "2099-01-01T00:00:00Z" }] },
    /ends the denial of \S+role\/team\/dev on 2099/,
  ],
  [
    "removing a group with a node's name, which roles that are not instances lacked,",
    { [`pattern/${A}`]: [{ arnLike: role("n*"), username: "nodes", groups: ["viewers", "n:{EC2PrivateDNSName}"] }] },
    ["set", role("n*"), "--remove-group", "n:{EC2PrivateDNSName}"],
    {},
    /grants access as nodes \(viewers\)/,
  ],
  [
    "removing a past end and a pin",
    {
      [`role/${A}/dev`]: {
        arn: role("dev"),
        username: "d",
        principalId: "AROAPINNED",
        notAfter: "2020-01-01T00:00:00Z",
      },
    },
    ["set", role("dev"), "--unset", "notAfter", "--unset", "principalId"],
    {},
    /drops the end of \S+role\/dev \(2020-01-01T00:00:00Z\), drops the pin of \S+role\/dev to AROAPINNED/,
  ],
  [
    "removing the end of a role that is denied",
    {
      [`deny/${A}`]: [{ arnLike: role("dev") }],
      [`role/${A}/dev`]: { arn: role("dev"), username: "d", notAfter: "2099-01-01T00:00:00Z" },
    },
    ["set", role("dev"), "--unset", "notAfter"],
    {},
    /drops the end of \S+role\/dev/,
  ],
  [
    "giving a session the username of another session in the list",
    {
      [`sso/${A}/view`]: { username: "v:{SessionName}" },
      [`sso-session/${A}/view`]: [{ session: "alice", username: "alice" }],
    },
    ["set", `sso/${A}/View`, "--session", "bob", "--username", "alice"],
    {},
    /gives the username alice to session bob of sso\/111122223333\/view, and sso-session/,
  ],
  [
    "giving a role the ARN of another role, which an account mapping uses as username,",
    { [`account/${A}`]: {} },
    ["set", role("x"), "--username", role("admin")],
    {},
    /and account\/111122223333 can also give it/,
  ],
];
for (const [what, values, words, input, text] of ATTACKS) {
  test(`${what} requires --allow-weakening`, async () => {
    cluster = await storedCluster({ ...ADMIN, ...values });
    await assertNeedsYes(words, text, JSON.stringify({ mappings: [], ...input }));
  });
}

test("10,000 templates of usernames are compared in a few seconds", async () => {
  const parameters = new Map(
    Array.from({ length: 10_000 }, (_, index) => [
      `/p/role/${A}/r${index}`,
      {
        value: JSON.stringify({ arn: role(`r${index}`), username: `team-${index}:{SessionName}` }),
        secure: false,
      },
    ]),
  );
  const find = usernameFinder({ prefix: "/p", partition: "aws", now: 0, reservedPrefixes: [] }, parameters);
  assert.equal(find({ username: "team-77:{SessionName}" }, A, "other"), `/p/role/${A}/r77`);
  assert.equal(find({ username: "crew:{SessionName}" }, A, "other"), undefined);
});
