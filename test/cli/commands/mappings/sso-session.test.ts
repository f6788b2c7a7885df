// Mappings of single sessions of a permission set, in every command that reads or writes them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { cli } from "../../cli.ts";
import { ADMIN, exits, PREFIX, prints, useCluster } from "./cluster.ts";

const A = "111122223333";
const SET = `sso/${A}/Developers`;
const LIST = `sso-session/${A}/developers`;
const JANE = { session: "jane@example.com", username: "lead:jane", groups: ["leads"] };
const JOHN = { session: "John@example.com", username: "john", description: "kept" };
const TRUST =
  "A mapping of one session trusts the user name in IAM Identity Center. Its administrators, SCIM and the identity " +
  "provider can change a user name, or give it to another person.\n";

const DEVELOPER = { username: "dev:{SessionName}", groups: ["developers"] };
const cluster = useCluster({ ...ADMIN, [`sso/${A}/developers`]: DEVELOPER });
const put = (value: unknown) => cluster.put(LIST, value);
const stored = () => cluster.value(LIST);
const SET_JANE = `set ${SET} --session ${JANE.session} --username ${JANE.username} --group leads -y`;

test("set adds the session, case-sensitive, and prints whom it trusts", async () => {
  const { err } = await exits(cluster.mappings(SET_JANE), 0);
  assert.ok(err.startsWith(TRUST), err);
  await exits(cluster.mappings(`set ${SET} --session JANE@example.com --username x -y`), 0);
  assert.deepEqual(await stored(), [JANE, { session: "JANE@example.com", username: "x" }]);
});

const NOW = Date.UTC(2026, 10, 26, 22);
const forJane = (...words: string[]) =>
  cluster.mappings(["set", SET, "--session", JANE.session, "-y", ...words], { now: NOW });

test("--add-group and --for give one person a group for two hours", async () => {
  const { out } = await exits(forJane("--add-group", "on-call", "--for", "2h"), 0);
  const added =
    "dev:{SessionName} (developers, on-call) session: jane@example.com notAfter: 2026-11-27T00:00:00Z";
  assert.ok(out.includes(added), out);
  const user = async (name: string, now: number) => {
    const arn = `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_Developers_0123456789abcdef/${name}@example.com`;
    return JSON.parse((await cli(["explain", arn, "-c", "prod", "-o", "json"], { now })).out).user;
  };
  const jane = { username: "dev:jane-example.com", groups: ["developers", "on-call"] };
  assert.deepEqual(await user("jane", NOW), jane);
  assert.deepEqual(await user("joe", NOW), {
    username: "dev:joe-example.com",
    groups: ["developers"],
  });
  assert.deepEqual(await user("jane", NOW + 2 * 3_600_000), { ...jane, groups: ["developers"] });
});

test("--group replaces the set's groups, and only the username is taken from the set's mapping", async () => {
  const notAfter = "2026-11-27T06:00:00Z";
  await exits(forJane("--group", "on-call", "--until", notAfter), 0);
  const { session } = JANE;
  assert.deepEqual(await stored(), [
    { session, username: DEVELOPER.username, groups: ["on-call"], notAfter },
  ]);
});

test("a new session gets the username of a set's mapping that has not ended", async () => {
  const { session } = JANE;
  for (const [notAfter, code] of [
    ["2026-11-28T00:00:00Z", 0],
    ["2026-11-26T00:00:00Z", 2],
  ] as const) {
    cluster.put(LIST, []);
    cluster.put(`sso/${A}/developers`, { ...DEVELOPER, notAfter });
    await exits(forJane("--group", "on-call"), code);
    const expected =
      code === 0 ? [{ session, username: DEVELOPER.username, groups: ["on-call"] }] : [];
    assert.deepEqual(await stored(), expected);
  }
  cluster.put(`sso/${A}/developers`, DEVELOPER);
});

test("list and history print sessions; list -o name and JSON include the list, set and session", async () => {
  put([JOHN, JANE]);
  await prints(
    cluster.mappings("list"),
    /\nsso-session +111122223333 +developers jane@example\.com +lead:jane +leads/,
  );
  const items: (typeof JANE)[] = JSON.parse((await cluster.mappings("list -o json")).out);
  const place = {
    parameter: `${PREFIX}/${LIST}`,
    kind: "sso-session",
    account: A,
    permissionSet: "developers",
  };
  const jane = items.find(({ session }) => session === JANE.session);
  assert.partialDeepStrictEqual(jane, { ...place, ...JANE });
  await prints(cluster.mappings("list -o name"), new RegExp(`^${LIST}$`, "m"));
  await prints(cluster.mappings(`history ${LIST}`), /jane@example\.com/);
});

const FILE = `mappings:
- {permissionSet: Developers, account: "${A}", session: jane@example.com, username: "lead:jane", groups: [leads]}
`;

test("apply adds an entry and keeps the others, and diff with the exported file is empty", async () => {
  put([JOHN]);
  const added = /\n {4}\+ lead:jane \(leads\) session: jane@example\.com\n/;
  const { err } = await prints(cluster.mappings("apply -f - -y", { input: FILE }), added);
  assert.ok(err.startsWith(TRUST), err);
  assert.deepEqual(await stored(), [JOHN, JANE]);
  const { out: input } = await exits(cluster.mappings("export"), 0);
  const jane = parse(input).mappings.find(
    (mapping: { session?: string }) => mapping.session === JANE.session,
  );
  assert.deepEqual(jane, { permissionSet: "developers", account: A, ...JANE });
  await exits(cluster.mappings("diff -f - --prune", { input }), 0);
});

test("in a file, a session has only one mapping", async () => {
  const twice =
    /developers: 2 mappings of session jane@example\.com: standard input, line 2; standard input, line 3\.\n/;
  await exits(
    cluster.mappings("apply -f - -y", { input: `${FILE}${FILE.split("\n")[1]}\n` }),
    2,
    twice,
  );
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
    /^info shared-username: username lead:jane is also used for sso-session\/\S+ \(jane@examp/,
  );
  assert.deepEqual(found.slice(1, 3).toSorted(), [
    "warning expired: the mapping of session jane@example.com ended on 2020-01-01T00:00:00Z: remove it",
    "warning repeated-session: session jane@example.com has 2 mappings: the first that has not ended applies",
  ]);
  put([JANE]);
  await exits(cluster.mappings(["deny", SET, "--session", JANE.session, "-y"]), 0);
  assert.deepEqual(await lint(), [
    `warning shadowed: session jane@example.com: denied by deny/${A}`,
  ]);
  cluster.store.remove(`${PREFIX}/deny/${A}`);
  cluster.store.remove(`${PREFIX}/sso/${A}/developers`);
  assert.deepEqual(await lint(), [
    `info session-without-set: sso/${A}/developers does not exist: no mapping of the permission set applies to its other sessions`,
  ]);
});
