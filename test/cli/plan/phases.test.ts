// Writes in phases: waits for the function's caches, and an interruption at any write that a second
// run completes.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { IS_ALL } from "../../extent.ts";
import { startParameterStore } from "../../local-aws.ts";
import { settingsOf } from "../../stored-settings.ts";
import { type CliResult, cli, useLocalAws } from "../cli.ts";
import { exits, PREFIX } from "../commands/mappings/cluster.ts";

const A = "111122223333";
const START = Date.UTC(2026, 10, 28);
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const ADMIN = { arn: role("Admin"), username: "admin", groups: ["system:masters"] };
const SET_ROLE = "AWSReservedSSO_Ops_0123456789abcdef";

/** One time for the store and the command, in seconds since the start. */
interface TimedStore {
  /** The writes so far: `<seconds> <name> <value>`. */
  readonly writes: string[];
  /** @param stopAt number of the write after which Ctrl-C is pressed */
  run(words: readonly string[], input?: unknown, stopAt?: number): Promise<CliResult>;
  values(): Promise<Record<string, unknown>>;
}

/** @param skew seconds by which the clock of the command is ahead */
async function timedStore(
  t: TestContext,
  values: object,
  skew = 0,
  stored = START - 3_600_000,
): Promise<TimedStore> {
  let time = stored;
  const named = Object.entries(values).map(([name, value]) => [
    `${PREFIX}/${name}`,
    JSON.stringify(value),
  ]);
  const parameters = { ...settingsOf("prod"), ...Object.fromEntries(named) };
  const store = await startParameterStore({ parameters, now: () => time, sendsDate: true });
  t.after(() => store.close());
  time = START;
  const writes: string[] = [];
  let onWrite = () => {};
  store.fail(({ headers, body }) => {
    const [, operation = ""] = String(headers["x-amz-target"]).split(".");
    if (operation !== "PutParameter" && operation !== "DeleteParameter") return undefined;
    const { Name, Value = "" } = JSON.parse(body.toString());
    writes.push(
      [`${(time - START) / 1000}`, Name.slice(PREFIX.length + 1), Value].join(" ").trim(),
    );
    onWrite();
    return undefined;
  });
  return {
    writes,
    async run(words, input = { mappings: [] }, stopAt = 0) {
      useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
      const interrupt = new AbortController();
      const until = writes.length + stopAt;
      onWrite = () => {
        if (stopAt > 0 && writes.length === until) interrupt.abort();
      };
      return cli(["mappings", ...words, "-c", "prod", "--rate", "1000", "-y"], {
        input: JSON.stringify(input),
        now: time + skew * 1000,
        interrupted: interrupt.signal,
        onSleep: (ms) => {
          time += ms;
        },
      });
    },
    async values() {
      const { out } = await cli(["mappings", "list", "-c", "prod", "-o", "json"]);
      const items: { parameter: string; version: number; modified: string }[] = JSON.parse(out);
      return Object.fromEntries(
        items.map(({ version: _, modified: __, parameter, ...item }) => [
          `${parameter} ${JSON.stringify(item)}`,
          item,
        ]),
      );
    },
  };
}

/**
 * Everything that waits: an account, a permission set and its role are removed, and two lists gain
 * and lose entries.
 */
const BEFORE = {
  [`role/${A}/admin`]: ADMIN,
  [`account/${A}`]: { username: "of-account", groups: ["everybody"] },
  [`sso/${A}/ops`]: { username: "ops:{SessionName}", groups: ["ops"] },
  [`sso-session/${A}/ops`]: [{ session: "Jane", username: "jane" }],
  [`role/${A}/${SET_ROLE.toLowerCase()}`]: {
    arn: role(SET_ROLE),
    username: "ops",
    groups: ["ops"],
  },
  [`role/${A}/old`]: { arn: role("Old"), username: "old" },
  [`pattern/${A}`]: [{ arnLike: role("ci-*"), username: "ci", groups: ["deploy", "ci"] }],
  [`deny/${A}`]: [{ arnLike: role("Old") }, { arnLike: role("leaver") }],
};
const FILE = {
  mappings: [
    ADMIN,
    { account: A, permissionSet: "ops", session: "joe", username: "joe" },
    { arn: role("New"), username: "new" },
    { arn: role("ci-main"), username: "ci", groups: ["ci"] },
    { arnLike: role("ci-*"), username: "ci", groups: ["ci"] },
  ],
  deny: [{ arnLike: role("leaver") }, { arnLike: role("Other") }],
};
const APPLY = ["apply", "-f", "-", "--prune-denials", "--allow-weakening"];

test("an interruption after any write and a second run cause the same writes", async (t) => {
  const whole = await timedStore(t, BEFORE);
  await exits(whole.run(APPLY, FILE), 0);
  const end = await whole.values();
  assert.ok(whole.writes.length >= 10, whole.writes.join("\n"));
  assert.match(whole.writes.join("\n"), /^35 /m);
  const beforeWait = whole.writes.findIndex((line) => line.startsWith("35 "));
  const ends = [1, beforeWait, beforeWait + 1, whole.writes.length - 1];
  const all = whole.writes.map((_, index) => index).slice(1);
  for (const stopAt of IS_ALL ? all : ends) {
    const { run, writes, values } = await timedStore(t, BEFORE);
    await exits(run(APPLY, FILE, stopAt), 130);
    assert.equal(writes.length, stopAt);
    await exits(run(APPLY, FILE), 0);
    // A mapping ends at the time of the plan: the second run has another one.
    const withoutEnds = (lines: readonly string[]) =>
      lines.map((line) => line.replace(/"notAfter":"[^"]*"/, "ended"));
    assert.deepEqual(
      withoutEnds(writes),
      withoutEnds(whole.writes),
      `stopped after write ${stopAt}`,
    );
    assert.deepEqual(await values(), end);
  }
});

test("a list of sessions that gains and loses entries is written once, after lower mappings", async (t) => {
  const [list, account] = [`sso-session/${A}/ops`, `account/${A}`];
  const of = (...sessions: string[]) =>
    JSON.stringify(sessions.map((session) => ({ session, username: session })));
  const store = await timedStore(t, {
    [list]: JSON.parse(of("Jane", "joe")),
    [account]: { username: "old" },
  });
  const mappings = [
    { account: A, permissionSet: "ops", session: "jane", username: "jane" },
    { account: A, permissionSet: "ops", session: "joe", username: "joe" },
    { account: A, username: "new" },
  ];
  await exits(store.run(APPLY, { mappings }), 0);
  assert.deepEqual(store.writes, [
    `0 ${account} {"username":"new"}`,
    `35 ${list} ${of("jane", "joe")}`,
  ]);
});

test("a full deny list is written once, after all other changes", async (t) => {
  const denials = (start: string) =>
    Array.from({ length: 40 }, (_, i) => ({ arnLike: role(`${start}-${i}`) }));
  const store = await timedStore(t, {
    [`deny/${A}`]: denials("old"),
    [`account/${A}`]: { username: "old" },
  });
  const mappings = [{ account: A, username: "new" }];
  await exits(store.run(APPLY, { mappings, deny: denials("new") }), 0);
  const names = store.writes.map((line) => line.replace(/ [[{].*/, ""));
  assert.deepEqual(names, [`0 account/${A}`, `35 deny/${A}`]);
  await exits(
    store.run(APPLY, { mappings, deny: [...denials("new").slice(1), { arnLike: role("other") }] }),
    0,
  );
  assert.equal(store.writes.length, 4);
});

for (const [what, skew] of Object.entries({ ahead: 60, behind: -60 })) {
  test(`waits and ends follow AWS's clock if this machine's is a minute ${what}`, async (t) => {
    const parameters = {
      [`role/${A}/admin`]: ADMIN,
      [`sso/${A}/ops`]: { username: "ops", groups: ["ops"] },
      [`deny/${A}`]: [{ arnLike: `arn:aws:sts::${A}:assumed-role/New/jane` }],
    };
    const { run, writes } = await timedStore(t, parameters, skew, START);
    const set = await exits(run(["set", role("New"), "--username", "new", "--allow-weakening"]), 0);
    assert.match(
      set.err,
      new RegExp(`^Waiting 35 s until the function has read deny/${A}\\.`, "m"),
    );
    await exits(run(["remove", `sso/${A}/ops`, "--allow-weakening"]), 0);
    const ended = writes.find((line) => line.includes("notAfter")) ?? "";
    assert.ok(ended.includes('"notAfter":"2026-11-28T00:00:35.000Z"'), ended);
  });
}

test("the plan says which removals take two writes", async (t) => {
  const store = await timedStore(t, {
    [`role/${A}/admin`]: ADMIN,
    [`role/${A}/old`]: { arn: role("Old"), username: "old" },
    [`sso/${A}/ops`]: { username: "ops:{SessionName}", groups: ["ops"] },
  });
  const line = "    It is written as ended, and deleted 35 s later.\n";
  const { out } = await exits(
    store.run(["remove", `role/${A}/old`, `sso/${A}/ops`, "--allow-weakening"]),
    0,
  );
  assert.deepEqual(out.split(line).length, 2, out);
  assert.match(out, new RegExp(`- sso/${A}/ops\\n {4}ops:\\{SessionName\\} \\(ops\\)\\n${line}`));
  assert.deepEqual(store.writes.length, 3);
});
