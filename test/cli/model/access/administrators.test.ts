// An administrator remains after each change, or --force is needed: both sides of the rule.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { hasAdministrator, mayDenyOthers } from "../../../../cli/model/access/administrators.ts";
import type { States } from "../../../../cli/model/access/state.ts";
import { looksAt } from "../../../../cli/model/looks.ts";
import { TOKEN_ISSUERS } from "../../../../local/sandbox-files.ts";
import { exits, storedCluster, useCluster } from "../../commands/mappings/cluster.ts";
import { CONTEXT } from "./any-plan.ts";
import { short, store, wanted } from "./store.ts";

const A = "111122223333";
const OTHER = "444455556666";
const OTHER_ROLE = `arn:aws:iam::${OTHER}:role/A`;
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const user = (name: string) => `arn:aws:iam::${A}:user/${name}`;
const ADMIN = { username: "admin", groups: ["access:cluster-admin"] };
const ADMIN_BY_SESSION = { username: "admin:{SessionName}", groups: ["system:masters"] };
const SET = { [`sso/${A}/clusteradmin`]: ADMIN_BY_SESSION };
const SET_ROLE = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";
const OF_SET_ROLE = {
  [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), username: "viewer" },
};
const AS_ROLE = {
  ...SET,
  [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), ...ADMIN },
};
const SESSION = {
  [`sso-session/${A}/developers`]: [{ session: "jane", username: "j", groups: ["system:masters"] }],
};
const VIEWER = ["--username", "viewer", "--group", "viewers"];
const REMOVE_SET = ["remove", `sso/${A}/ClusterAdmin`];
const REFUSED =
  /^Refused: no administrator would surely remain\. The last is now \S+\/\d{12}\/.*, which gives .*\.\n.*--force\.\n/m;

type Stored = Readonly<Record<string, unknown>>;
type Case = readonly [
  what: string,
  cluster: Stored,
  words: readonly string[],
  outcome: "accepted" | "refused",
];
const [OF_ROLE, OF_USER] = [`role/${A}/a`, `user/${A}/a`];
const ROLE = { arn: role("A"), ...ADMIN };
const USER = { arn: user("a"), ...ADMIN };
const beside = (denied: string) => ({
  ...SET,
  [OF_USER]: USER,
  [`deny/${A}`]: [{ arnLike: user(denied) }],
});
// biome-ignore format: a table
const CASES: readonly Case[] = [
  ["removes the last", SET, REMOVE_SET, "refused"],
  ["takes the group of the last", SET, ["set", `sso/${A}/ClusterAdmin`, "--group", "x"], "refused"],
  ["leaves a role", { ...SET, [OF_ROLE]: ROLE }, REMOVE_SET, "accepted"],
  ["leaves a pattern", { ...SET, [`pattern/${A}`]: [{ arnLike: role("a*"), ...ADMIN }] }, REMOVE_SET, "refused"],
  ["leaves a user that may be denied", beside("ops/*"), REMOVE_SET, "refused"],
  ["leaves a user that is not denied", beside("b"), REMOVE_SET, "accepted"],
  ["maps the set's role to a viewer", SET, ["set", role(SET_ROLE), ...VIEWER], "refused"],
  ["maps the role of another set", SET, ["set", role("AWSReservedSSO_Other_0123456789abcdef"), ...VIEWER], "accepted"],
  ["maps the set's role too", SET, ["set", role(SET_ROLE), "--username", "x", "--group", "system:masters"], "accepted"],
  ["denies one suffix of the set's role", SET, ["deny", role("AWSReserved*_01*")], "refused"],
  ["denies another role", SET, ["deny", role("ClusterAdmin*")], "accepted"],
  ["denies one session", SET, ["deny", `sso/${A}/ClusterAdmin`, "--session", "jane"], "accepted"],
  ["denies the account", SET, ["deny", `account/${A}`], "refused"],
  ["denies every ARN", SET, ["deny", "arn:aws:iam::*:*"], "refused"],
  ["denies every session", SET, ["deny", `sso/${A}/ClusterAdmin`, "--session", "*"], "refused"],
  ["removes the last session", SESSION, ["remove", `sso/${A}/Developers`, "--session", "jane"], "refused"],
  ["denies another account", SET, ["deny", "account/444455556666"], "accepted"],
  ["removes a set that surely made no administrator", { ...SET, ...OF_SET_ROLE }, REMOVE_SET, "accepted"],
  ["removes the mapping of the set's role, which was the administrator", AS_ROLE, ["remove", role(SET_ROLE)], "accepted"],
  ["denies an account without administrators", {}, ["deny", `account/${A}`], "accepted"],
];

for (const [what, parameters, words, outcome] of CASES) {
  test(`${words[0]}: ${what}: ${outcome}`, async (t) => {
    const cluster = await storedCluster(parameters);
    t.after(() => cluster.store.close());
    const run = (...more: string[]) =>
      cluster.mappings([...words, "-y", "--allow-weakening", ...more]);
    if (outcome === "refused") await exits(run(), 1, REFUSED);
    await exits(run(...(outcome === "refused" ? ["--force"] : [])), 0);
  });
}

/**
 * Beside the mapping of a role of the set `a`: whether it surely is an administrator with any
 * tokens, and with `TOKENS=jwt`, which have no session.
 */
const ONLY: readonly (readonly [
  name: string,
  value: unknown,
  withAny: boolean,
  withSigned: boolean,
])[] = [
  [OF_ROLE, ROLE, true, true],
  [OF_USER, USER, true, true],
  [`sso/${A}/v`, ADMIN, true, true],
  [`sso-session/${A}/v`, SESSION[`sso-session/${A}/developers`], true, false],
  [`root/${A}`, { arn: `arn:aws:iam::${A}:root`, ...ADMIN }, true, false],
  [OF_ROLE, { ...ROLE, username: "{AccountID}" }, true, true],
  [OF_ROLE, { ...ROLE, username: "{AccountID}:{SessionName}{SessionNameRaw}" }, true, false],
  [`sso/${A}/v`, { ...ADMIN, username: "{SessionName}" }, true, false],
  [`sso-session/${A}/v`, [{ session: "jane", ...ADMIN, username: "{SessionName}" }], true, false],
  [OF_USER, { ...USER, username: "{AccountID}" }, true, true],
  [OF_USER, { ...USER, username: "{SessionName}" }, false, false],
  [OF_ROLE, { ...ROLE, username: "{SourceIdentity}" }, false, false],
  [OF_ROLE, { ...ROLE, groups: [...ADMIN.groups, "{SessionName}"] }, true, false],
  [OF_ROLE, { ...ROLE, groups: [...ADMIN.groups, "{EC2PrivateDNSName}"] }, false, false],
  [OF_ROLE, { ...ROLE, principalId: "AROAPINNED" }, true, false],
  [OF_ROLE, { ...ROLE, notAfter: "2020-01-01T00:00:00Z" }, false, false],
  [OF_ROLE, { ...ROLE, groups: ["g"] }, false, false],
  [OF_ROLE, { ...ROLE, description: ADMIN.groups[0], groups: ["g"] }, false, false],
  [`sso/${A}/a`, ADMIN, false, false],
  [`sso-session/${A}/a`, [{ session: "jane", ...ADMIN }], false, false],
  [`sso-session/${A}/v`, [{ session: "jane", ...ADMIN }, {}], false, false],
  [`account/${A}`, ADMIN, false, false],
  [`pattern/${A}`, [{ arnLike: role("*"), ...ADMIN }], false, false],
  // The function reads sso/<account>/admins, and no name of a set has more than 32 characters.
  [`sso/${A}/.61dmins`, ADMIN, false, false],
  [`sso/${A}/${"a".repeat(33)}`, ADMIN, false, false],
  [OF_ROLE, { ...ROLE, x: 1 }, false, false],
  [OF_ROLE, { ...ROLE, arn: `arn:aws-cn:iam::${A}:role/A` }, false, false],
];
test("an ended mapping of a set's role counts until it is deleted", () => {
  const ended = { ...ROLE, arn: role(SET_ROLE), notAfter: "2020-01-01T00:00:00Z" };
  for (const [value, isSure] of [
    [ended, true],
    [{ ...ended, groups: ["viewers"] }, false],
    [{ ...ended, username: "{SourceIdentity}" }, false],
    [{ ...ended, x: 1 }, false],
    [{ ...ended, groups: ["viewers"], notAfter: "2099-01-01T00:00:00Z" }, false],
  ] as const) {
    const states = store({ ...SET, [`role/${A}/${SET_ROLE.toLowerCase()}`]: value });
    assert.equal(hasAdministrator(states, CONTEXT), isSure, JSON.stringify(value));
  }
});

const ISSUERS = [...TOKEN_ISSUERS].map((pair) => pair.join("=")).join();
for (const variables of [
  { RESERVED_PREFIXES: "system:" },
  { RESERVED_PREFIXES: "admin:" },
  { TOKENS: "jwt", JWT_ISSUERS: ISSUERS },
  { ACCOUNTS: "999999999999" },
  { TOKENS: "jwt", JWT_ISSUERS: "999999999999=https://x.tokens.sts.global.api.aws" },
]) {
  test(`settings that accept no administrator keep the check on: ${Object.keys(variables)}`, async (t) => {
    const cluster = await storedCluster({
      ...SET,
      [OF_ROLE]: { ...ADMIN_BY_SESSION, arn: role("A") },
    });
    t.after(() => cluster.store.close());
    cluster.deploy(variables);
    const type = (...words: string[]) => cluster.mappings([...words, "-y", "--allow-weakening"]);
    await exits(type("remove", role("A")), 0);
    await exits(type(...REMOVE_SET), 1, REFUSED);
    await exits(type("deny", `account/${A}`), 1, REFUSED);
    await exits(type("deny", "arn:aws:iam::*:*"), 1, REFUSED);
    await exits(type(...REMOVE_SET, "--force"), 0);
  });
}

const ISSUER = `${A}=https://x.tokens.sts.global.api.aws`;
for (const [what, variables, outcome] of [
  ["accepts every account", {}, "accepted"],
  ["accepts both accounts", { ACCOUNTS: `${A},${OTHER}` }, "accepted"],
  ["accepts only the first account", { ACCOUNTS: A }, "refused"],
  [
    "accepts AWS-signed tokens of the first account beside others",
    { JWT_ISSUERS: ISSUER },
    "accepted",
  ],
  [
    "accepts only AWS-signed tokens of the first account",
    { TOKENS: "jwt", JWT_ISSUERS: ISSUER },
    "refused",
  ],
  [
    "accepts only AWS-signed tokens of both accounts",
    { TOKENS: "jwt", JWT_ISSUERS: ISSUERS },
    "accepted",
  ],
] as const) {
  test(`the function ${what}: removing its administrator beside a foreign one is ${outcome}`, async (t) => {
    const cluster = await storedCluster({
      [OF_ROLE]: ROLE,
      [`role/${OTHER}/a`]: { ...ROLE, arn: OTHER_ROLE },
    });
    t.after(() => cluster.store.close());
    cluster.deploy(variables);
    const type = (...words: string[]) => cluster.mappings([...words, "-y", "--allow-weakening"]);
    const removal = type("remove", role("A"));
    await (outcome === "refused" ? exits(removal, 1, REFUSED) : exits(removal, 0));
    if (outcome === "accepted") return;
    const { out } = await cluster.mappings("lint");
    assert.doesNotMatch(out, /no-masters/);
    // The administrator of the other account is none, so its removal is not refused.
    await exits(type("remove", OTHER_ROLE), 0);
    await exits(type("remove", role("A"), "--force"), 0);
  });
}

test("lint reports that no administrator is of an account that the function accepts", async (t) => {
  const cluster = await storedCluster({ [`role/${OTHER}/a`]: { ...ROLE, arn: OTHER_ROLE } });
  t.after(() => cluster.store.close());
  assert.doesNotMatch((await cluster.mappings("lint")).out, /no-masters/);
  cluster.deploy({ ACCOUNTS: A });
  assert.match((await cluster.mappings("lint")).out, /no-masters/);
});

/** With AWS-signed tokens beside the others, and with them only. */
const withSigned = (states: States) =>
  (["beside", "only"] as const).map((signedTokens) =>
    hasAdministrator(states, { ...CONTEXT, signedTokens }),
  );

test("a set's list of sessions shadows its administrators", () => {
  const [set, list] = [`sso/${A}/view`, `sso-session/${A}/view`];
  const role = `role/${A}/awsreservedsso_view_0123456789abcdef`;
  const jane = { session: "jane", username: "u" };
  const ofRole = { ...ROLE, arn: `arn:aws:iam::${A}:role/AWSReservedSSO_View_0123456789abcdef` };
  for (const [values, beside, only] of [
    [{ [set]: ADMIN }, true, true],
    [{ [set]: ADMIN, [list]: "[,]" }, false, false],
    [{ [set]: ADMIN, [list]: [jane] }, true, false],
    [{ [set]: ADMIN, [list]: [{ ...jane, notAfter: "2020-01-01T00:00:00Z" }] }, true, true],
    [{ [role]: ofRole, [list]: "[,]" }, true, false],
    [{ [list]: [jane, { ...jane, ...ADMIN }] }, false, false],
    [{ [list]: [{ ...jane, ...ADMIN }, jane] }, true, false],
  ] as const) {
    assert.deepEqual(withSigned(store({ ...values })), [beside, only], JSON.stringify(values));
  }
});

test("with AWS-signed tokens only, an administrator needs no session or unique id", () => {
  const parameter = (value: unknown) => ({ value: JSON.stringify(value), secure: false });
  for (const [name, value, ...expected] of ONLY) {
    const states = new Map([
      [
        `${CONTEXT.prefix}/role/${A}/awsreservedsso_a_0123456789abcdef`,
        parameter({ ...ROLE, groups: [] }),
      ],
      [`${CONTEXT.prefix}/${name}`, parameter(value)],
    ]);
    assert.deepEqual(withSigned(states), expected, `${name} ${JSON.stringify(value)}`);
  }
});

const denied = (...roles: string[]) => ({
  [`deny/${A}`]: roles.map((name) => ({ arnLike: role(name) })),
});
const SUFFIX = "?".repeat(16);
/**
 * A change: whether it may deny principals that it does not name, and the parameters of those that
 * it names.
 */
const LOOKS: readonly (readonly [change: object, deniesOthers: boolean, looks: string])[] = [
  [denied("X"), false, "deny deny/any role/x pattern pattern/any account"],
  [denied("*"), true, "deny deny/any"],
  [denied("X", "y?"), true, "deny deny/any role/x pattern pattern/any account"],
  [denied("old*", "older"), false, "deny deny/any role/older pattern pattern/any account"],
  [denied(), false, "deny deny/any"],
  [
    denied(`AWSReservedSSO_V_${SUFFIX}`),
    false,
    "deny deny/any role/V sso-session/v sso/v pattern pattern/any account",
  ],
  [denied(`AWSReservedSSO_V_${SUFFIX.slice(1)}`), true, "deny deny/any"],
  [{ [OF_ROLE]: ROLE }, false, "pattern pattern/any account role/a"],
  [{ [`pattern/${A}`]: [] }, false, "pattern/any account pattern"],
];
test("a change looks at the principals whose access it may take away", () => {
  for (const [change, ...expected] of LOOKS) {
    const reading = looksAt();
    const found = mayDenyOthers(wanted({ ...change }), store(denied("old*")), {
      ...CONTEXT,
      reading,
    });
    const looks = [...reading.accounts, ...reading.names].map((name) =>
      short({ name })
        .replace(`/${A}`, "")
        .replace(/awsreserved\S*/, "V"),
    );
    assert.deepEqual([found, looks.join(" ")], expected, JSON.stringify(change));
  }
});

test("a change of callers throws", () => {
  const mayDeny = () => mayDenyOthers(wanted({ callers: [] }), store({}), CONTEXT);
  assert.throws(mayDeny, { message: `${CONTEXT.prefix}/callers is not a mapping.` });
});

describe("the permission set is the last administrator", () => {
  const cluster = useCluster(SET);
  const name = `sso/${A}/clusteradmin`;

  test("apply, edit and rollback keep it too", async () => {
    const input = stringify({
      mappings: [{ permissionSet: "ClusterAdmin", account: A, username: "admin" }],
    });
    await exits(
      cluster.mappings(["apply", "-f", "-", "-y", "--allow-weakening"], { input }),
      1,
      REFUSED,
    );
    cluster.put(name, { username: "admin:{SessionName}" });
    cluster.put(name, SET[name]);
    const environment = { EDITOR: "sed -i '/groups:/,$d'" };
    await exits(cluster.mappings(["edit", name, "-y"], { environment }), 1, REFUSED);
    await exits(cluster.mappings(["rollback", name, "-y", "--allow-weakening"]), 1, REFUSED);
  });

  test("the search for another administrator ends when it has found one", async () => {
    for (let i = 0; i < 300; i += 1)
      cluster.put(`user/${A}/u${i}`, { arn: user(`u${i}`), username: "u" });
    cluster.put(`role/${A}/a`, { arn: role("A"), ...ADMIN });
    const before = cluster.store.requests.length;
    await exits(cluster.mappings([...REMOVE_SET, "-y", "--allow-weakening"]), 0);
    assert.ok(
      cluster.store.requests.length - before < 25,
      `${cluster.store.requests.length - before} calls`,
    );
  });
});
