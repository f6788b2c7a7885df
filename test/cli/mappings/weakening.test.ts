// What lets in more than before: marked in the plan, named in the question, and never done by --yes alone.

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
  ["a username for who is denied", ["set", arn("denied"), "--username", "x"], /lifts the denial of \S+user\/denied/],
  ["removal of a denial", ["remove", arn("denied")], /lifts the denial of \S+user\/denied/],
  ["allow", ["allow", arn("listed")], /lifts the denial of \S+user\/listed/],
  ["removal of a deny list", ["remove", "deny/any"], /lifts the denial of arn:aws:iam::\*:role\/x/],
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
  ["an administrator who was not mapped", ["set", arn("new"), "--username", "x", "--group", "system:masters"], /gives/],
];
for (const [what, words, text] of WEAKENING) {
  test(`${what} is marked, asked for by name, and refused with --yes alone`, async () => {
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

test("a group by which a session name makes an administrator is refused by set, and marked by apply", async () => {
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
  ["the end of a denial that is over already", ["allow", arn("over")]],
  ["one more denial", ["deny", arn("plain")]],
  ["an administrator's description", ["set", `sso/${A}/ClusterAdmin`, "--description", "x"]],
];
for (const [what, words] of HARMLESS) {
  test(`${what} lets nobody in, and --yes is enough`, async () => {
    const { code, out, err } = await cluster.mappings([...words, "-y"]);
    assert.equal(code, 0, err);
    assert.doesNotMatch(out, /!/);
  });
}

test("apply and --prune neither lift denials nor drop ends and pins in silence", async () => {
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
  const pruned = await apply("--prune", "-y");
  assert.match(pruned.out, /\n! This change loosens access: 3 denials lifted, 1 end dropped, 1 pin dropped\./);
  assert.deepEqual(await cluster.value(`user/${A}/denied`), { arn: arn("denied"), deny: true });
  assert.equal((await apply("--prune", "-y", "--allow-weakening")).code, 0);
  const diff = await cluster.mappings(["diff", "-f", "-"], {
    input: `mappings: [{arn: "${arn("x")}", username: x, groups: [system:masters]}]`,
  });
  assert.match(diff.out, /\n! This change loosens access: 1 new administrator\./);
});

test("a denial that moves to the deny list is not lifted", async () => {
  const file = JSON.stringify({
    mappings: [{ arn: arn("denied"), username: "x" }],
    deny: [{ arnLike: arn("denied") }],
  });
  const { code, err } = await cluster.mappings(["apply", "-f", "-", "-y"], { input: file });
  assert.equal(code, 0, err);
});

test("to remove an invalid deny list lets everybody in again, and says so", async () => {
  cluster.store.put(`/iam-authenticator/prod/deny/${A}`, "[,]");
  const { code, err } = await cluster.mappings(["remove", `deny/${A}`, "-y"]);
  assert.equal(code, 1);
  assert.match(
    err,
    /^Refused: this lifts the denial of every identity that the invalid list deny\/111122223333 covers/,
  );
});

for (const [what, value, whom] of [
  ["cut off", `{"arn": "${arn("x")}", "deny": true,}`, arn("x")],
  ["ill-typed", `{"arn": "${arn("x")}", "deny": "true"}`, arn("x")],
] as const) {
  test(`a denial that is ${what} is not lifted in silence`, async () => {
    cluster.store.put(`/iam-authenticator/prod/user/${A}/x`, value);
    const { code, err } = await cluster.mappings(["set", arn("x"), "--username", "x", "-y"]);
    assert.equal(code, 1, err);
    assert.ok(err.startsWith(`Refused: this lifts the denial of ${whom} by the invalid value of user/`), err);
  });
}

test("of two entries for the same principal the later end counts", async () => {
  const twice = [{ arnLike: arn("twice") }, { arnLike: arn("twice"), notAfter: "2098-01-01T00:00:00Z" }];
  cluster.store.put(`/iam-authenticator/prod/deny/${A}`, JSON.stringify(twice));
  const input = JSON.stringify({ deny: [twice[1]] });
  const { code, err } = await cluster.mappings(["apply", "-f", "-", "-y"], { input });
  assert.equal(code, 1, err);
  assert.match(err, /^Refused: this ends the denial of \S+user\/twice on 2098-01-01T00:00:00\.000Z\./);
});

/** Who gets in by `behind`, which grants system:masters, once nothing stands before it. */
const UNCOVERED: [string, Record<string, unknown>, string[], RegExp][] = [
  [
    "a role's mapping that goes, so that its account's counts",
    { [`role/${A}/dev`]: { arn: role("dev"), username: "d" }, [`account/${A}`]: MASTERS_FOR_ALL },
    ["remove", role("dev")],
    /makes \S+role\/dev fall back to account\/111122223333, which grants system:masters/,
  ],
  [
    "a pattern that goes, so that the next one counts",
    {
      [`pattern/${A}`]: [
        { arnLike: role("ops-1*"), username: "o" },
        { arnLike: role("ops-*"), ...MASTERS_FOR_ALL },
      ],
    },
    ["remove", role("ops-1*")],
    /makes identities that match \S+role\/ops-1\* fall back to pattern\/111122223333, which grants system:masters/,
  ],
  [
    "a permission set's mapping that goes",
    { [`sso/${A}/view`]: { username: "v" }, "pattern/any": [{ arnLike: role("AWSReserved*"), ...MASTERS_FOR_ALL }] },
    ["remove", `sso/${A}/View`],
    /makes sso\/111122223333\/view fall back to pattern\/any, which grants system:masters/,
  ],
];
for (const [what, values, words, text] of UNCOVERED) {
  test(`${what} makes an administrator, and is marked`, async () => {
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

test("a mapping that goes where nobody behind it is an administrator needs no question", async () => {
  cluster.store.put(`/iam-authenticator/prod/account/${A}`, JSON.stringify({ username: "a" }));
  const { code, err, out } = await cluster.mappings(["remove", arn("plain"), "-y"]);
  assert.equal(code, 0, err);
  assert.doesNotMatch(out, /!/);
});

test("an order of patterns by which somebody becomes an administrator is marked", async () => {
  const [ops, all] = [
    { arnLike: role("ops-*"), username: "ops", groups: ["system:masters"] },
    { arnLike: role("*"), username: "r" },
  ];
  cluster.store.put(`/iam-authenticator/prod/pattern/${A}`, JSON.stringify([all, ops]));
  const input = JSON.stringify({ mappings: [ops, all] });
  const { code, err } = await cluster.mappings(["apply", "-f", "-", "--prune", "-y"], { input });
  assert.equal(code, 1, err);
  assert.match(
    err,
    /Refused: this .*makes .*role\/\* fall back to pattern\/111122223333, which grants system:masters[.,]/,
  );
});

test("a wider denial in the place of another lifts nothing, a narrower one does", async () => {
  const over = async (old: string, next: string) => {
    cluster.store.put("/iam-authenticator/prod/deny/any", JSON.stringify([{ arnLike: old }]));
    const input = JSON.stringify({ deny: [{ arnLike: next }] });
    const { out } = await cluster.mappings(["diff", "-f", "-", "--prune"], { input });
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
  // By its name, a user is denied in any path.
  assert.equal(await over(arn("team/eve"), ofAny("user/team/*")), true);
});
