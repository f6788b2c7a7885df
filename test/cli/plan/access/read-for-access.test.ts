// What a plan reads to judge access: no more than the rule looks at, and what may not be read is
// reported.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { VersionedParameter } from "../../../../cli/model/stored.ts";
import { readForAccess } from "../../../../cli/plan/access/read-for-access.ts";
import type { Change } from "../../../../cli/plan/changes.ts";
import { answering, failing } from "../../../local/aws/service-faults.ts";
import { PREFIX, useCluster } from "../../commands/mappings/cluster.ts";
import { onlyGranted } from "../../commands/mappings/permissions.ts";
import { connectionTo, read as parameter, terminal } from "../connection.ts";

const [A, B] = ["111122223333", "444455556666"] as const;
const arn = (resource: string) => `arn:aws:iam::${A}:${resource}`;
const role = (more: object = {}) => ({ arn: arn("role/ci"), username: "u", ...more });
const admin = { arn: arn("user/bob"), username: "b", groups: ["system:masters"] };
const [CI, BOB, SET] = [`role/${A}/ci`, `user/${A}/bob`, `sso/${A}/v`];
const [OTHER, SET_ROLE] = [`user/${B}/x`, `role/${A}/awsreservedsso_v_0123456789abcdef`] as const;
const STORED = {
  ...{
    [CI]: role({ groups: ["g"] }),
    [BOB]: admin,
    [SET]: { username: "s" },
    [OTHER]: { username: "x" },
  },
  [SET_ROLE]: { arn: arn("role/AWSReservedSSO_v_0123456789abcdef"), username: "r" },
};

const cluster = useCluster(STORED);
const { run } = terminal();

/**
 * Of the changes, `undefined` removes. `known`: the names that were read for the plan, of `STORED`.
 */
interface Plan {
  readonly changes: Readonly<Record<string, unknown>>;
  readonly known?: readonly string[];
  readonly isWhole?: boolean;
  readonly account?: string;
  readonly denied?: string;
}

async function read({ changes, known = [], isWhole = false, account, denied }: Plan) {
  const connection = connectionTo(cluster, account === undefined ? {} : { account });
  const stored = (name: string) =>
    parameter(`${PREFIX}/${name}`, JSON.stringify(STORED[name as keyof typeof STORED]));
  const planned = Object.entries(changes).map(([name, value]): Change => {
    const before = name in STORED ? stored(name) : undefined;
    return {
      action: "change",
      name: `${PREFIX}/${name}`,
      before,
      value: value ? JSON.stringify(value) : undefined,
    };
  });
  const start = cluster.store.requests.length;
  if (denied !== undefined) cluster.store.fail(onlyGranted(PREFIX, A, { but: denied }));
  const names = new Map(known.map((name) => [`${PREFIX}/${name}`, stored(name)]));
  const result = await readForAccess(planned, { known: names, isWhole }, connection, run);
  const requests = () =>
    cluster.store.requests.slice(start).map(({ body }) => {
      const { Names, Path } = JSON.parse(body.toString());
      return (Names ?? [`${Path}/`]).map((name: string) => name.slice(PREFIX.length + 1)).join(" ");
    });
  return { ...result, requests: requests(), end: () => connection.ssm.destroy() };
}

const PATTERN = [{ arnLike: "arn:aws:iam::*:role/*", username: "p" }];
const LOWER = "pattern/A pattern/any account/A";
const DENIALS = "deny/A deny/any";
const OF_A =
  "role/A/; user/A/; federated-user/A/; sso/A/; sso-session/A/; root/A pattern/A account/A deny/A";
const withH = { [CI]: role({ groups: ["g", "h"] }) };
const remove = (name: string, more: object = {}) => ({
  changes: { [name]: undefined },
  known: [name],
  ...more,
});
const deny = (list: string, arnLike: string, more: object = {}) => ({
  changes: { [list]: [{ arnLike }] },
  ...more,
});
const all = Object.keys(STORED);
/** `requests`: the names of each call, and an account as A or B. */
// biome-ignore format: a table
const ROWS: readonly (readonly [what: string, plan: Plan, requests: string, unread?: string])[] = [
  ["a grant", { changes: withH, known: [CI] }, `${DENIALS} ${LOWER}`],
  ["a removal", remove(CI), `${LOWER} ${DENIALS}`],
  ["a removal, everything is known", remove(CI, { known: all, isWhole: true }), ""],
  ["a removal, one account is known", remove(CI, { known: all.slice(0, 3), isWhole: true, account: A }), "pattern/any deny/any"],
  ["a permission set", { changes: { [SET]: { username: "s", groups: ["g"] } }, known: [SET] }, `role/A/; ${DENIALS} sso-session/A/v ${LOWER}`],
  ["a denial beside an administrator who stays", deny(`deny/${A}`, arn("role/*"), { known: [BOB] }), "deny/any"],
  ["a pattern of an account", { changes: { [`pattern/${A}`]: PATTERN } }, `${OF_A}; pattern/any deny/any account/A; deny/A`],
  [
    "a pattern of an account, without permission",
    { changes: { [`pattern/${B}`]: PATTERN }, denied: "" },
    "role/B/; role/B/; pattern/any; deny/any; account/B",
    "the mappings of account B, account/B",
  ],
  ["a pattern for any account", { changes: { "pattern/any": PATTERN } }, `; ${DENIALS}`],
  ["the last administrator", remove(BOB), `${LOWER} ${DENIALS}; `],
  ["the last administrator, by a team", remove(BOB, { account: A, denied: "" }), `${LOWER} ${DENIALS}; ${OF_A}`],
  ["a denial of several", deny(`deny/${A}`, arn("role/*")), "deny/any; "],
  ["a denial for any account", deny("deny/any", "arn:aws:iam::*:role/x"), "; deny/A"],
  ["a lifted denial, without permission", remove(CI, { denied: `pattern/${A}` }), `${LOWER} ${DENIALS}; pattern/A; pattern/any; account/A; deny/A; deny/any`, "pattern/A, account/A"],
  ["a denial, without permission", deny(`deny/${A}`, arn("role/ci"), { denied: `pattern/${A}` }), `deny/any role/A/ci ${LOWER}; deny/any; role/A/ci; pattern/A; pattern/any; account/A`],
  ["a denial and a grant, without permission", { changes: { [`deny/${A}`]: [{ arnLike: arn("role/ci") }], ...withH }, known: [CI], denied: `pattern/${A}` }, `deny/any ${LOWER}; deny/any; pattern/A; pattern/any; account/A`, "pattern/A, account/A"],
  ["the last administrator, without permission", remove(BOB, { denied: "" }), `${LOWER} ${DENIALS}; `],
  ["a pattern, without permission for two", { changes: { "pattern/any": [] }, account: A, denied: "" }, "", "every mapping"],
];
for (const [what, plan, requests, unread] of ROWS) {
  test(what, async () => {
    const { marks, requests: found, end } = await read(plan);
    end();
    const short = (text: string) => text.replaceAll(A, "A").replaceAll(B, "B");
    assert.equal(short(found.join("; ")), requests);
    const [first = ""] = Object.keys(plan.changes);
    const text = `this may grant more access than the plan shows: there is no permission to read ${unread}`;
    const mark = { parameter: `${PREFIX}/${first}`, kind: "unread", gives: [], text };
    const unreadMarks = marks
      .filter(({ kind }) => kind === "unread")
      .map((mark) => ({ ...mark, text: short(mark.text) }));
    assert.deepEqual(unreadMarks, unread === undefined ? [] : [mark]);
  });
}

const shown = (states: ReadonlyMap<string, VersionedParameter>) =>
  [...states.values()]
    .map(({ name, value }) => `${name.slice(PREFIX.length + 1)} ${value}`)
    .toSorted();

test("before each phase, what the rule looked at is read again, and the rest is unchanged", async () => {
  cluster.put(CI, role({ groups: ["later"] }));
  const known = [SET, BOB, CI, OTHER];
  const { reader, current, end } = await read({
    changes: { [SET]: { username: "s", groups: ["g"] } },
    known,
  });
  // Writes are compared with the values of the plan.
  const planned = Object.entries(STORED).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  assert.deepEqual(shown(current), planned.toSorted());
  cluster.put(`account/${A}`, { username: "new" });
  cluster.put(BOB, { ...admin, groups: [] });
  for (const name of [SET_ROLE, CI, OTHER]) cluster.store.remove(`${PREFIX}/${name}`);
  const found = await reader.again(current);
  end();
  const bob = `${BOB} ${JSON.stringify({ ...admin, groups: [] })}`;
  const stays = `${OTHER} ${JSON.stringify(STORED[OTHER])}`;
  assert.deepEqual(
    shown(found),
    [`account/${A} {"username":"new"}`, `${SET} {"username":"s"}`, stays, bob].toSorted(),
  );
});

test("where the rule looked at every mapping, each is read again", async () => {
  const pattern = { arnLike: "arn:aws:iam::*:role/x", username: "p" };
  const { reader, current, end } = await read({
    changes: { "pattern/any": [pattern] },
    known: [OTHER],
  });
  cluster.store.remove(`${PREFIX}/${OTHER}`);
  const found = shown(await reader.again(current));
  assert.ok(!found.join().includes(OTHER));
  end();
});

test("a failed read is a fault", async () => {
  for (const operation of ["GetParameters", "GetParametersByPath"]) {
    cluster.store.fail(failing(operation, answering(400, "{}")));
    await assert.rejects(read({ changes: { [BOB]: undefined }, known: [BOB] }));
  }
});
