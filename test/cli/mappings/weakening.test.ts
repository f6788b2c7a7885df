// Changes that loosen access are marked in the plan, named in the question, and require more than --yes.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ADMIN, type LocalCluster, storedCluster } from "./cluster.ts";

const A = "111122223333";
const arn = (name: string) => `arn:aws:iam::${A}:user/${name}`;
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const user = (name: string, more: object) => ({ [`user/${A}/${name}`]: { arn: arn(name), ...more } });

const MASTERS_FOR_ALL = { username: "all:{AccountID}", groups: ["system:masters"] };

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster({
    ...ADMIN,
    ...user("denied", { deny: true }),
    ...user("ended", { username: "e", notAfter: "2099-01-01T00:00:00Z" }),
    ...user("pinned", { username: "p", principalId: "AIDAPINNED" }),
    [`role/${A}/ops`]: { arn: role("ops"), username: "o", groups: ["system:x-{SessionName}"] },
    ...user("plain", { username: "n", groups: ["g"], description: "d" }),
    [`deny/${A}`]: [{ arnLike: arn("listed") }, { arnLike: arn("over"), notAfter: "2020-01-01T00:00:00Z" }],
    "deny/any": [{ arnLike: "arn:aws:iam::*:role/x", notAfter: "2099-01-01T00:00:00Z" }],
  });
});
afterEach(() => cluster.store.close());

const WEAKENING: [string, string[], RegExp][] = [
  [
    "a username for a denied identity",
    ["set", arn("denied"), "--username", "x"],
    /lifts the denial of \S+user\/denied/,
  ],
  ["the removal of a denial", ["remove", arn("denied")], /lifts the denial of \S+user\/denied/],
  ["the removal of a list's denial", ["allow", arn("listed")], /lifts the denial of \S+user\/listed/],
  ["the removal of a deny list", ["remove", "deny/any"], /lifts the denial of arn:aws:iam::\*:role\/x/],
  [
    "--unset notAfter",
    ["set", arn("ended"), "--unset", "notAfter"],
    /drops the end of \S+ended \(2099-01-01T00:00:00Z\)/,
  ],
  ["--unset principalId", ["set", arn("pinned"), "--unset", "principalId"], /drops the pin of \S+pinned to AIDAPINNED/],
  [
    "another pin",
    ["set", arn("pinned"), "--principal-id", "AIDAOTHER"],
    /moves the pin of \S+pinned from AIDAPINNED to AIDAOTHER/,
  ],
  ["a new administrator", ["set", arn("plain"), "--add-group", "system:masters"], /grants system:masters to \S+plain/],
  [
    "an administrator who was not mapped",
    ["set", arn("new"), "--username", "x", "--group", "system:masters"],
    /grants/,
  ],
];
for (const [what, words, text] of WEAKENING) {
  test(`${what} is marked, named in the question, and refused with only --yes`, async () => {
    const plan = await cluster.mappings([...words, "--dry-run"]);
    assert.equal(plan.code, 0);
    assert.match(plan.out, new RegExp(`\\n {4}! ${text.source}`));
    assert.match(plan.out, /\n! This change loosens access: 1 [a-z ]+(?:, 1 [a-z ]+)*\.\n$/);
    const refused = await cluster.mappings([...words, "-y"]);
    assert.equal(refused.code, 1);
    assert.match(
      refused.err,
      new RegExp(`^Refused: this ${text.source}.* To accept this with --yes, add --allow-weakening\\.\\n$`),
    );
    assert.match((await cluster.mappings(words)).err, /: give --yes and --allow-weakening \(or --dry-run\)\.\n$/);
    const asked = await cluster.mappings(words, { interactive: true, input: "n\n" });
    assert.match(asked.err, new RegExp(`^This ${text.source}.*\\n(Write|Remove) 1 parameter in .*\\[y/N\\] `));
    const done = await cluster.mappings([...words, "-y", "--allow-weakening"]);
    assert.equal(done.code, 0, done.err);
  });
}

test("set refuses and apply marks a group that a session name can turn into an administrators' group", async () => {
  const words = ["set", role("ops"), "--add-group", "system:{SessionName}", "-y", "--allow-weakening"];
  const { code, err } = await cluster.mappings(words);
  assert.equal(code, 2);
  assert.match(
    err,
    /^role\/111122223333\/ops: group system:\{SessionName\}: .* can become an administrator; use another/,
  );
  const input = JSON.stringify({ mappings: [{ arn: role("ops"), username: "o", groups: ["system:{SessionName}"] }] });
  const applied = await cluster.mappings(["apply", "-f", "-", "-y"], { input });
  assert.equal(applied.code, 1);
  assert.match(
    applied.err,
    /^Refused: this grants system:masters to \S+role\/ops by a session name, which the caller chooses/,
  );
});

const HARMLESS: [string, string[]][] = [
  ["another description", ["set", arn("plain"), "--description", "e"]],
  ["a later end", ["set", arn("ended"), "--not-after", "2100-01-01T00:00:00Z"]],
  ["one group less", ["set", arn("plain"), "--remove-group", "g"]],
  ["the removal of a mapping with an end", ["remove", arn("ended")]],
  ["the removal of an expired denial", ["allow", arn("over")]],
  ["one more denial", ["deny", arn("plain")]],
  ["an administrator's description", ["set", `sso/${A}/ClusterAdmin`, "--description", "x"]],
];
for (const [what, words] of HARMLESS) {
  test(`${what} grants no access and requires only --yes`, async () => {
    const { code, out, err } = await cluster.mappings([...words, "-y"]);
    assert.equal(code, 0, err);
    assert.doesNotMatch(out, /!/);
  });
}

test("apply and --prune report lifted denials and dropped ends and pins", async () => {
  const file = JSON.stringify({
    mappings: [
      { permissionSet: "ClusterAdmin", account: A, username: "admin:{SessionName}", groups: ["system:masters"] },
      ...["denied", "ended", "pinned"].map((name) => ({ arn: arn(name), username: name })),
    ],
  });
  const apply = (...words: string[]) => cluster.mappings(["apply", "-f", "-", ...words], { input: file });
  const kept = await apply("-y");
  assert.equal(kept.code, 1);
  assert.match(
    kept.err,
    /drops the end of \S+ended \(.*\), drops the pin of \S+pinned to AIDA\w+, lifts the denial of /,
  );
  assert.match(kept.out, /\n! This change loosens access: 1 denial lifted, 1 end dropped, 1 pin dropped\.\n$/);
  const pruned = await apply("--prune-denials", "-y");
  assert.match(pruned.out, /\n! This change loosens access: 3 denials lifted, 1 end dropped, 1 pin dropped\./);
  assert.deepEqual(await cluster.value(`user/${A}/denied`), { arn: arn("denied"), deny: true });
  assert.equal((await apply("--prune-denials", "-y", "--allow-weakening")).code, 0);
  const diff = await cluster.mappings(["diff", "-f", "-"], {
    input: `mappings: [{arn: "${arn("x")}", username: x, groups: [system:masters]}]`,
  });
  assert.match(diff.out, /\n! This change loosens access: 1 new administrator\./);
});

test("moving a denial to the deny list does not lift it", async () => {
  const file = JSON.stringify({
    mappings: [{ arn: arn("denied"), username: "x" }],
    deny: [{ arnLike: arn("denied") }],
  });
  const { code, err } = await cluster.mappings(["apply", "-f", "-", "-y"], { input: file });
  assert.equal(code, 0, err);
});

test("removing an invalid deny list is marked as lifting its denials", async () => {
  cluster.store.put(`/iam-authenticator/prod/deny/${A}`, "[,]");
  const { code, err } = await cluster.mappings(["remove", `deny/${A}`, "-y"]);
  assert.equal(code, 1);
  assert.match(
    err,
    /^Refused: this lifts the denial of every identity that the invalid list deny\/111122223333 covers/,
  );
});

for (const [what, value, whom] of [
  ["truncated", `{"arn": "${arn("x")}", "deny": true,}`, arn("x")],
  ["ill-typed", `{"arn": "${arn("x")}", "deny": "true"}`, arn("x")],
] as const) {
  test(`lifting a denial that is ${what} is reported`, async () => {
    cluster.store.put(`/iam-authenticator/prod/user/${A}/x`, value);
    const { code, err } = await cluster.mappings(["set", arn("x"), "--username", "x", "-y"]);
    assert.equal(code, 1, err);
    assert.ok(err.startsWith(`Refused: this lifts the denial of ${whom} by the invalid value of user/`), err);
  });
}

test("of two denials of one principal, the later end applies", async () => {
  const twice = [{ arnLike: arn("twice") }, { arnLike: arn("twice"), notAfter: "2098-01-01T00:00:00Z" }];
  cluster.store.put(`/iam-authenticator/prod/deny/${A}`, JSON.stringify(twice));
  const input = JSON.stringify({ deny: [twice[1]] });
  const { code, err } = await cluster.mappings(["apply", "-f", "-", "-y"], { input });
  assert.equal(code, 1, err);
  assert.match(err, /^Refused: this ends the denial of \S+user\/twice on 2098-01-01T00:00:00\.000Z\./);
});

/** Removals after which a mapping with lower precedence grants system:masters. */
const UNCOVERED: [string, Record<string, unknown>, string[], RegExp][] = [
  [
    "removing a role's mapping before its account's",
    { [`role/${A}/dev`]: { arn: role("dev"), username: "d" }, [`account/${A}`]: MASTERS_FOR_ALL },
    ["remove", role("dev")],
    /applies account\/111122223333 to \S+role\/dev and grants system:masters/,
  ],
  [
    "removing a pattern before a wider one",
    {
      [`pattern/${A}`]: [
        { arnLike: role("ops-1*"), username: "o" },
        { arnLike: role("ops-*"), ...MASTERS_FOR_ALL },
      ],
    },
    ["remove", role("ops-1*")],
    /applies pattern\/111122223333 to identities that match \S+role\/ops-1\* and grants system:masters/,
  ],
  [
    "removing a permission set's mapping before a pattern",
    { [`sso/${A}/view`]: { username: "v" }, "pattern/any": [{ arnLike: role("AWSReserved*"), ...MASTERS_FOR_ALL }] },
    ["remove", `sso/${A}/View`],
    /applies pattern\/any to sso\/111122223333\/view and grants system:masters/,
  ],
];
for (const [what, values, words, text] of UNCOVERED) {
  test(`${what} makes an administrator and is marked`, async () => {
    for (const [name, value] of Object.entries(values)) {
      cluster.store.put(`/iam-authenticator/prod/${name}`, JSON.stringify(value));
    }
    const { code, err, out } = await cluster.mappings([...words, "-y"]);
    assert.equal(code, 1, err);
    assert.match(err, new RegExp(`^Refused: this ${text.source}\\.`));
    assert.match(out, /\n! This change loosens access: 1 new administrator\./);
    assert.equal((await cluster.mappings([...words, "-y", "--allow-weakening"])).code, 0);
  });
}

test("removing a mapping before one without administrators is not marked", async () => {
  cluster.store.put(`/iam-authenticator/prod/account/${A}`, JSON.stringify({ username: "a" }));
  const { code, err, out } = await cluster.mappings(["remove", arn("plain"), "-y"]);
  assert.equal(code, 0, err);
  assert.doesNotMatch(out, /!/);
});

test("a new order of patterns that makes an administrator is marked", async () => {
  const [ops, all] = [
    { arnLike: role("ops-*"), username: "ops", groups: ["system:masters"] },
    { arnLike: role("*"), username: "r" },
  ];
  cluster.store.put(`/iam-authenticator/prod/pattern/${A}`, JSON.stringify([all, ops]));
  const input = JSON.stringify({ mappings: [ops, all] });
  const { code, err } = await cluster.mappings(["apply", "-f", "-", "--prune-denials", "-y"], { input });
  assert.equal(code, 1, err);
  assert.match(err, /Refused: this .*applies pattern\/111122223333 to .*role\/\* and grants system:masters[.,]/);
});

test("replacing a denial by a wider one lifts nothing, a narrower one does", async () => {
  const over = async (old: string, next: string) => {
    cluster.store.put("/iam-authenticator/prod/deny/any", JSON.stringify([{ arnLike: old }]));
    const input = JSON.stringify({ deny: [{ arnLike: next }] });
    const { out } = await cluster.mappings(["diff", "-f", "-", "--prune-denials"], { input });
    return out.includes(`lifts the denial of ${old}\n`);
  };
  const ofAny = (resource: string) => `arn:aws:iam::*:${resource}`;
  for (const [old, next, lifted] of [
    ["user/eve", "user/*", false],
    ["user/e*", "user/*", false],
    ["user/e?e", "user/e*", false],
    ["user/e*", "user/e??", true],
    ["user/*", "user/e*", true],
    ["user/team/*", "user/team/e*", true],
  ] as const) {
    assert.equal(await over(ofAny(old), ofAny(next)), lifted, `${old} -> ${next}`);
  }
  // A denial by name applies to users with any path.
  assert.equal(await over(arn("team/eve"), ofAny("user/team/*")), true);
});
