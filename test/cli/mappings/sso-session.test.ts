// Mappings of single sessions of a permission set, in every command that reads or writes them.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { parse } from "yaml";
import { ADMIN, DEVELOPERS, exits, type LocalCluster, PREFIX, storedCluster } from "./cluster.ts";

const A = "111122223333";
const SET = `sso/${A}/Developers`;
const LIST = `sso-session/${A}/developers`;
const JANE = { session: "jane@example.com", username: "lead:jane", groups: ["leads"] };
const JOHN = { session: "John@example.com", username: "john", description: "kept" };
const TRUST =
  "A mapping of one session trusts the user name in IAM Identity Center. Its administrators, SCIM and the identity " +
  "provider can change a user name, or give it to another person.\n";

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster({
    ...ADMIN,
    [`sso/${A}/developers`]: { username: "dev:{SessionName}", groups: ["developers"] },
  });
});
afterEach(() => cluster.store.close());

const put = (value: unknown) =>
  cluster.store.put(`${PREFIX}/${LIST}`, typeof value === "string" ? value : JSON.stringify(value));
const stored = () => cluster.value(LIST);
const SET_JANE = ["set", SET, "--session", JANE.session, "--username", JANE.username, "--group", "leads", "-y"];

test("set adds and changes an entry, keeps the others, and prints whom it trusts", async () => {
  const first = await exits(cluster.mappings(SET_JANE), 0);
  assert.ok(first.err.startsWith(TRUST), first.err);
  assert.deepEqual(await stored(), [JANE]);
  assert.deepEqual(await cluster.value(`sso/${A}/developers`), {
    username: "dev:{SessionName}",
    groups: ["developers"],
  });
  put([JOHN, JANE]);
  for (const words of [
    ["set", SET, "--session", JANE.session, "--not-after", "2099-12-31T00:00:00Z", "-y", "--allow-weakening"],
    ["set", SET.toUpperCase().replace("SSO", "sso"), "--session", "joe", "--username", "joe", "-y"],
  ]) {
    await exits(cluster.mappings(words), 0);
  }
  assert.deepEqual(await stored(), [
    JOHN,
    { ...JANE, notAfter: "2099-12-31T00:00:00Z" },
    { session: "joe", username: "joe" },
  ]);
});

test("session names are case-sensitive", async () => {
  put([JOHN]);
  await exits(cluster.mappings(["set", SET, "--session", "john@example.com", "--username", "x", "-y"]), 0);
  assert.deepEqual(await stored(), [JOHN, { session: "john@example.com", username: "x" }]);
});

test("--session for another principal fails with the reason", async () => {
  const reason = /Only IAM Identity Center sets the session name\. For other roles, the caller chooses it\.\n$/;
  for (const who of [
    DEVELOPERS,
    `role/${A}/developers`,
    `user/${A}/alice`,
    `account/${A}`,
    `pattern/${A}`,
    `deny/${A}`,
  ]) {
    for (const words of [
      ["set", who, "--username", "x"],
      ["get", who],
      ["remove", who],
      ["rollback", who],
    ]) {
      const { code, err } = await cluster.mappings([...words, "--session", "jane"]);
      assert.deepEqual([code, err.startsWith("--session requires a permission set (sso/<account>/")], [2, true], err);
      assert.match(err, reason);
    }
  }
});

test("set rejects a missing username, an invalid session name and an unsupported key", async () => {
  for (const [words, problem] of [
    [["--session", "a b", "--username", "x"], /would be invalid: session must be /],
    [["--session", "x".repeat(65), "--username", "x"], /would be invalid: session must be /],
    [["--session", "jane", "--username", "x", "--principal-id", "AROA1"], /unknown key "principalId"/],
    [["--session", "jane", "--username", "{Nope}"], /would be invalid: username/],
  ] as const) {
    await exits(cluster.mappings(["set", SET, ...words, "-y"]), 2, problem);
  }
  const slash = await cluster.mappings(["set", `${LIST}/jane`, "--username", "x", "-y"]);
  const hint = "developers/jane is not the name of a permission set. Use --session for a session.\n";
  assert.deepEqual([slash.code, slash.err], [2, hint]);
  await exits(
    cluster.mappings(["set", LIST, "--username", "x", "-y"]),
    2,
    `${LIST} is a list. Name one session: sso/${A}/developers --session <name>.\n`,
  );
  assert.equal(await stored(), undefined);
});

test("set fails if the list or another entry is invalid, but can fix or remove the invalid entry", async () => {
  const broken = { session: "joe", user: "typo" };
  for (const value of [
    [JOHN, broken],
    { not: "a list" },
    "not JSON",
    '[{"session":"a","session":"b","username":"x"}]',
  ]) {
    put(value);
    for (const words of [SET_JANE, ["remove", SET, "--session", "jane@example.com", "-y"]]) {
      await exits(cluster.mappings(words), 2, /Nothing was written/);
    }
    assert.deepEqual(await stored(), value);
  }
  put([JOHN, broken]);
  assert.equal((await cluster.mappings(["remove", SET, "--session", "joe", "-y", "--allow-weakening"])).code, 0);
  assert.deepEqual(await stored(), [JOHN]);
});

test("remove removes one entry, and keeps an empty list after the last one", async () => {
  put([JANE, JOHN]);
  await exits(
    cluster.mappings(["remove", SET, "--session", "john@example.com", "-y"]),
    1,
    `${LIST} has no session john@example.com.\nNothing was removed.\n`,
  );
  for (const { session } of [JANE, JOHN]) {
    await exits(cluster.mappings(["remove", SET, "--session", session, "-y", "--allow-weakening"]), 0);
  }
  assert.deepEqual(await stored(), []);
  put([JANE]);
  assert.equal((await cluster.mappings(["remove", LIST, "-y", "--allow-weakening"])).code, 0);
  assert.deepEqual(await stored(), []);
  await exits(cluster.mappings(["remove", LIST, "-y"]), 1, `${LIST} is already empty.\nNothing was removed.\n`);
  const methods = cluster.store.requests.map(({ headers }) => String(headers["x-amz-target"]));
  assert.deepEqual(
    methods.filter((method) => method.includes("Delete")),
    [],
  );
});

test("get, list and history print sessions, and list -o name and JSON include the list, set and session", async () => {
  put([JOHN, JANE]);
  const got = await cluster.mappings(["get", SET, "--session", JANE.session, "-o", "json"]);
  assert.deepEqual(JSON.parse(got.out).value, [JANE]);
  await exits(cluster.mappings(["get", SET, "--session", "joe"]), 1, `${LIST} has no session joe.\n`);
  const { out } = await cluster.mappings(["list"]);
  assert.match(out, /\nsso-session +111122223333 +developers jane@example\.com +lead:jane +leads\n/);
  const json = JSON.parse((await cluster.mappings(["list", "-o", "json"])).out);
  const { parameter, kind, account, permissionSet, session } = json.find(
    (one: typeof JANE) => one.session === JANE.session,
  );
  assert.deepEqual(
    [parameter, kind, account, permissionSet, session],
    [`${PREFIX}/${LIST}`, "sso-session", A, "developers", JANE.session],
  );
  assert.match((await cluster.mappings(["list", "-o", "name"])).out, new RegExp(`^${LIST}$`, "m"));
  assert.match((await cluster.mappings(["history", LIST])).out, /jane@example\.com/);
});

test("rollback restores or removes one entry and keeps the others", async () => {
  put([JANE]);
  const later = { ...JANE, groups: ["more"] };
  put([later, JOHN]);
  const back = ["rollback", SET, "--to", "1", "-y", "--allow-weakening", "--session"];
  assert.equal((await cluster.mappings([...back, JANE.session])).code, 0);
  assert.deepEqual(await stored(), [JANE, JOHN]);
  assert.equal((await cluster.mappings([...back, JOHN.session])).code, 0);
  assert.deepEqual(await stored(), [JANE]);
  await exits(cluster.mappings([...back, "joe"]), 1, `Neither ${LIST} nor its version 1 has joe.\n`);
});

const FILE = `mappings:
- {permissionSet: Developers, account: "${A}", session: jane@example.com, username: "lead:jane", groups: [leads]}
`;

test("apply adds an entry and keeps the others, and diff with the exported file is empty", async () => {
  put([JOHN]);
  const { out, err } = await exits(cluster.mappings(["apply", "-f", "-", "-y"], { input: FILE }), 0);
  assert.ok(err.startsWith(TRUST), err);
  assert.match(out, /\n {4}\+ lead:jane \(leads\) session: jane@example\.com\n/);
  assert.deepEqual(await stored(), [JOHN, JANE]);
  const exported = await exits(cluster.mappings(["export"]), 0);
  const [first] = parse(exported.out).mappings.filter((one: { session?: string }) => one.session === JANE.session);
  assert.deepEqual(first, { permissionSet: "developers", account: A, ...JANE });
  await exits(cluster.mappings(["diff", "-f", "-", "--prune"], { input: exported.out }), 0);
  await exits(cluster.mappings(["diff", "-f", "-"], { input: FILE }), 0);
  put([JOHN, { session: "joe" }]);
  await exits(
    cluster.mappings(["apply", "-f", "-", "-y"], { input: FILE }),
    2,
    /entry 2 \(joe\) is invalid: .* Nothing was written/,
  );
});

test("in a file, a session requires a permission set and has only one mapping", async () => {
  for (const [entry, problem] of [
    [
      `arn: ${DEVELOPERS}`,
      /session requires permissionSet and account: only IAM Identity Center sets the session name/,
    ],
    [`account: "${A}"`, /session requires permissionSet/],
    [`permissionSet: Developers\n  account: "${A}"\n  principalId: AROA1`, /unknown key "principalId"/],
  ] as const) {
    const input = `mappings:\n- session: jane\n  username: x\n  ${entry}\n`;
    await exits(cluster.mappings(["apply", "-f", "-", "-y"], { input }), 2, problem);
  }
  await exits(
    cluster.mappings(["apply", "-f", "-", "-y"], { input: `${FILE}${FILE.split("\n")[1]}\n` }),
    2,
    `${PREFIX}/${LIST}: 2 mappings of session jane@example.com: standard input, line 2; standard input, line 3.\n`,
  );
});

test("edit opens the list by its name and writes the changes", async () => {
  put([JOHN, JANE]);
  const environment = { EDITOR: "sed -i s/lead:jane/boss:jane/" };
  const { err } = await exits(cluster.mappings(["edit", LIST, "-y"], { environment }), 0);
  assert.ok(err.startsWith(TRUST), err);
  assert.deepEqual(await stored(), [{ ...JOHN }, { ...JANE, username: "boss:jane" }]);
});

test("lint finds invalid, expired and repeated entries, and a list without its permission set", async () => {
  const lint = async () => {
    const { out } = await cluster.mappings(["lint", "-o", "json"]);
    return JSON.parse(out)
      .filter(({ where }: { where: string }) => where.startsWith("sso-session/"))
      .map(({ level, rule, message }: Record<string, string>) => `${level} ${rule}: ${message}`);
  };
  put([JANE, JOHN]);
  assert.deepEqual(await lint(), []);
  put([{ ...JANE, notAfter: "2020-01-01T00:00:00Z" }, JANE, { session: "joe" }]);
  const found = await lint();
  assert.equal(found.length, 4);
  assert.match(found[0], /^error invalid: entry 3: username is missing/);
  assert.match(
    found[3],
    /^info shared-username: username lead:jane is also used for sso-session\/\S+ \(jane@example\.com\)/,
  );
  assert.deepEqual(found.slice(1, 3).toSorted(), [
    "warning expired: the mapping of session jane@example.com ended on 2020-01-01T00:00:00Z: remove it",
    "warning repeated-session: session jane@example.com has 2 mappings: the first that has not ended applies",
  ]);
  put([JANE]);
  await exits(cluster.mappings(["deny", SET, "--session", JANE.session, "-y"]), 0);
  assert.deepEqual(await lint(), [`warning shadowed: session jane@example.com: denied by deny/${A}`]);
  cluster.store.remove(`${PREFIX}/deny/${A}`);
  cluster.store.remove(`${PREFIX}/sso/${A}/developers`);
  assert.deepEqual(await lint(), [
    `info session-without-set: sso/${A}/developers does not exist: no mapping of the permission set applies to its other sessions`,
  ]);
});

test("a session mapping can be the last administrator, and a new one requires --allow-weakening", async () => {
  cluster.store.remove(`${PREFIX}/sso/${A}/clusteradmin`);
  put([{ ...JANE, groups: ["system:masters"] }]);
  await exits(
    cluster.mappings(["remove", SET, "--session", JANE.session, "-y", "--allow-weakening"]),
    1,
    /^Refused: no administrator would surely remain: /,
  );
  const words = ["set", SET, "--session", "joe", "--username", "joe", "--group", "system:masters", "-y"];
  assert.match((await cluster.mappings(words)).err, /add --allow-weakening/);
});
