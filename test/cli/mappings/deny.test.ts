// deny and allow: what they write, what they keep, and which commands show denials.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { parse } from "yaml";
import { cli } from "../cli.ts";
import { ADMIN, exits, type LocalCluster, PREFIX, storedCluster } from "./cluster.ts";

const A = "111122223333";
const MALLORY = `arn:aws:iam::${A}:user/mallory`;
const NOW = Date.UTC(2026, 10, 25);

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster({
    ...ADMIN,
    [`role/${A}/developers`]: { arn: `arn:aws:iam::${A}:role/Developers`, username: "dev:{SessionName}" },
    [`user/${A}/mallory`]: { arn: MALLORY, username: "mallory" },
  });
});
afterEach(() => cluster.store.close());

const list = (account = A) => cluster.value(`deny/${account}`);
const put = (account: string, value: unknown) =>
  cluster.store.put(`${PREFIX}/deny/${account}`, typeof value === "string" ? value : JSON.stringify(value));
const verdict = async (arn: string) => {
  const { out } = await cli(["explain", arn, "-c", "prod", "-o", "json"]);
  const { refusal } = JSON.parse(out);
  return refusal?.code ?? "granted";
};

test("deny denies only the named identity, and allow removes the denial", async () => {
  const eve = `arn:aws:iam::${A}:role/Developers`;
  const denied = await exits(cluster.mappings(["deny", MALLORY, "--description", "left", "-y"]), 0);
  assert.match(denied.out, /\n\+ deny\/111122223333\n {4}\S+user\/mallory description: left\n/);
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "left" }]);
  assert.deepEqual([await verdict(MALLORY), await verdict(eve)], ["identity_denied", "granted"]);
  const allowed = await exits(cluster.mappings(["allow", MALLORY, "-y", "--allow-weakening"]), 0);
  assert.match(
    allowed.out,
    /\n~ deny\/111122223333\n {4}- .*\n {4}! user\/mallory is no longer denied by deny\/111122223333: user\/111122223333\/mallory applies and gives mallory\n/,
  );
  assert.equal(await verdict(MALLORY), "granted");
  await exits(cluster.mappings(["allow", MALLORY, "-y"]), 1, `No denial names ${MALLORY}.\n`);
});

test("deny of one session of a role or permission set does not affect other sessions", async () => {
  const session = (role: string, name: string) => `arn:aws:sts::${A}:assumed-role/${role}/${name}`;
  const set = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";
  for (const who of [`arn:aws:iam::${A}:role/team/Developers`, `sso/${A}/ClusterAdmin`]) {
    await exits(cluster.mappings(["deny", who, "--session", "jane@example.com", "-y"]), 0);
  }
  assert.deepEqual(await list(), [
    { arnLike: session("Developers", "jane@example.com") },
    { arnLike: session("AWSReservedSSO_ClusterAdmin_????????????????", "jane@example.com") },
  ]);
  for (const role of ["Developers", set]) {
    assert.equal(await verdict(session(role, "jane@example.com")), "identity_denied");
    assert.equal(await verdict(session(role, "joe@example.com")), "granted");
  }
  const refused = await cluster.mappings(["deny", MALLORY, "--session", "x", "-y"]);
  assert.equal(refused.err, `--session requires a role or a permission set, not ${MALLORY}.\n`);
});

test("deny of an identity in another partition fails: it would never match", async () => {
  const china = MALLORY.replace("arn:aws:", "arn:aws-cn:");
  await exits(
    cluster.mappings(["deny", china, "-y"]),
    2,
    `${china}: arnLike "${china}" can never match: this list covers account any of partition aws only. Nothing was written.\n`,
  );
});

test("lint, explain and get report a stored denial of another partition or account", async () => {
  const china = MALLORY.replace("arn:aws:", "arn:aws-cn:");
  const other = MALLORY.replace(A, "444455556666");
  for (const arnLike of [china, other]) {
    const problem = `arnLike "${arnLike}" can never match: this list covers account ${A} of partition aws only`;
    put(A, [{ arnLike }, { arnLike: MALLORY.replace("arn:aws:", "arn:*:") }]);
    const lint = await cluster.mappings(["lint", "-o", "json"]);
    const found = JSON.parse(lint.out).filter(({ rule }: { rule: string }) => rule === "deny-list-invalid");
    assert.deepEqual(
      found.map(({ message }: { message: string }) => message),
      [`entry 1: ${problem}. Until it is fixed, this list denies every identity that it covers`],
    );
    assert.equal(await verdict(`arn:aws:iam::${A}:user/bystander`), "denials_invalid");
    const { err } = await cluster.mappings(["deny", `arn:aws:iam::${A}:user/next`, "-y"]);
    assert.match(err, /entry 1 \(.*\) is invalid: .*can never match.*Nothing was written/);
    assert.match((await cluster.mappings(["get", `deny/${A}`])).out, /can never match/);
  }
});

test("apply rejects a denial of another partition", async () => {
  const file = { deny: [{ arnLike: MALLORY.replace("arn:aws:", "arn:aws-cn:") }] };
  for (const words of [["apply", "-y"], ["diff"]]) {
    await exits(
      cluster.mappings([...words, "-f", "-"], { input: JSON.stringify(file) }),
      2,
      /^the denial of arn:aws-cn:.*: arnLike "arn:aws-cn:.* can never match: .*\nNothing was written\.\n$/,
    );
  }
  assert.equal(await list(A), undefined);
});

test("deny accepts ARNs, patterns and names, and selects the account's list", async () => {
  for (const [who, account, arnLike] of [
    [`user/${A}/mallory`, A, MALLORY],
    [`role/${A}/x`, A, `arn:aws:iam::${A}:role/x`],
    [`account/444455556666`, "444455556666", "arn:aws:*::444455556666:*"],
    [`root/${A}`, A, `arn:aws:iam::${A}:root`],
    [`federated-user/${A}/Dave`, A, `arn:aws:sts::${A}:federated-user/Dave`],
    ["arn:aws:iam::*:role/Contractor-*", "any", "arn:aws:iam::*:role/Contractor-*"],
  ] as const) {
    await exits(cluster.mappings(["deny", who, "-y"]), 0);
    assert.ok(JSON.stringify(await list(account)).includes(`"${arnLike}"`), who);
  }
  assert.equal(await verdict("arn:aws:iam::444455556666:user/any/body"), "identity_denied");
  for (const who of [
    `pattern/${A}`,
    "deny/any",
    "mal lory",
    `arn:aws:iam::${A}:role/path/x-*`,
    "arn:aws:s3:::bucket",
  ]) {
    await exits(cluster.mappings(["deny", who, "-y"]), 2);
  }
});

test("--until sets the end of a denial, and a second deny without it removes the end", async () => {
  const deny = (...words: string[]) => cluster.mappings(["deny", MALLORY, "-y", ...words], { now: NOW });
  assert.equal((await deny("--until", "2026-11-24T00:00:00Z")).err, "--until 2026-11-24T00:00:00Z is in the past.\n");
  assert.match(
    (await deny("--until", "tomorrow")).err,
    /: --until must be a time like \S+, not "tomorrow"\. Nothing was written\.\n$/,
  );
  assert.equal((await deny("--until", "2026-12-31T00:00:00Z", "--description", "leave")).code, 0);
  assert.equal((await deny()).code, 0);
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "leave" }]);
  await exits(deny("--until", "2027-01-01T00:00:00Z"), 1, /1 denial lifted\.\n {2}user\/mallory is no longer denied/);
});

for (const [what, value, where] of [
  ["a list with a trailing comma", `[{"arnLike":"${MALLORY}"},]`, /^deny\/111122223333 is not a JSON list\./],
  ["an object", { arnLike: MALLORY }, /^deny\/111122223333 is not a JSON list\./],
  [
    "a list with an unknown key",
    [{ arnLike: MALLORY, deny: true }],
    /^deny\/111122223333: entry 1 \(\S+mallory\) is invalid: /,
  ],
] as const) {
  test(`deny does not overwrite ${what}`, async () => {
    put(A, value);
    const other = `arn:aws:iam::${A}:user/eve`;
    await exits(cluster.mappings(["deny", other, "-y"]), 2, where);
    assert.match((await cluster.mappings(["list"])).out, /\nINVALID +deny\/111122223333 /);
    assert.match(
      (await cluster.mappings(["lint"])).out,
      /^error +deny-list-invalid +deny\/111122223333 .*denies every identity that it covers$/m,
    );
  });
}

test("deny keeps the other entries of the list unchanged", async () => {
  const neighbour = `{"description":"x",  "arnLike":"arn:aws:iam::${A}:user/eve", "notAfter":"2099-01-01T00:00:00Z"}`;
  put(A, `[${neighbour}]`);
  await cluster.mappings(["deny", MALLORY, "-y"]);
  assert.equal(JSON.stringify(((await list()) as unknown[])[0]), JSON.stringify(JSON.parse(neighbour)));
  await cluster.mappings(["allow", MALLORY, "-y", "--allow-weakening"]);
  assert.deepEqual(await list(), [JSON.parse(neighbour)]);
});

test("allow prints what still denies the identity", async () => {
  put("any", [{ arnLike: "arn:aws:iam::*:user/mal*" }]);
  await cluster.mappings(["deny", MALLORY, "-y"]);
  await exits(
    cluster.mappings(["allow", MALLORY, "-y", "--allow-weakening"]),
    0,
    /mallory is still denied by deny\/any\. To see it: npx lambda-iam-authenticator mappings get -c prod deny\/any\n$/,
  );
});

test("list, get, export, history and rollback support denials", async () => {
  await cluster.mappings(["deny", MALLORY, "--until", "2099-01-01T00:00:00Z", "--description", "why", "-y"]);
  assert.match(
    (await cluster.mappings(["list"])).out,
    /\ndeny +111122223333 +\S+user\/mallory +DENIED until 2099-01-01T00:00:00Z, why\n/,
  );
  const items: { kind?: string; arnLike?: string }[] = JSON.parse((await cluster.mappings(["list", "-o", "json"])).out);
  assert.deepEqual(items.find(({ kind }) => kind === "deny")?.arnLike, MALLORY);
  const exported = parse((await cluster.mappings(["export"])).out);
  assert.deepEqual(exported.deny, [{ arnLike: MALLORY, notAfter: "2099-01-01T00:00:00Z", description: "why" }]);
  const file = JSON.stringify(exported);
  assert.equal((await cluster.mappings(["diff", "--prune", "-f", "-"], { input: file })).code, 0);
  await exits(
    cluster.mappings(["export", "--format", "aws-auth"]),
    1,
    /^Skipped \S+mallory: aws-auth has no denials\.$/m,
  );
  await cluster.mappings(["deny", `user/${A}/eve`, "-y"]);
  assert.match((await cluster.mappings(["history", `deny/${A}`])).out, /\n2 .*mallory.*eve/);
  const back = await cluster.mappings(["rollback", `deny/${A}`, "-y"]);
  assert.deepEqual([back.code, /user\/eve is no longer denied/.test(back.err)], [1, true]);
  assert.equal((await cluster.mappings(["rollback", `deny/${A}`, "-y", "--allow-weakening"])).code, 0);
  assert.equal(await verdict(`arn:aws:iam::${A}:user/eve`), "identity_unmapped");
});

test("apply writes the deny list of a file, and keeps other denials without --prune", async () => {
  await cluster.mappings(["deny", `user/${A}/eve`, "-y"]);
  const file = JSON.stringify({ deny: [{ arnLike: MALLORY }, { arnLike: "arn:aws:iam::*:role/ci-*" }] });
  await exits(cluster.mappings(["apply", "-f", "-", "-y"], { input: file }), 0);
  assert.deepEqual(await list(), [{ arnLike: `arn:aws:iam::${A}:user/eve` }, { arnLike: MALLORY }]);
  assert.deepEqual(await list("any"), [{ arnLike: "arn:aws:iam::*:role/ci-*" }]);
  for (const [wrong, sentence] of [
    ["deny: [{arnLike: x}]", /^standard input, line 1 \(x\): arnLike must be /],
    [
      "mappings: []\ndeny:\n  - arnLike: arn:aws:iam::111122223333:user/x\n    username: x\n",
      /line 3 \(\S+user\/x\): .*username/,
    ],
    ["deny: x", /has no list at the top level\. A mapping file has the lists mappings: and deny:/],
    ["mappings: []\ndenied: []", /line 2: unknown key denied/],
    [`deny: [{arnLike: "${MALLORY}"}, {arnLike: "${MALLORY}"}]`, /2 denials of/],
  ] as const) {
    await exits(cluster.mappings(["apply", "-f", "-", "-y"], { input: wrong }), 2, sentence);
  }
});

test("denials are written before grants and lifted after them", async () => {
  put("444455556666", [{ arnLike: "arn:aws:iam::444455556666:user/x" }]);
  const file = JSON.stringify({
    mappings: [
      { permissionSet: "ClusterAdmin", account: A, username: "admin:{SessionName}", groups: ["system:masters"] },
      { arn: `arn:aws:iam::${A}:role/A`, username: "a", groups: ["system:masters"] },
      { arnLike: "arn:aws:iam::*:role/b-*", username: "b" },
    ],
    deny: [{ arnLike: "arn:aws:iam::*:role/b-1" }, { arnLike: `arn:aws:iam::${A}:role/z` }],
  });
  const words = ["apply", "--prune-denials", "-y", "--allow-weakening", "-f", "-"];
  await exits(cluster.mappings(words, { input: file }), 0);
  const puts = cluster.store.requests.filter(({ headers }) =>
    /PutParameter|DeleteP/.test(`${headers["x-amz-target"]}`),
  );
  assert.deepEqual(
    puts.map(({ body }) => JSON.parse(body.toString()).Name.slice(PREFIX.length + 1)),
    [
      `deny/${A}`,
      "deny/any",
      `role/${A}/developers`,
      `user/${A}/mallory`,
      `role/${A}/a`,
      "pattern/any",
      "deny/444455556666",
    ],
  );
});

test("a renewed or extended denial is written before grants", async () => {
  for (const notAfter of ["2020-01-01T00:00:00Z", "2098-01-01T00:00:00Z"]) {
    put(A, [{ arnLike: MALLORY, notAfter }]);
    const file = JSON.stringify({
      mappings: [{ arnLike: `arn:aws:iam::${A}:user/*`, username: "u", groups: ["system:masters"] }],
      deny: [{ arnLike: MALLORY, notAfter: "2099-01-01T00:00:00Z" }],
    });
    const { out } = await cluster.mappings(["apply", "-f", "-", "--dry-run"], { input: file });
    assert.deepEqual(out.match(/^[+~-] \S+$/gm), [`~ deny/${A}`, `+ pattern/${A}`]);
  }
});

test("a file with the stored denials in another order changes nothing", async () => {
  const eve = `arn:aws:iam::${A}:user/eve`;
  put(A, [{ arnLike: MALLORY }, { arnLike: eve }]);
  const apply = (deny: object[]) => cluster.mappings(["apply", "-f", "-", "-y"], { input: JSON.stringify({ deny }) });
  const { out } = await apply([{ arnLike: MALLORY }]);
  assert.match(out, /0 to change, 0 to remove, 1 unchanged/);
  assert.equal((await apply([{ arnLike: MALLORY, description: "left" }])).code, 0);
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "left" }, { arnLike: eve }]);
});

test("a denial of the last administrator is refused, one of a session or another identity is not", async () => {
  for (const [words, refused] of [
    [[`sso/${A}/ClusterAdmin`], true],
    [["arn:aws:iam::*:*"], true],
    [[`account/${A}`], true],
    [[`arn:aws:iam::${A}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ClusterAdmin_0123456789abcdef`], true],
    [[`sso/${A}/ClusterAdmin`, "--session", "*"], true],
    [[`sso/${A}/ClusterAdmin`, "--session", "jane"], false],
    [[MALLORY], false],
    [["account/444455556666"], false],
  ] as const) {
    const { code, err } = await cluster.mappings(["deny", ...words, "-y"]);
    assert.deepEqual(
      [code, /^Refused: no administrator would surely remain/.test(err)],
      refused ? [1, true] : [0, false],
      `${words}: ${err}`,
    );
  }
});

test("denying one identity reads only the parameters of that identity", async () => {
  cluster.store.requests.splice(0);
  await cluster.mappings(["deny", MALLORY, "-y"]);
  // One parameter proves that the cluster exists.
  const bodies = cluster.store.requests.map(({ body }) => body.toString()).filter((body) => body.includes('"Path"'));
  assert.deepEqual(bodies, [JSON.stringify({ Path: PREFIX, Recursive: true, MaxResults: 10 })]);
});

test("set does not change deny lists", async () => {
  assert.match((await cluster.mappings(["set", "deny/any", "--username", "x"])).err, /is a deny list: change it with/);
});

test("deny of a user warns only if an account or pattern mapping covers federated users", async () => {
  const warning =
    /^Warning: This denial does not cover federated users, whose names their creator chooses \(sts:GetFederationToken\): (.*) grants them access\. To deny them too: npx lambda-iam-authenticator mappings deny -c prod 'arn:aws:sts::111122223333:federated-user\/\*'$/m;
  const parameter = (name: string) => `${PREFIX}/${name}`;
  const warned = async (who = MALLORY) => {
    const { err } = await exits(cluster.mappings(["deny", who, "-y"]), 0);
    return warning.exec(err)?.[1];
  };
  for (const [name, value, expected] of [
    [`account/${A}`, {}, `account/${A}`],
    [`pattern/${A}`, [{ arnLike: `arn:aws:sts::${A}:federated-user/d*`, username: "x" }], `pattern/${A}`],
    ["pattern/any", [{ arnLike: "arn:aws:*::*:*", username: "x" }], "pattern/any"],
    [`account/${A}`, { notAfter: "2020-01-01T00:00:00Z" }, undefined],
    [`pattern/${A}`, [{ arnLike: `arn:aws:iam::${A}:*`, username: "x" }], undefined],
    ["account/444455556666", {}, undefined],
  ] as const) {
    cluster.store.put(parameter(name), JSON.stringify(value));
    assert.equal(await warned(), expected, name);
    cluster.store.remove(parameter(name));
  }
  cluster.store.put(parameter(`account/${A}`), "{}");
  assert.equal(await warned(`arn:aws:iam::${A}:role/Developers`), undefined);
  assert.equal(await warned(`arn:aws:iam::${A}:user/ops/*`), `account/${A}`);
  assert.equal(await warned(`arn:aws:sts::${A}:federated-user/*`), undefined);
  assert.equal(await warned(), undefined, "all of them are denied");
});
