// deny and allow: what they write, what they keep, and which commands show denials.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { ADMIN, exits, PREFIX, prints, useCluster } from "./cluster.ts";

const A = "111122223333";
const user = (name: string) => `arn:aws:iam::${A}:user/${name}`;
const MALLORY = user("mallory");
const EVE = user("eve");
const CHINA = MALLORY.replace("arn:aws:", "arn:aws-cn:");
const NOW = Date.UTC(2026, 10, 25);

const cluster = useCluster({
  ...ADMIN,
  [`role/${A}/developers`]: { arn: `arn:aws:iam::${A}:role/Developers`, username: "dev:{SessionName}" },
  [`user/${A}/mallory`]: { arn: MALLORY, username: "mallory" },
});
const list = (account = A) => cluster.value(`deny/${account}`);
const put = (account: string, value: unknown) => cluster.put(`deny/${account}`, value);
const deny = (...words: string[]) => cluster.mappings(["deny", ...words, "-y"], { now: NOW });
const allow = (...words: string[]) => cluster.mappings(["allow", ...words, "-y"]);

test("deny denies only the named identity, and allow removes the denial", async () => {
  const denied = await exits(deny(MALLORY, "--description", "left"), 0);
  assert.match(denied.out, /\n\+ deny\/111122223333\n {4}\S+user\/mallory description: left\n/);
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "left" }]);
  assert.equal(await cluster.verdict(MALLORY), "identity_denied");
  assert.equal(await cluster.verdict(`arn:aws:iam::${A}:role/Developers`), "granted");
  const lifted =
    /\n~ deny\/\d+\n {4}- .*\n {4}! user\/mallory is no longer denied by deny\/\d+: user\/\S+ applies and gives m/;
  await prints(allow(MALLORY, "--allow-weakening"), lifted);
  assert.equal(await cluster.verdict(MALLORY), "granted");
  await exits(allow(MALLORY), 1, `No denial names ${MALLORY}.\n`);
});

test("deny of one session of a role or permission set does not affect other sessions", async () => {
  const session = (role: string, name: string) => `arn:aws:sts::${A}:assumed-role/${role}/${name}`;
  for (const who of [`arn:aws:iam::${A}:role/team/Developers`, `sso/${A}/ClusterAdmin`]) {
    await exits(deny(who, "--session", "jane@example.com"), 0);
  }
  const roles = ["Developers", "AWSReservedSSO_ClusterAdmin_????????????????"];
  assert.deepEqual(
    await list(),
    roles.map((role) => ({ arnLike: session(role, "jane@example.com") })),
  );
  for (const role of roles.map((one) => one.replace(/\?+/, "0123456789abcdef"))) {
    assert.equal(await cluster.verdict(session(role, "jane@example.com")), "identity_denied");
    assert.equal(await cluster.verdict(session(role, "joe@example.com")), "granted");
  }
});

test("lint, explain and get report a stored denial of another partition or account", async () => {
  for (const arnLike of [CHINA, MALLORY.replace(A, "444455556666")]) {
    put(A, [{ arnLike }, { arnLike: MALLORY.replace("arn:aws:", "arn:*:") }]);
    const lint = await cluster.mappings(["lint", "-o", "json"]);
    const found: { rule: string; message: string }[] = JSON.parse(lint.out);
    const problem = `arnLike "${arnLike}" can never match: this list covers account ${A} of partition aws only`;
    const messages = found.filter(({ rule }) => rule === "deny-list-invalid").map(({ message }) => message);
    assert.deepEqual(messages, [
      `entry 1: ${problem}. Until it is fixed, this list denies every identity that it covers`,
    ]);
    assert.equal(await cluster.verdict(user("bystander")), "denials_invalid");
    assert.match((await cluster.mappings(["get", `deny/${A}`])).out, /can never match/);
  }
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
    await exits(deny(who), 0);
    assert.ok(JSON.stringify(await list(account)).includes(`"${arnLike}"`), who);
  }
  assert.equal(await cluster.verdict("arn:aws:iam::444455556666:user/any/body"), "identity_denied");
});

test("deny refuses an identity that its list cannot match, and a wrong end", async () => {
  for (const [words, message] of [
    [[CHINA], /arn:aws-cn:\S+" can never match: this list covers account any of partition aws only\. Nothing was wr/],
    [[`arn:aws:iam::${A}:role/path/x-*`], /can never match/],
    [[`pattern/${A}`], /^/],
    [["deny/any"], /^/],
    [["mal lory"], /^/],
    [["arn:aws:s3:::bucket"], /^/],
    [[MALLORY, "--session", "x"], /^--session requires a role or a permission set, not \S+mallory\.\n$/],
    [[MALLORY, "--until", "2026-11-24T00:00:00Z"], /^--until 2026-11-24T00:00:00Z is in the past\.\n$/],
    [[MALLORY, "--until", "tomorrow"], /: --until must be a time like \S+, not "tomorrow"\. Nothing was written\.\n$/],
  ] as const) {
    await exits(deny(...words), 2, message);
  }
});

test("--until and --for set the end of a denial, and a second deny without them removes the end", async () => {
  await exits(deny(MALLORY, "--until", "2026-12-31T00:00:00Z", "--description", "leave"), 0);
  await exits(deny(MALLORY), 0);
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "leave" }]);
  await exits(deny(MALLORY, "--for", "2h"), 1, /1 denial lifted\.\n {2}user\/mallory is no longer denied/);
  await exits(deny(EVE, "--for", "2h"), 0);
  const short = { arnLike: EVE, notAfter: "2026-11-25T02:00:00Z" };
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "leave" }, short]);
});

test("allow prints what still denies the identity", async () => {
  put("any", [{ arnLike: "arn:aws:iam::*:user/mal*" }]);
  await deny(MALLORY);
  const still = /mallory is still denied by deny\/any\. To see it: npx \S+ mappings get -c prod deny\/any\n$/;
  await exits(allow(MALLORY, "--allow-weakening"), 0, still);
});

test("list, export, history and rollback support denials", async () => {
  const denial = { arnLike: MALLORY, notAfter: "2099-01-01T00:00:00Z", description: "why" };
  put(A, [denial]);
  const { out } = await cluster.mappings(["list"]);
  assert.match(out, /\ndeny +111122223333 +\S+user\/mallory +DENIED until 2099-01-01T00:00:00Z, why\n/);
  const exported = await cluster.mappings(["export"]);
  assert.deepEqual(parse(exported.out).deny, [denial]);
  await exits(cluster.mappings(["diff", "--prune", "-f", "-"], { input: exported.out }), 0);
  await deny(EVE);
  assert.match((await cluster.mappings(["history", `deny/${A}`])).out, /\n2 .*mallory.*eve/);
  const rollback = ["rollback", `deny/${A}`, "-y"];
  await exits(cluster.mappings(rollback), 1, /user\/eve is no longer denied/);
  await exits(cluster.mappings([...rollback, "--allow-weakening"]), 0);
  assert.deepEqual(await list(), [denial]);
});

test("apply and diff refuse a file with an invalid denial", async () => {
  for (const [input, message] of [
    ["deny: [{arnLike: x}]", /^standard input, line 1 \(x\): arnLike must be /],
    [`mappings: []\ndeny:\n  - arnLike: ${EVE}\n    username: x\n`, /line 3 \(\S+user\/eve\): .*username/],
    ["mappings: []\ndenied: []", /line 2: unknown key denied/],
    [`deny: [{arnLike: "${MALLORY}"}, {arnLike: "${MALLORY}"}]`, /2 denials of/],
    [`deny: [{arnLike: "${CHINA}"}]`, /^the denial of arn:aws-cn:.* can never match: .*\nNothing was written\.\n$/],
  ] as const) {
    for (const words of [["apply", "-y"], ["diff"]]) {
      await exits(cluster.mappings([...words, "-f", "-"], { input }), 2, message);
    }
  }
});

test("denying one identity reads only the parameters of that identity", async () => {
  cluster.store.requests.splice(0);
  await deny(MALLORY);
  // One parameter proves that the cluster exists.
  const bodies = cluster.store.requests.map(({ body }) => body.toString()).filter((body) => body.includes('"Path"'));
  assert.deepEqual(bodies, [JSON.stringify({ Path: PREFIX, Recursive: true, MaxResults: 10 })]);
});

test("deny of a user warns only if an account or pattern mapping covers federated users", async () => {
  const warning =
    /^Warning: This denial does not cover federated users, whose names their creator chooses \(sts:GetFederationToken\): (.*) grants them access\. To deny them too: npx lambda-iam-authenticator mappings deny -c prod 'arn:aws:sts::111122223333:federated-user\/\*'$/m;
  const warned = async (who = MALLORY) => warning.exec((await exits(deny(who), 0)).err)?.[1];
  for (const [name, value, expected] of [
    [`account/${A}`, {}, `account/${A}`],
    [`pattern/${A}`, [{ arnLike: `arn:aws:sts::${A}:federated-user/d*`, username: "x" }], `pattern/${A}`],
    ["pattern/any", [{ arnLike: "arn:aws:*::*:*", username: "x" }], "pattern/any"],
    [`account/${A}`, { notAfter: "2020-01-01T00:00:00Z" }, undefined],
    [`pattern/${A}`, [{ arnLike: `arn:aws:iam::${A}:*`, username: "x" }], undefined],
    ["account/444455556666", {}, undefined],
  ] as const) {
    cluster.put(name, value);
    assert.equal(await warned(), expected, name);
    cluster.store.remove(`${PREFIX}/${name}`);
  }
  cluster.put(`account/${A}`, {});
  assert.equal(await warned(`arn:aws:iam::${A}:role/Developers`), undefined);
  assert.equal(await warned(user("ops/*")), `account/${A}`);
  assert.equal(await warned(`arn:aws:sts::${A}:federated-user/*`), undefined);
  assert.equal(await warned(), undefined, "all of them are denied");
});
