// The guard of every service that a review waits for: which failures are remembered, for which
// calls, how long, and what a probe or a call that was cut short changes.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { SERVICES } from "../../../functions/aws/services.ts";
import { guard, type Limits } from "../../../functions/lib/guard.ts";
import { mockTime } from "../../time.ts";

afterEach(() => mock.timers.reset());

const failed = (name: string) => Object.assign(new Error("secret"), { name });
const REFUSED = failed("ECONNREFUSED");
const RESET = failed("ECONNRESET");
const THROTTLED = failed("Throttling");
/** What the service does in one try. */
type Behaviour = "answers" | "silent" | Error;

const LIMITS: Limits = {
  tryMs: 1_000,
  totalMs: 2_000,
  silence: { ms: 2_000, of: "key" },
  failure: undefined,
};

/** A service behind a guard, in a time that only the test moves. */
function service(limits: Partial<Limits> = {}) {
  const { clock, within, pass } = mockTime();
  const state: { behaviours: Behaviour[]; usual: Behaviour; tries: string[] } = {
    behaviours: [],
    usual: "answers",
    tries: [],
  };
  const transport = {
    send(asked: string): Promise<string> {
      state.tries.push(asked);
      const behaviour = state.behaviours.shift() ?? state.usual;
      if (behaviour === "silent") return Promise.withResolvers<string>().promise;
      return behaviour === "answers" ? Promise.resolve("answer") : Promise.reject(behaviour);
    },
    settle(error: unknown): string {
      throw error;
    },
    keyOf: String,
    isRetryable: (error: unknown) => error !== THROTTLED,
    isThrottling: (error: unknown) => error === THROTTLED,
    random: () => 0,
  };
  const call = guard({ ...LIMITS, ...limits }, transport, clock);
  const turn = () => new Promise(setImmediate);
  async function passing(ms: number): Promise<void> {
    await turn();
    pass(ms);
    await turn();
  }
  const ask = (asked: string, ms = 5_000, time?: "try") =>
    call(asked, within(ms), time).catch((error: Error) => error.name);
  /** Runs a call to its end. Returns its outcome, its tries, and the time that it took. */
  async function done(asked: string, ms?: number, time?: "try") {
    state.tries.length = 0;
    const start = clock();
    const calling = ask(asked, ms, time);
    let outcome: string | undefined;
    void calling.then((ended) => {
      outcome = ended;
    });
    for (;;) {
      await turn();
      if (outcome !== undefined) return [outcome, state.tries.length, clock() - start] as const;
      pass(10);
    }
  }
  return { state, ask, done, pass, passing, call };
}

const AT_ONCE = ["TimedOut", 0, 0] as const;
const ANSWERED = ["answer", 1, 0] as const;

test("after a call whose tries all timed out, calls of its key fail at once for 2 s", async () => {
  const { state, done, pass } = service();
  state.usual = "silent";
  assert.deepEqual(await done("a"), ["TimedOut", 2, 2_000]);
  state.usual = "answers";
  for (const ms of [0, 1_999]) {
    pass(ms);
    assert.deepEqual([await done("a"), await done("b")], [AT_ONCE, ANSWERED]);
  }
  pass(1);
  assert.deepEqual(await done("a"), ANSWERED);
});

test("then one call at a time probes, in the time of one try, and its answer ends the silence", async () => {
  const { state, ask, done, pass, passing } = service();
  state.usual = "silent";
  await done("a");
  pass(2_000);
  assert.deepEqual(await done("a"), ["TimedOut", 1, 1_000]);
  assert.deepEqual(await done("a"), AT_ONCE, "the probe is remembered");
  pass(2_000);
  const probe = ask("a");
  assert.deepEqual(await done("a"), AT_ONCE, "a probe is running");
  await passing(1_000);
  assert.equal(await probe, "TimedOut");
  pass(2_000);
  state.usual = "answers";
  assert.deepEqual(await done("a"), ANSWERED);
  state.usual = "silent";
  assert.deepEqual(await done("a"), ["TimedOut", 2, 2_000], "no probe any more");
});

for (const [what, behaviours, isSilence] of [
  ["refused twice", [REFUSED, REFUSED], true],
  ["timed out, then refused", ["silent", REFUSED], true],
  ["reset twice", [RESET, RESET], false],
  ["reset, then timed out", [RESET, "silent"], false],
  ["timed out, then reset", ["silent", RESET], false],
  ["throttled, then timed out", [THROTTLED, "silent"], false],
  ["throttled twice", [THROTTLED, THROTTLED], false],
] as const) {
  test(`a call that was ${what} is ${isSilence ? "" : "not "}silence`, async () => {
    const { state, done } = service();
    state.behaviours.push(...behaviours);
    const [, tries] = await done("a");
    assert.equal(tries, 2);
    const [, later] = await done("a");
    assert.equal(later, isSilence ? 0 : 1);
  });
}

for (const [what, behaviours, later] of [
  ["was reset", [RESET, RESET], ANSWERED],
  ["was throttled", [THROTTLED, THROTTLED], ["Throttling", 0, 0]],
  ["was refused", [REFUSED, REFUSED], ["ECONNREFUSED", 0, 0]],
] as const) {
  test(`a probe that ${what} replaces the memory of silence by its own`, async () => {
    const failure = what === "was throttled" ? ({ ms: 500, of: "key" } as const) : undefined;
    const { state, done, pass } = service({ failure });
    state.usual = "silent";
    await done("a");
    pass(2_000);
    state.behaviours.push(...behaviours);
    state.usual = "answers";
    await done("a");
    assert.deepEqual(await done("a"), later);
    pass(500);
    assert.equal((await done("a"))[1], what === "was refused" ? 0 : 1);
  });
}

test("a call that had less time than its limit makes no memory", async () => {
  for (const behaviour of ["silent", REFUSED, RESET, THROTTLED] as const) {
    const { state, done } = service({ failure: { ms: 1_000, of: "key" } });
    state.behaviours.push(behaviour, behaviour);
    await done("a", 1_990);
    assert.deepEqual(await done("a"), ANSWERED);
    mock.timers.reset();
  }
});

test("a call that was cut short erases no memory and ends only its probe", async () => {
  const { state, ask, done, pass, passing } = service();
  state.usual = "silent";
  await done("a");
  pass(2_000);
  assert.deepEqual(await done("a", 990), ["TimedOut", 1, 990]);
  const probe = ask("a");
  assert.deepEqual(await done("a"), AT_ONCE, "the silence is still known: one call probes");
  await passing(1_000);
  await probe;
  assert.deepEqual(await done("a"), AT_ONCE);
});

test("an answer in a call with less time ends the memory", async () => {
  const { state, done, pass } = service();
  state.usual = "silent";
  await done("a");
  pass(2_000);
  state.usual = "answers";
  assert.deepEqual(await done("a", 10), ANSWERED);
  state.usual = "silent";
  assert.deepEqual(await done("a"), ["TimedOut", 2, 2_000]);
});

test("a call with the time of one try is remembered if it had that time, and not with less", async () => {
  const { state, done } = service();
  state.usual = "silent";
  assert.deepEqual(await done("a", 990, "try"), ["TimedOut", 1, 990]);
  assert.deepEqual(await done("a", 5_000, "try"), ["TimedOut", 1, 1_000]);
  assert.deepEqual(await done("a"), AT_ONCE);
  state.behaviours.push(RESET, "answers");
  assert.deepEqual(await done("b", 5_000, "try"), ["answer", 2, 0], "its reset is retried");
});

test("silence of the entire service is one memory for all keys", async () => {
  const { state, done, pass } = service({
    silence: { ms: 2_000, of: "service" },
    failure: { ms: 1_000, of: "key" },
  });
  state.behaviours.push(THROTTLED, THROTTLED);
  await done("a");
  assert.deepEqual([(await done("a"))[1], (await done("b"))[1]], [0, 1]);
  pass(999);
  assert.equal((await done("a"))[1], 0);
  pass(1);
  assert.deepEqual(await done("a"), ANSWERED);
  state.usual = "silent";
  await done("a");
  assert.deepEqual([await done("a"), await done("b")], [AT_ONCE, AT_ONCE]);
});

for (const [what, step] of [
  ["by a millisecond", -1],
  ["by an hour", -3_600_000],
] as const) {
  test(`a clock that steps back ${what} ends the memory`, async () => {
    const { state, done, pass } = service();
    state.usual = "silent";
    await done("a");
    pass(0, step);
    state.usual = "answers";
    assert.deepEqual(await done("a"), ANSWERED);
  });
}

test("a service is not failing a minute after its last failure", async () => {
  const { state, call, done, pass } = service();
  state.usual = "silent";
  await done("a");
  pass(59_999);
  assert.equal(call.isFailing(), true);
  pass(1);
  assert.equal(call.isFailing(), false);
  assert.deepEqual(await done("a"), ["TimedOut", 1, 1_000]);
});

test("a service is failing after a failure that is remembered, until an answer for any key", async () => {
  const { state, call, done } = service({ failure: { ms: 1_000, of: "key" } });
  assert.equal(call.isFailing(), false);
  state.behaviours.push(THROTTLED, THROTTLED);
  await done("a");
  assert.equal(call.isFailing(), true);
  state.behaviours.push("silent");
  await done("b", 10);
  assert.equal(call.isFailing(), true, "a call that was cut short proves nothing");
  await done("b");
  assert.equal(call.isFailing(), false);
});

test("failures of 1,000 other keys end the memory of one, so that callers cannot fill the memory", async () => {
  const { state, done } = service();
  state.usual = REFUSED;
  const keys = ["a", "a", ...Array.from({ length: 1_000 }, (_, index) => `other-${index}`), "a"];
  const asked: string[] = [];
  for (const key of keys) if ((await done(key))[1] > 0) asked.push(key);
  assert.deepEqual(asked, keys.slice(1));
});

test("every service has its limits", () => {
  const all = Object.entries(SERVICES).map(([name, { tryMs, totalMs, silence, failure }]) =>
    [
      `${name}: ${tryMs} of ${totalMs}`,
      `silence ${silence.ms} by ${silence.of}`,
      failure && `failure ${failure.ms} by ${failure.of}`,
    ].join(", "),
  );
  assert.deepEqual(all, [
    "sts: 2000 of 4000, silence 2000 by key, ",
    "parameterStore: 1000 of 2000, silence 2000 by service, failure 1000 by key",
    "ec2: 1000 of 2000, silence 2000 by service, ",
    "iam: 1000 of 2000, silence 2000 by service, ",
    "tokenKeys: 1000 of 2000, silence 5000 by key, failure 5000 by key",
  ]);
});
