// Writes in phases: waits for the function's caches, and an interruption at any write that a second run completes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { type CliResult, cli, useLocalAws } from "../cli.ts";
import { PREFIX } from "../mappings/cluster.ts";

const A = "111122223333";
const START = Date.UTC(2026, 10, 28);
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const ADMIN = { arn: role("Admin"), username: "admin", groups: ["system:masters"] };
const SET_ROLE = "AWSReservedSSO_Ops_0123456789abcdef";

/** One time for the store and the command, in seconds since the start. */
interface TimedStore {
  readonly store: MemoryStore;
  /** The writes so far: `<seconds> <name> <value>`. */
  readonly writes: string[];
  /** @param stopAt number of the write after which Ctrl-C is pressed */
  run(words: readonly string[], input?: unknown, stopAt?: number): Promise<CliResult>;
  values(): Promise<Record<string, unknown>>;
  wait(seconds: number): void;
}

async function timedStore(t: { after(end: () => unknown): void }, parameters: object): Promise<TimedStore> {
  let time = START - 3_600_000;
  const named = Object.entries(parameters).map(([name, value]) => [`${PREFIX}/${name}`, JSON.stringify(value)]);
  const store = await startParameterStore({ parameters: Object.fromEntries(named), now: () => time });
  t.after(() => store.close());
  time = START;
  const writes: string[] = [];
  let onWrite = () => {};
  store.fail(({ headers, body }) => {
    const [, operation = ""] = String(headers["x-amz-target"]).split(".");
    if (operation !== "PutParameter" && operation !== "DeleteParameter") return undefined;
    const { Name, Value = "" } = JSON.parse(body.toString());
    writes.push([`${(time - START) / 1000}`, Name.slice(PREFIX.length + 1), Value].join(" ").trim());
    onWrite();
    return undefined;
  });
  return {
    store,
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
        now: time,
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
        items.map(({ version: _, modified: __, parameter, ...item }) => [`${parameter} ${JSON.stringify(item)}`, item]),
      );
    },
    wait(seconds) {
      time += seconds * 1000;
    },
  };
}

/** Everything that waits: an account, a permission set and its role are removed, and a deny list gains and loses. */
const BEFORE = {
  [`role/${A}/admin`]: ADMIN,
  [`account/${A}`]: { username: "of-account", groups: ["everybody"] },
  [`sso/${A}/ops`]: { username: "ops:{SessionName}", groups: ["ops"] },
  [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), username: "ops", groups: ["ops"] },
  [`role/${A}/old`]: { arn: role("Old"), username: "old" },
  [`pattern/${A}`]: [{ arnLike: role("ci-*"), username: "ci", groups: ["deploy", "ci"] }],
  [`deny/${A}`]: [{ arnLike: role("Old") }, { arnLike: role("leaver") }],
};
const FILE = {
  mappings: [
    ADMIN,
    { arn: role("New"), username: "new" },
    { arn: role("ci-main"), username: "ci", groups: ["ci"] },
    { arnLike: role("ci-*"), username: "ci", groups: ["ci"] },
  ],
  deny: [{ arnLike: role("leaver") }, { arnLike: role("Other") }],
};
const APPLY = ["apply", "-f", "-", "--prune-denials", "--allow-weakening"];

test("an interruption after any write, and a second run, cause the same writes with the same waits", async (t) => {
  const whole = await timedStore(t, BEFORE);
  const { code, err } = await whole.run(APPLY, FILE);
  assert.equal(code, 0, err);
  const end = await whole.values();
  assert.ok(whole.writes.length >= 10, whole.writes.join("\n"));
  assert.ok(
    whole.writes.some((line) => line.startsWith("35 ")),
    whole.writes.join("\n"),
  );
  for (let stopAt = 1; stopAt < whole.writes.length; stopAt += 1) {
    const { run, writes, values } = await timedStore(t, BEFORE);
    const first = await run(APPLY, FILE, stopAt);
    assert.equal(first.code, 130, `${stopAt}: ${first.err}`);
    assert.equal(writes.length, stopAt);
    const second = await run(APPLY, FILE);
    assert.equal(second.code, 0, `${stopAt}: ${second.err}`);
    assert.deepEqual(writes, whole.writes, `stopped after write ${stopAt}`);
    assert.deepEqual(await values(), end);
  }
});

test("a deny list that has no room for the old and the new denials at once is refused before any write", async (t) => {
  const denials = (start: string) => Array.from({ length: 40 }, (_, i) => ({ arnLike: role(`${start}-${i}`) }));
  const store = await timedStore(t, { [`deny/${A}`]: denials("old") });
  const replaced = await store.run(["apply", "-f", "-", "--prune-denials", "--allow-weakening"], {
    deny: denials("new"),
  });
  assert.equal(replaced.code, 1);
  assert.match(
    replaced.err,
    /^deny\/\d+ is first written with the stored and the new denials, and has no room for both: \d+ bytes, but a parameter holds at most 4096\. Remove the denials with one command, and add the new ones with another\.\n$/,
  );
  assert.deepEqual(store.writes, []);
  const some = await store.run(["apply", "-f", "-", "--prune-denials", "--allow-weakening"], {
    deny: [...denials("old").slice(1), { arnLike: role("new") }],
  });
  assert.deepEqual([some.code, store.writes.length], [0, 2], some.err);
});

for (const [what, skew] of [
  ["ahead", 60_000],
  ["behind", -60_000],
] as const) {
  test(`waits and ends follow AWS's clock if this machine's is a minute ${what}`, async (t) => {
    const parameters = {
      [`${PREFIX}/role/${A}/admin`]: JSON.stringify(ADMIN),
      [`${PREFIX}/sso/${A}/ops`]: JSON.stringify({ username: "ops", groups: ["ops"] }),
      [`${PREFIX}/deny/${A}`]: JSON.stringify([{ arnLike: `arn:aws:sts::${A}:assumed-role/New/jane` }]),
    };
    let time = START;
    const store = await startParameterStore({ parameters, now: () => time, sendsDate: true });
    t.after(() => store.close());
    useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
    const run = (words: readonly string[]) => {
      const onSleep = (ms: number) => {
        time += ms;
      };
      const options = { now: time + skew, onSleep };
      return cli(["mappings", ...words, "-c", "prod", "-y", "--allow-weakening"], options);
    };
    const set = await run(["set", role("New"), "--username", "new"]);
    assert.equal(set.code, 0, set.err);
    assert.match(set.err, new RegExp(`^Waiting 35 s until the function has read deny/${A}\\.`, "m"));
    const removed = await run(["remove", `sso/${A}/ops`]);
    assert.equal(removed.code, 0, removed.err);
    const ended = store.requests.findLast(({ body }) => body.includes("notAfter"))?.body.toString() ?? "{}";
    assert.equal(JSON.parse(JSON.parse(ended).Value).notAfter, "2026-11-28T00:00:35.000Z");
  });
}
