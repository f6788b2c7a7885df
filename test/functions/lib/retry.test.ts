// Retries of failures and throttling, with limits for each try and for all, on mocked timers and an injected clock.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import { failureKind, type RetryRules, retry, TimedOut } from "../../../functions/lib/retry.ts";
import { mockTime } from "../../time.ts";

const LIMITS = { tryMs: 2_000, totalMs: 4_000 };
const always = (_error: unknown): boolean => true;

/** Runs `retry` in a time that only `pass` moves. */
function start(
  deadlineMs: number,
  call: (signal: AbortSignal) => Promise<string>,
  isRetryable = always,
  more: Partial<RetryRules> = {},
) {
  const time = mockTime();
  const outcome = retry({ ...LIMITS, isRetryable, ...more }, time.within(deadlineMs), call).then(
    (value) => value,
    (error: unknown) => error,
  );
  const pass = async (ms: number, onTheClock = ms): Promise<void> => {
    // Lets running code set its timers first
    await new Promise(setImmediate);
    time.pass(ms, onTheClock);
    await new Promise(setImmediate);
  };
  return { outcome, pass };
}

/** A call that counts its tries and runs the next step each time. */
function calls(...steps: readonly (string | Error | "silent")[]) {
  const signals: AbortSignal[] = [];
  const call = (signal: AbortSignal): Promise<string> => {
    signals.push(signal);
    const step = steps[signals.length - 1];
    if (step === "silent") return Promise.withResolvers<string>().promise;
    return step instanceof Error ? Promise.reject(step) : Promise.resolve(step ?? "unexpected");
  };
  return { call, signals };
}

afterEach(() => mock.timers.reset());

const [ONE, TWO, THROTTLED] = [new Error("one"), new Error("two"), new Error("slow down")];
const isThrottling = (error: unknown): boolean => error === THROTTLED;

interface Case {
  readonly steps: readonly (string | Error | "silent")[];
  readonly deadline?: number;
  readonly isRetryable?: (error: unknown) => boolean;
  readonly random?: number;
  /** The number of tries that were made, by time. The last one is the final number. */
  readonly tries: Readonly<Record<number, number>>;
  /** By how much the clock is behind the timers. */
  readonly behind?: number;
  /** The result, the error, or the message of `TimedOut`. */
  readonly outcome: string | Error | RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  "a successful call is made once": { steps: ["answer"], tries: { 0: 1 }, outcome: "answer" },
  "a failure is retried once": { steps: [ONE, "answer"], tries: { 0: 2 }, outcome: "answer" },
  "the second error is thrown unchanged": { steps: [ONE, TWO, "too late"], tries: { 0: 2 }, outcome: TWO },
  "an error that is not retryable is thrown at once": {
    steps: [ONE, "answer"],
    tries: { 0: 1 },
    outcome: ONE,
    isRetryable: (error) => error !== ONE,
  },
  "each try ends at its limit, which is a failure": {
    steps: ["silent", "answer"],
    tries: { 1999: 1, 2000: 2 },
    outcome: "answer",
  },
  "two tries that time out end at the limit for all": {
    steps: ["silent", "silent", "too late"],
    deadline: 60_000,
    tries: { 2000: 2, 4000: 2 },
    outcome: /^no answer within 2000 ms$/,
  },
  "no try goes past the deadline": {
    steps: ["silent", "silent"],
    deadline: 2_500,
    tries: { 2000: 2, 2500: 2 },
    outcome: /^no answer within 500 ms$/,
  },
  "no try starts after the deadline": { steps: ["answer"], deadline: 0, tries: { 0: 0 }, outcome: /no time left/ },
  ...Object.fromEntries(
    [0, 1, 50].map((behind) => [
      `no retry is made without time left, even if the clock is ${behind} ms behind the timer`,
      {
        steps: ["silent", "answer"],
        deadline: 1_500,
        behind,
        tries: { 1500: 1 },
        outcome: /^no answer within 1500 ms$/,
      },
    ]),
  ),
  "a throttled call is retried three times, each after a random part of a wait that doubles": {
    steps: [THROTTLED, THROTTLED, THROTTLED, "answer"],
    random: 0.5,
    outcome: "answer",
    tries: { 49: 1, 50: 2, 149: 2, 150: 3, 349: 3, 350: 4 },
  },
  "the random part of a wait can be nothing": { steps: [THROTTLED, "answer"], tries: { 1: 2 }, outcome: "answer" },
  "the random part of a wait can be almost all": {
    steps: [THROTTLED, "answer"],
    random: 0.999_999,
    outcome: "answer",
    tries: { 98: 1, 99: 2 },
  },
  "a call that is throttled four times fails with the unchanged error": {
    steps: [THROTTLED, THROTTLED, THROTTLED, THROTTLED, "too late"],
    random: 0.999,
    outcome: THROTTLED,
    tries: { 100: 2, 300: 3, 700: 4 },
  },
  "no wait is started that would end past the deadline": {
    steps: [THROTTLED, THROTTLED, "answer"],
    deadline: 120,
    random: 0.99,
    outcome: THROTTLED,
    tries: { 99: 2 },
  },
  "throttling and a failure have separate retries": {
    steps: [THROTTLED, ONE, THROTTLED, "answer"],
    tries: { 1: 3, 2: 4 },
    outcome: "answer",
  },
};

for (const [title, { steps, deadline = 5_000, random = 0, tries, behind = 0, ...expected }] of Object.entries(CASES)) {
  test(title, async () => {
    const { call, signals } = calls(...steps);
    const isRetryable = expected.isRetryable ?? ((error) => error !== THROTTLED);
    const { outcome, pass } = start(deadline, call, isRetryable, { isThrottling, random: () => random });
    let now = 0;
    for (const [ms, made] of Object.entries(tries)) {
      await pass(Number(ms) - now, Number(ms) - now - behind);
      now = Number(ms);
      assert.equal(signals.length, made, `at ${ms} ms`);
    }
    const found = await outcome;
    if (expected.outcome instanceof RegExp) {
      assert.ok(found instanceof TimedOut);
      assert.match(found.message, expected.outcome);
    } else {
      assert.equal(found, expected.outcome);
    }
    assert.equal(signals.length, Object.values(tries).at(-1));
    // A try that ended at its limit is aborted, and no other one.
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      steps.slice(0, signals.length).map((step) => step === "silent"),
    );
  });
}

test("the error of a try that used all time is thrown unchanged", async () => {
  const error = new Error("reset at the last moment");
  let now = 0;
  const call = (): Promise<string> => {
    now = 5_000;
    return Promise.reject(error);
  };
  await assert.rejects(
    retry(
      { ...LIMITS, isRetryable: always },
      deadlineIn(5_000, () => now),
      call,
    ),
    (thrown) => thrown === error,
  );
});

test("beforeRetry is called once, with the error of a failure, and not for throttling", async () => {
  const failure = new Error("reset");
  const met: unknown[] = [];
  const beforeRetry = (error: unknown): void => void met.push(error);
  const { call } = calls(THROTTLED, failure, "answer");
  const { outcome, pass } = start(5_000, call, always, { isThrottling, random: () => 0, beforeRetry });
  await pass(1);
  assert.equal(await outcome, "answer");
  assert.deepEqual(met, [failure]);
});

test("failureKind is the code or the name of an error, never its message", () => {
  assert.equal(failureKind(Object.assign(new Error("secret"), { code: "ECONNRESET" })), "ECONNRESET");
  assert.equal(failureKind(Object.assign(new Error("secret"), { code: 7 })), "Error");
  assert.equal(failureKind(new TimedOut("secret")), "TimedOut");
  assert.equal(failureKind("secret"), "unknown failure");
});
