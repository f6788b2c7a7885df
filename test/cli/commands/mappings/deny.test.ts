// deny and allow: what they write, what they keep, and which commands show denials.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { failing, ssmError } from "../../../local/aws/service-faults.ts";
import { ADMIN, exits, PREFIX, prints, useCluster } from "./cluster.ts";

const A = "111122223333";
const user = (name: string) => `arn:aws:iam::${A}:user/${name}`;
const MALLORY = user("mallory");
const EVE = user("eve");
const CHINA = MALLORY.replace("arn:aws:", "arn:aws-cn:");
const NOW = Date.UTC(2026, 10, 25);

const cluster = useCluster({
  ...ADMIN,
  [`role/${A}/developers`]: {
    arn: `arn:aws:iam::${A}:role/Developers`,
    username: "dev:{SessionName}",
  },
  [`user/${A}/mallory`]: { arn: MALLORY, username: "mallory" },
});
const list = (account = A) => cluster.value(`deny/${account}`);
const put = (account: string, value: unknown) => cluster.put(`deny/${account}`, value);
const deny = (...words: string[]) => cluster.mappings(["deny", ...words, "-y"], { now: NOW });
const allow = (...words: string[]) => cluster.mappings(["allow", ...words, "-y"]);

test("deny denies only the named identity, and allow removes the denial", async () => {
  const added = /\n\+ deny\/111122223333\n {4}\S+user\/mallory description: left\n/;
  await prints(deny(MALLORY, "--description", "left"), added);
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "left" }]);
  assert.equal(await cluster.verdict(MALLORY), "identity_denied");
  assert.equal(await cluster.verdict(`arn:aws:iam::${A}:role/Developers`), "granted");
  await prints(
    allow(MALLORY, "--allow-weakening"),
    /\n~ deny\/\d+\n {4}- .*\n {4}! user\/mallory is no longer denied/,
  );
  assert.equal(await cluster.verdict(MALLORY), "granted");
  await exits(allow(MALLORY), 1, `No denial names ${MALLORY}.\n`);
});

test("deny of one session of a role or permission set does not affect other sessions", async () => {
  const session = (role: string, name: string) =>
    `arn:aws:sts::${A}:assumed-role/${role}/${name}@example.com`;
  const roles = {
    [`arn:aws:iam::${A}:role/team/Developers`]: "Developers",
    [`sso/${A}/ClusterAdmin`]: "AWSReservedSSO_ClusterAdmin_????????????????",
  };
  for (const [who, role] of Object.entries(roles)) {
    await exits(deny(who, "--session", "jane@example.com"), 0);
    assert.ok(JSON.stringify(await list()).includes(session(role, "jane")));
    const own = role.replace(/\?+/, "0123456789abcdef");
    assert.equal(await cluster.verdict(session(own, "jane")), "identity_denied");
    assert.equal(await cluster.verdict(session(own, "joe")), "granted");
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

test("deny refuses an identity that its list cannot match, also in a file, and a wrong end", async () => {
  const never = /arn:aws-cn:.* can never match: .* of partition aws only.*\n?.*Nothing was wr/;
  await exits(
    cluster.mappings("apply -f - -y", { input: `deny: [{arnLike: "${CHINA}"}]` }),
    2,
    never,
  );
  for (const [words, message] of [
    [[CHINA], never],
    [[`arn:aws:iam::${A}:role/path/x-*`], /can never match/],
    [[`pattern/${A}`], /^/],
    [["deny/any"], /^/],
    [["mal lory"], /^/],
    [["arn:aws:s3:::bucket"], /^/],
    [
      [MALLORY, "--session", "x"],
      /^--session requires a role or a permission set, not \S+mallory\.\n$/,
    ],
    [
      [MALLORY, "--until", "2026-11-24T00:00:00Z"],
      /^--until 2026-11-24T00:00:00Z is in the past\.\n$/,
    ],
    [
      [MALLORY, "--until", "tomorrow"],
      /^--until must be a duration .*, not "tomorrow"\. Nothing was written\.\n$/,
    ],
  ] as const) {
    await exits(deny(...words), 2, message);
  }
});

test("--until and --for set the end of a denial, and a second deny without them removes the end", async () => {
  await exits(deny(MALLORY, "--until", "2026-12-31T00:00:00Z", "--description", "leave"), 0);
  await exits(deny(MALLORY), 0);
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "leave" }]);
  await exits(
    deny(MALLORY, "--for", "2h"),
    1,
    /lifted\.\n {2}user\/mallory is only until 2026-11-25T02:00:00Z denied/,
  );
  await exits(deny(EVE, "--for", "2h"), 0);
  const short = { arnLike: EVE, notAfter: "2026-11-25T02:00:00Z" };
  assert.deepEqual(await list(), [{ arnLike: MALLORY, description: "leave" }, short]);
});

test("allow prints what still denies the identity", async () => {
  put("any", [{ arnLike: "arn:aws:iam::*:user/mal*" }]);
  await deny(MALLORY);
  const still =
    /mallory is still denied by deny\/any\. To see it: npx --no -- \S+ mappings get -c prod deny\/any\n$/;
  await exits(allow(MALLORY, "--allow-weakening"), 0, still);
});

test("the commands in messages of deny and allow select the cluster as the user did", async () => {
  put("any", [{ arnLike: "arn:aws:iam::*:user/mal*" }]);
  cluster.put(`account/${A}`, {});
  const where = ["--region", "us-east-1", "--prefix", PREFIX];
  const selected = `-c prod --prefix ${PREFIX} --region us-east-1`;
  const { err } = await exits(deny(MALLORY, ...where), 0);
  assert.ok(err.includes(` mappings deny ${selected} 'arn:aws:sts::${A}:federated-user/*'\n`), err);
  const allowed = await exits(allow(MALLORY, "--allow-weakening", ...where), 0);
  assert.ok(allowed.err.includes(` mappings get ${selected} deny/any\n`), allowed.err);
});

test("list, export, history and rollback support denials", async () => {
  const denial = { arnLike: MALLORY, notAfter: "2099-01-01T00:00:00Z", description: "why" };
  put(A, [denial]);
  const row = /\ndeny +111122223333 +\S+user\/mallory +DENIED until 2099-01-01T00:00:00Z, why\n/;
  await prints(cluster.mappings("list"), row);
  const { out: input } = await cluster.mappings("export");
  assert.deepEqual(parse(input).deny, [denial]);
  await exits(cluster.mappings("diff --prune -f -", { input }), 0);
  await deny(EVE);
  await prints(cluster.mappings(`history deny/${A}`), /\n2 .*mallory.*eve/);
  await exits(cluster.mappings(`rollback deny/${A} -y`), 1, /user\/eve is no longer denied/);
  await exits(cluster.mappings(`rollback deny/${A} -y --allow-weakening`), 0);
  assert.deepEqual(await list(), [denial]);
});

test("deny of a user warns only if an account or pattern mapping covers federated users", async () => {
  const of = "federated users, whose names their creator chooses (sts:GetFederationToken)";
  const command = `npx --no -- lambda-iam-authenticator mappings deny -c prod 'arn:aws:sts::${A}:federated-user/*'`;
  for (const [name, value, isCovered, who = MALLORY] of [
    [`pattern/${A}`, [{ arnLike: `arn:aws:sts::${A}:federated-user/d*`, username: "x" }], true],
    ["pattern/any", [{ arnLike: "arn:aws:*::*:*", username: "x" }], true],
    [`account/${A}`, { notAfter: "2020-01-01T00:00:00Z" }, false],
    [`pattern/${A}`, [{ arnLike: `arn:aws:iam::${A}:*`, username: "x" }], false],
    ["account/444455556666", {}, false],
    [`account/${A}`, {}, true],
    [`account/${A}`, {}, true, user("ops/*")],
    [`account/${A}`, {}, false, `arn:aws:iam::${A}:role/Developers`],
    [`account/${A}`, {}, false, `arn:aws:sts::${A}:federated-user/*`],
    [`account/${A}`, {}, false],
  ] as const) {
    cluster.put(name, value);
    const { err } = await exits(deny(who), 0);
    const warning = `Warning: This denial does not cover ${of}: ${name} grants them access. To deny them too: ${command}\n`;
    assert.equal(err.includes(warning), isCovered, err);
    assert.equal(err.includes("Warning"), isCovered, err);
    cluster.store.remove(`${PREFIX}/${name}`);
  }
});

test("a file with a deny key is refused with the denial to write", async () => {
  const apply = (file: object) =>
    cluster.mappings("apply -f - -y", { input: JSON.stringify(file) });
  const more = { notAfter: "2099-01-01T00:00:00Z", description: "left" };
  for (const [entry, problem] of [
    [{ arn: EVE, username: "a", deny: false }, /a mapping must not have the key deny: delete it$/m],
    [
      { arnLike: `arn:aws:iam::${A}:role/x-*`, deny: true },
      /\{"deny": \[\{"arnLike":"arn:\S+:role\/x-\*"\}\]\}$/m,
    ],
    [
      { account: A, permissionSet: "View", deny: true },
      /\{"deny": \[\{"arnLike":"<ARN or pattern>"\}\]\}$/m,
    ],
    [{ arn: EVE, deny: true, ...more }, /a mapping must not have the key deny\. Delete the /],
  ] as const) {
    const { err } = await exits(apply({ mappings: [entry] }), 2, problem);
    if (!("notAfter" in entry)) continue;
    const [, instead = ""] = /write this denial in the file: (\{.*\})$/m.exec(err) ?? [];
    await exits(apply(parse(instead)), 0);
  }
  assert.deepEqual(await list(), [{ arnLike: EVE, ...more }]);
});

test("where the mappings may not be read, a denial needs no consent, and its lift does", async () => {
  const denial = { arnLike: `arn:aws:iam::${A}:role/mallory` };
  cluster.put(`role/${A}/mallory`, { arn: denial.arnLike, username: "m" });
  put(A, []);
  cluster.store.fail(failing("GetParameters", ssmError(400, "AccessDeniedException"), "/role/"));
  await exits(cluster.mappings(`deny ${denial.arnLike} -y`), 0);
  assert.deepEqual(await cluster.value(`deny/${A}`), [denial]);
  await exits(
    cluster.mappings(`rollback deny/${A} -y`),
    1,
    /^Refused, because it needs your consent: 1 denial lifted\.$/m,
  );
  cluster.store.fail(undefined);
  assert.deepEqual(await cluster.value(`deny/${A}`), [denial]);
});
