// The writes of a plan while another operator changes what it uses, and while writes fail.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readSome } from "../../../cli/aws/parameter-store.ts";
import { judgeAccess } from "../../../cli/plan/access/judge-access.ts";
import { planChanges } from "../../../cli/plan/changes.ts";
import { writeInPhases } from "../../../cli/plan/write.ts";
import { UNINTERRUPTED } from "../../../cli/plan/write-parameter.ts";
import { PREFIX, useCluster } from "../commands/mappings/cluster.ts";
import { NOW } from "../model/access/any-plan.ts";
import { connectionTo, terminal } from "./connection.ts";

const cluster = useCluster();
const A = "111122223333";
const [CI, ACCOUNT, DENY] = [`role/${A}/ci`, `account/${A}`, `deny/${A}`];
const [SET, SESSIONS] = [`sso/${A}/v`, `sso-session/${A}/v`];
const arn = (resource: string) => `arn:aws:iam::${A}:${resource}`;
const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

interface Plan {
  readonly stored?: Readonly<Record<string, unknown>>;
  readonly changes: Readonly<Record<string, unknown>>;
  /**
   * What happens before a request: G1 is the first GetParameters after the plan, P and D are
   * writes.
   */
  readonly race?: Readonly<Record<string, () => unknown>>;
  readonly force?: true;
  readonly watched?: true;
}

const COMMANDS = {
  GetParametersCommand: "G",
  PutParameterCommand: "P",
  DeleteParameterCommand: "D",
};
const KINDS: Readonly<Record<string, string>> = COMMANDS;

/** The writes, each with its time in seconds, and the messages. */
async function write({ stored = {}, changes, race = {}, force, watched }: Plan): Promise<string[]> {
  const full = (name: string) => `${PREFIX}/${name}`;
  for (const [name, value] of Object.entries(stored)) cluster.put(name, value);
  const connection = connectionTo(cluster);
  const { ssm } = connection;
  let now = NOW;
  let shown = "";
  const { run, texts: events } = terminal("", {
    ...{ watched: watched === true, clock: () => now },
    showProgress: (line: string) => {
      shown = line;
    },
    sleep: async (ms: number) => {
      now += ms;
    },
  });
  try {
    // The first request's limit; further ones are new.
    const known = await readSome(ssm, Object.keys(changes).slice(0, 10).map(full), UNINTERRUPTED);
    const wanted = Object.entries(changes).flatMap(([name, value]) =>
      value === undefined ? [] : [[full(name), text(value)] as const],
    );
    const plan = planChanges(known, new Map(wanted), true);
    const planned = { plan, known, connection, managed: [], force: force === true };
    const { current = known, order } = await judgeAccess()(planned, run);
    assert(order !== undefined);
    const counts: Record<string, number> = {};
    ssm.middlewareStack.add((next, { commandName = "" }) => async (call) => {
      const kind = KINDS[commandName] ?? commandName;
      counts[kind] = (counts[kind] ?? 0) + 1;
      race[`${kind}${counts[kind]}`]?.();
      const { Name, Value = "removed" } = call.input as { Name?: string; Value?: string };
      if (kind === "P" || kind === "D")
        events.push(`${(now - NOW) / 1000} ${Name?.slice(PREFIX.length + 1)} ${Value}`);
      return next(call);
    });
    await writeInPhases({ ...planned, current }, order, run);
  } catch (error) {
    events.push(...(error as Error).message.split("\n"));
  } finally {
    cluster.store.fail(undefined);
    ssm.destroy();
  }
  assert.equal(shown, "", "the progress line is removed");
  const short = (line: string) =>
    line.replaceAll(`${PREFIX}/`, "").replaceAll(`arn:aws:iam::${A}:`, "").replaceAll(A, "A");
  return events.map((line) => short(line).replaceAll('"', ""));
}

const ci = (more: object = {}) => ({ arn: arn("role/ci"), username: "u", ...more });
const bob = { arn: arn("user/bob"), username: "b" };
const put = (name: string, value: unknown) => () => cluster.put(name, value);
const FAULT = { kind: "answer", status: 500, body: "{}" } as const;
const lost = (work: () => unknown) => () => {
  work();
  cluster.store.fail(() => {
    cluster.store.fail(undefined);
    return FAULT;
  });
};
const remove = (name: string) => () => cluster.store.remove(`${PREFIX}/${name}`);
const again = (name: string, value: unknown) => () => {
  remove(name)();
  cluster.put(name, value);
};
const bug = () => {
  throw new TypeError("bug");
};
const denials = (...names: string[]) => names.map((name) => ({ arnLike: arn(`role/${name}`) }));
const deny = (...names: string[]) => put(DENY, denials(...names));
const during = (plan: Plan, race: Plan["race"] = {}) => ({ ...plan, race });
let version = 0;
const always = Object.fromEntries(
  Array.from({ length: 99 }, (_, i) => [
    `G${i + 1}`,
    () => cluster.put(ACCOUNT, { username: `z${version++}` }),
  ]),
);
const grant = { stored: { [CI]: ci() }, changes: { [CI]: ci({ groups: ["g"] }) } };
const below = { ...grant, stored: { ...grant.stored, [ACCOUNT]: { username: "z" } } };
const two = { changes: { [CI]: ci(), [`user/${A}/bob`]: bob } };

const lists = (before: unknown, after: unknown) => ({
  stored: { [DENY]: before },
  changes: { [DENY]: after },
});
const [swap, list] = [lists(denials("a"), denials("c")), lists(denials("a"), denials("a", "c"))];

const jane = [{ session: "jane", username: "j" }];
const admin = (session: string) => [{ session, username: session, groups: ["system:masters"] }];
const denied = (session: string) => [
  { arnLike: `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_v_*/${session}` },
];
const swapAdmins = {
  stored: { [SESSIONS]: admin("jane"), [DENY]: denied("joe") },
  changes: { [CI]: ci(), [SESSIONS]: admin("joe"), [DENY]: denied("jane") },
};

const GRANTED = "0 role/A/ci {arn:role/ci,username:u,groups:[g]}";
const CI_WRITTEN = "0 role/A/ci {arn:role/ci,username:u}";
const BOB_WRITTEN = "0 user/A/bob {arn:user/bob,username:b}";
const JANE = "0 sso-session/A/v [{session:jane,username:j}]";
const listed = (...names: string[]) =>
  `0 deny/A [${names.map((name) => `{arnLike:role/${name}}`)}]`;
const waiting = (name: string) =>
  `Waiting 35 s until the function has read ${name}. The next write depends on it.`;
const FAILED = "The response is not from AWS: check for a proxy, and check AWS_ENDPOINT_URL.";
const NOTHING = "Nothing was written. Run the same command again.";
const CONFLICT =
  "Another operator changed role/A/ci in the meantime: it was version 1, it is now version 2. Their change is kept.";
const BOTH_LISTS = "Another operator changed deny/A at the same time. Both changes are kept.";
const LEFT = [
  "Written, 1 of 2: role/A/ci.",
  "Not written: user/A/bob. Run the same command again to finish.",
];
const BOTH = "Another operator changed account/A at the same time. Both changes are kept.";
const ACCOUNTS = Array.from({ length: 11 }, (_, index) => `account/${444455550000 + index}`);
// biome-ignore format: a table
const ROWS: readonly (readonly [what: string, plan: Plan, ...events: readonly string[]])[] = [
  ["a grant", grant, GRANTED],
  ["two grants", two, CI_WRITTEN, BOB_WRITTEN],
  ["eleven changes at a terminal", { changes: Object.fromEntries(ACCOUNTS.map((name) => [name, { username: "z" }])), watched: true }, ...ACCOUNTS.map((name) => `0 ${name} {username:z}`)],
  [
    "a grant after a session",
    {
      stored: { [SET]: { username: "s" } },
      changes: { [SET]: { username: "s", groups: ["g"] }, [SESSIONS]: jane },
    },
    JANE,
    waiting("sso-session/A/v"),
    "35 sso/A/v {username:s,groups:[g]}",
    "writing 2/2",
  ],
  [
    "an own write is still recent after another operator's change",
    {
      stored: { [SET]: { username: "s" }, [CI]: ci({ groups: ["g"] }) },
      changes: {
        [SESSIONS]: jane,
        [CI]: ci({ username: "{SessionName}:x" }),
        [SET]: { username: "{SessionName}:s" },
      },
      race: { G2: put(ACCOUNT, { username: "z" }) },
    },
    JANE,
    BOTH,
    "0 role/A/ci {arn:role/ci,username:{SessionName}:x}",
    waiting("sso-session/A/v"),
    "35 sso/A/v {username:{SessionName}:s}",
    "writing 3/3",
  ],
  [
    "each write would leave no administrator",
    swapAdmins,
    CI_WRITTEN,
    "Refused: each of these changes would leave no administrator for a time. To write them, use --force.",
    "Written, 1 of 3: role/A/ci.",
    "Not written: deny/A, sso-session/A/v.",
  ],
  [
    "each write would leave no administrator, with --force",
    { ...swapAdmins, force: true },
    CI_WRITTEN,
    "0 deny/A [{arnLike:arn:aws:sts::A:assumed-role/AWSReservedSSO_v_*/jane}]",
    "0 sso-session/A/v [{session:joe,username:joe,groups:[system:masters]}]",
  ],
  [
    "an account's mapping ends, and is deleted later",
    { stored: { [ACCOUNT]: { username: "z" } }, changes: { [ACCOUNT]: undefined } },
    "0 account/A {username:z,notAfter:2026-06-01T00:00:00.000Z}",
    waiting("account/A"),
    "35 account/A removed",
    "writing 1/1",
  ],
  ["another mapping changes meanwhile", during(grant, { G1: put(ACCOUNT, { username: "z" }) }), BOTH, GRANTED],
  ["the same mapping changes meanwhile", during(grant, { G1: put(CI, ci({ username: "other" })) }), CONFLICT, NOTHING],
  ["the same mapping is written with its value", during(grant, { G1: put(CI, ci()) }), CONFLICT, NOTHING],
  [
    "a denial appears meanwhile",
    during(grant, { G1: deny("ci") }),
    "Another operator changed deny/A at the same time. Combined with that change, ci gets u (g) by role/A/ci: deny/A may deny it. Their change is kept.",
    NOTHING,
  ],
  ["the list gets another entry meanwhile", during(list, { G1: deny("a", "b") }), BOTH_LISTS, listed("a", "b", "c")],
  ["the list gets another entry right before the write", during(list, { P1: deny("a", "b") }), listed("a", "c"), listed("a", "b", "c"), BOTH_LISTS],
  ["a list whose text has a repeated key", lists(`[{"arnLike":"${arn("role/a")}","arnLike":"${arn("role/a")}"}]`, denials("a")), listed("a")],
  ["what the plan uses changes without end", during(grant, always), ...Array.from({ length: 21 }, () => BOTH), "Other operators keep changing what the plan uses.", NOTHING],
  ["the response of a write is lost", during(two, { P1: lost(put(CI, ci())) }), CI_WRITTEN, BOB_WRITTEN],
  ["the response of a removal is lost", { stored: { [CI]: ci() }, changes: { [CI]: undefined }, race: { D1: lost(remove(CI)) } }, "0 role/A/ci removed"],
  ["a write fails", during(two, { P1: lost(() => {}) }), CI_WRITTEN, FAILED, NOTHING],
  ["the second write fails", during(two, { P2: lost(() => {}) }), CI_WRITTEN, BOB_WRITTEN, FAILED, ...LEFT],
  [
    "nothing answers after the first write",
    during(two, { P2: () => cluster.store.fail(FAULT) }),
    CI_WRITTEN,
    BOB_WRITTEN,
    FAILED,
    "To see its versions, run: aws ssm get-parameter-history --name user/A/bob",
    "It is not known whether user/A/bob was written.",
    "Written, 1 of 2: role/A/ci. Run the same command again to finish.",
  ],
  [
    "a conflict at the second write",
    during(two, { P2: put(`user/${A}/bob`, { ...bob, username: "other" }) }),
    CI_WRITTEN,
    BOB_WRITTEN,
    "Another operator changed user/A/bob in the meantime: it did not exist, it is now version 1. Their change is kept.",
    ...LEFT,
  ],
  ["another mapping is removed meanwhile", during(below, { G1: remove(ACCOUNT) }), BOTH, GRANTED],
  ["another mapping is removed and created again with another value", during(below, { G1: again(ACCOUNT, { username: "y" }) }), BOTH, GRANTED],
  ["a new list gets another entry right before the write", { changes: { [DENY]: denials("a") }, race: { P1: deny("b") } }, listed("a"), listed("b", "a"), BOTH_LISTS],
  ["text that is not a list is replaced", lists("{", denials("a")), listed("a")],
  ["a deny list that is written twice ends in the wanted order", lists(denials("a", "b"), denials("c", "b")), listed("a", "b", "c"), listed("c", "b")],
  ["a deny list that is written twice gets another entry", during(swap, { P1: deny("a", "b") }), listed("a", "c"), listed("a", "b", "c"), BOTH_LISTS, listed("b", "c")],
  [
    "another operator lifts the denial that still applies, after consent to what is given",
    {
      stored: { [CI]: ci(), [DENY]: denials("ci", "c*") },
      changes: { [DENY]: denials("c*") },
      race: { P1: deny("ci") },
    },
    listed("c*"),
    listed(),
    BOTH_LISTS,
  ],
  [
    "a neighbour changes between two writes of a phase",
    during(two, { P1: put(DENY, [{ arnLike: arn("user/bob") }]) }),
    CI_WRITTEN,
    "Another operator changed deny/A at the same time. Combined with that change, bob gets b by user/A/bob: deny/A may deny it. Their change is kept.",
    "Written, 1 of 2: role/A/ci.",
    "Not written: user/A/bob. Run the same command again to finish.",
  ],
  ["a neighbour changes in the middle of a phase, and nothing needs consent", during(two, { P1: deny("x") }), CI_WRITTEN, BOTH_LISTS, BOB_WRITTEN],
  ["the second write of a list fails", during(swap, { P2: lost(() => {}) }), listed("a", "c"), listed("c"), FAILED, "Not finished: deny/A. Run the same command again to finish."],
  [
    "a write replaces another operator's",
    during(grant, { P1: put(CI, ci({ username: "other" })) }),
    GRANTED,
    "Another operator wrote role/A/ci at the same time, and your write replaced theirs: version 2 by user/local.",
    "To see its versions, run: aws ssm get-parameter-history --name role/A/ci",
    "To restore version 2, run: mappings rollback role/A/ci --to 2",
    "Not finished: role/A/ci. Restore it first, then run the same command again.",
  ],
  ["a read fails before the first write", during(grant, { G1: lost(() => {}) }), FAILED, NOTHING],
  ["a bug", during(grant, { P1: bug }), "bug"],
];
for (const [what, plan, ...events] of ROWS)
  test(what, async () => assert.deepEqual(await write(plan), events));
