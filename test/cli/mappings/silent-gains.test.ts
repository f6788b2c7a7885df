// Gains that a change does not name: each is a line with "!" in the plan, and --yes alone does not write it.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { usernameFinder } from "../../../cli/access/usernames.ts";
import { ADMIN, type LocalCluster, PREFIX, storedCluster } from "./cluster.ts";

const A = "111122223333";
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const MASTERS = { username: "all:{AccountID}", groups: ["system:masters"] };
const EVERYBODY = { [`account/${A}`]: MASTERS };
const KEPT = [
  { permissionSet: "ClusterAdmin", account: A, username: "admin:{SessionName}", groups: ["system:masters"] },
  { account: A, ...MASTERS },
];

let cluster: LocalCluster;
afterEach(() => cluster.store.close());

/** The same words without a yes of their own are refused with `!`, and with it they are written. */
async function assertNeedsYes(words: readonly string[], text: RegExp, input = ""): Promise<void> {
  const { code, out, err } = await cluster.mappings([...words, "-y"], { input });
  assert.equal(code, 1, `${words.join(" ")}: ${out}${err}`);
  assert.match(out, /\n {4}! /);
  assert.match(err, /(?:^|\n)Refused: this .* To accept this with --yes, add --allow-weakening\.\n$/);
  assert.match(err, text);
  const done = await cluster.mappings([...words, "-y", "--allow-weakening"], { input });
  assert.equal(done.code, 0, done.err);
}

/** Values that deny the role `dev`, or the roles of the set `View`; behind them, the account's mapping gives masters. */
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
  test(`the removal of ${what} leaves identities to a mapping behind it, and needs a yes of its own`, async () => {
    for (const words of [
      ["remove", name],
      ["apply", "--prune", "-f", "-"],
    ]) {
      cluster = await storedCluster({ ...ADMIN, ...EVERYBODY });
      cluster.store.put(`${PREFIX}/${name}`, value, name.endsWith("secret") ? { type: "SecureString" } : {});
      await assertNeedsYes(words, /system:masters/, JSON.stringify({ mappings: KEPT }));
      if (words[0] === "remove") cluster.store.close();
    }
  });
}

test("the removal of one invalid entry of a pattern list needs a yes of its own", async () => {
  cluster = await storedCluster({
    ...ADMIN,
    ...EVERYBODY,
    [`pattern/${A}`]: [{ arnLike: role("dev-*"), user: "typo" }],
  });
  await assertNeedsYes(["remove", role("dev-*")], /system:masters/);
});

test("an entry that has ended, applied over a value that denies, needs a yes of its own", async () => {
  cluster = await storedCluster({ ...ADMIN, ...EVERYBODY, [`role/${A}/dev`]: { arn: role("dev"), user: "typo" } });
  const ended = { arn: role("dev"), username: "d", notAfter: "2020-01-01T00:00:00Z" };
  await assertNeedsYes(["apply", "-f", "-"], /system:masters/, JSON.stringify({ mappings: [...KEPT, ended] }));
});

test("a pattern that is replaced by a wider one without an end needs a yes of its own", async () => {
  cluster = await storedCluster({
    ...ADMIN,
    [`pattern/${A}`]: [{ arnLike: role("ci-*"), username: "ci", notAfter: "2099-01-01T00:00:00Z" }],
  });
  const input = JSON.stringify({ mappings: [KEPT[0], { arnLike: role("ci-**"), username: "ci" }] });
  await assertNeedsYes(
    ["apply", "--prune", "-f", "-"],
    /grants access as ci .* from 2099-01-01T00:00:00\.000Z on/,
    input,
  );
});

test("a pinned role that is removed while a new pattern covers it needs a yes of its own", async () => {
  const pinned = { arn: role("ops"), username: "ops", principalId: "AROAPINNED" };
  cluster = await storedCluster({ ...ADMIN, [`role/${A}/ops`]: pinned });
  const input = JSON.stringify({ mappings: [KEPT[0], { arnLike: role("o*"), username: "ops" }] });
  await assertNeedsYes(["apply", "--prune", "-f", "-"], /drops the pin of \S+role\/ops to AROAPINNED/, input);
});

test("a pattern for any account, a reserved username and a shared one need a yes of their own", async () => {
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

test("an end for a mapping that had none is a loss, which the plan shows and which needs no yes of its own", async () => {
  cluster = await storedCluster({ ...ADMIN, [`sso/${A}/view`]: { username: "view:{SessionName}" } });
  const words = ["set", `sso/${A}/View`, "--add-group", "x", "--not-after", "2099-01-01T00:00:00Z", "-y"];
  const { code, out, err } = await cluster.mappings(words);
  assert.equal(code, 0, err);
  assert.match(out, /\n {4}note: ends the access of sso\/111122223333\/view on 2099-01-01T00:00:00\.000Z\n/);
  assert.doesNotMatch(out, /!/);
});

test("a mapping of one principal, and its removal, are the change itself and need no yes of their own", async () => {
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

test("what lint calls a warning in a value that is written is shown in the plan", async () => {
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

/** What is stored, what is typed, and what must be told. */
const ATTACKS: readonly [
  what: string,
  values: Record<string, unknown>,
  words: string[],
  input: object,
  text: RegExp,
][] = [
  [
    "the end of a denial that is written with a path",
    { [`deny/${A}`]: [{ arnLike: role("team/dev") }], [`role/${A}/dev`]: { arn: role("dev"), username: "d" } },
    ["apply", "-f", "-"],
    { deny: [{ arnLike: role("team/dev"), notAfter: "2099-01-01T00:00:00Z" }] },
    /ends the denial of \S+role\/team\/dev on 2099/,
  ],
  [
    "a group with a node's name that is removed, so that roles that are no instance get in",
    { [`pattern/${A}`]: [{ arnLike: role("n*"), username: "nodes", groups: ["viewers", "n:{EC2PrivateDNSName}"] }] },
    ["set", role("n*"), "--remove-group", "n:{EC2PrivateDNSName}"],
    {},
    /grants access as nodes \(viewers\)/,
  ],
  [
    "an end that is over, and a pin beside it",
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
    "an end of a role that is denied now",
    {
      [`deny/${A}`]: [{ arnLike: role("dev") }],
      [`role/${A}/dev`]: { arn: role("dev"), username: "d", notAfter: "2099-01-01T00:00:00Z" },
    },
    ["set", role("dev"), "--unset", "notAfter"],
    {},
    /drops the end of \S+role\/dev/,
  ],
  [
    "the username of another session of the same list",
    {
      [`sso/${A}/view`]: { username: "v:{SessionName}" },
      [`sso-session/${A}/view`]: [{ session: "alice", username: "alice" }],
    },
    ["set", `sso/${A}/View`, "--session", "bob", "--username", "alice"],
    {},
    /gives the username alice to session bob of sso\/111122223333\/view, and sso-session/,
  ],
  [
    "the ARN by which an account mapping names another role",
    { [`account/${A}`]: {} },
    ["set", role("x"), "--username", role("admin")],
    {},
    /and account\/111122223333 can also give it/,
  ],
];
for (const [what, values, words, input, text] of ATTACKS) {
  test(`${what} needs a yes of its own`, async () => {
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
