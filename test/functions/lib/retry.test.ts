// Retries of failures and throttling, with limits for each try and for all, on mocked timers and an
// injected clock.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import { failureKind, type RetryRules, retry, TimedOut } from "../../../functions/lib/retry.ts";
import { mockTime } from "../../time.ts";

const LIMITS = { tryMs: 2_000, totalMs: 4_000 };

/** Runs `retry` in a time that only `pass` moves. */
function start(
  deadlineMs: number,
  call: (signal: AbortSignal) => Promise<string>,
  isRetryable: (error: unknown) => boolean,
  more: Partial<RetryRules>,
) {
  const time = mockTime();
  const rules = { ...LIMITS, isRetryable, ...more };
  const outcome = retry(rules, time.within(deadlineMs), call).catch((error: unknown) => error);
  const pass = async (ms: number, onTheClock = ms): Promise<void> => {
    await new Promise(setImmediate);
    time.pass(ms, onTheClock);
    await new Promise(setImmediate);
  };
  return { outcome, pass };
}

/** A call that counts its tries and runs the next step each time. */
function calls(...steps: Steps) {
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

const ONE = new Error("one");
const TWO = new Error("two");
const THROTTLED = new Error("slow down");
const isThrottling = (error: unknown): boolean => error === THROTTLED;

const OPTIONS = {
  ...{ deadline: 5_000, random: 0, isRetryable: (error: unknown) => error !== THROTTLED },
  /** By how much the clock is behind the timers. */
  behind: 0,
};
type Steps = readonly (string | Error | "silent")[];
/**
 * `tries`: the number that was made, by time. `outcome`: the result, the error, or the message of
 * `TimedOut`.
 */
type Case = readonly [
  title: string,
  steps: Steps,
  tries: Readonly<Record<number, number>>,
  outcome: string | Error | RegExp,
  options?: Partial<typeof OPTIONS>,
];

const T = THROTTLED;
const SILENT = "silent";
// biome-ignore format: a table
const CASES: readonly Case[] = [
  ["a successful call is made once", ["answer"], { 0: 1 }, "answer"],
  ["a failure is retried once", [ONE, "answer"], { 0: 2 }, "answer"],
  ["the second error is thrown unchanged", [ONE, TWO, "too late"], { 0: 2 }, TWO],
  ["an error that is not retryable is thrown at once", [ONE, "-"], { 0: 1 }, ONE, { isRetryable: (e) => e !== ONE }],
  ["each try ends at its limit, which is a failure", [SILENT, "answer"], { 1999: 1, 2000: 2 }, "answer"],
  ["two tries that time out end at the limit for all", [SILENT, SILENT, "too late"], { 2000: 2, 4000: 2 }, /^no answer within 2000 ms$/, { deadline: 60_000 }],
  ["no try goes past the deadline", [SILENT, SILENT], { 2000: 2, 2500: 2 }, /within 500 ms$/, { deadline: 2_500 }],
  ["no try starts after the deadline", ["answer"], { 0: 0 }, /no time left/, { deadline: 0 }],
  ["no retry is made without time left, even if the clock is behind the timer", [SILENT, "answer"], { 1500: 1 }, /^no answer within 1500 ms$/, { deadline: 1_500, behind: 1 }],
  ["a throttled call is retried once, after a random part of 100 ms", [T, "answer"], { 49: 1, 50: 2 }, "answer", { random: 0.5 }],
  ["the random part of a wait can be nothing", [T, "answer"], { 1: 2 }, "answer"],
  ["the random part of a wait can be almost all", [T, "answer"], { 98: 1, 99: 2 }, "answer", { random: 0.999_999 }],
  ["a call that is throttled twice fails with the unchanged error", [T, T, "-"], { 100: 2 }, T, { random: 0.999 }],
  ["no wait starts that would end past the deadline", [T, "-"], { 50: 1 }, T, { deadline: 50, random: 0.99 }],
  ["a throttled call that fails then has no other retry", [T, ONE, "-"], { 1: 2 }, ONE],
  ["a failed call that is throttled then has no other retry", [ONE, T, "-"], { 1: 2 }, T],
];

for (const [title, steps, tries, expected, options = {}] of CASES) {
  const { deadline, random, behind, isRetryable } = { ...OPTIONS, ...options };
  test(title, async () => {
    const { call, signals } = calls(...steps);
    const { outcome, pass } = start(deadline, call, isRetryable, {
      isThrottling,
      random: () => random,
    });
    let now = 0;
    for (const [ms, made] of Object.entries(tries)) {
      await pass(Number(ms) - now, Number(ms) - now - behind);
      now = Number(ms);
      assert.equal(signals.length, made, `at ${ms} ms`);
    }
    const found = await outcome;
    if (expected instanceof RegExp)
      assert.match(found instanceof TimedOut ? found.message : "", expected);
    else assert.equal(found, expected);
    assert.equal(signals.length, Object.values(tries).at(-1));
    const timedOut = steps.slice(0, signals.length).map((step) => step === "silent");
    const aborted = signals.map((signal) => signal.aborted);
    assert.deepEqual(aborted, timedOut);
  });
}

test("the error of a try that used all time is thrown unchanged", async () => {
  let now = 0;
  const call = (): Promise<string> => {
    now = 5_000;
    return Promise.reject(ONE);
  };
  const deadline = deadlineIn(5_000, () => now);
  await assert.rejects(retry({ ...LIMITS, isRetryable: () => true }, deadline, call), ONE);
});

for (const [what, error, expected] of [
  ["a failure", ONE, [ONE]],
  ["throttling", THROTTLED, [THROTTLED]],
] as const) {
  test(`beforeRetry is called with the error of the first try: ${what}`, async () => {
    const met: unknown[] = [];
    const { call } = calls(error, "answer");
    const more = {
      isThrottling,
      random: () => 0,
      beforeRetry: (error: unknown) => void met.push(error),
    };
    const { outcome, pass } = start(5_000, call, () => true, more);
    await pass(1);
    assert.deepEqual([await outcome, met], ["answer", expected]);
  });
}

test("failureKind is the code or the name of an error, in one short line, never its message", () => {
  assert.equal(
    failureKind(Object.assign(new Error("secret"), { code: "ECONNRESET" })),
    "ECONNRESET",
  );
  assert.equal(failureKind(Object.assign(new Error("secret"), { code: 7 })), "Error");
  assert.equal(failureKind(new TimedOut("secret")), "TimedOut");
  assert.equal(failureKind("secret"), "unknown failure");
  for (const [name, expected] of [
    ["Throttling\nException", "Throttling?Exception"],
    ["a\r\u2028\u{1b}[31mb c", "a????31mb?c"],
    ["com.amazonaws.ssm#Failure:x", "com.amazonaws.ssm#Failure:x"],
    ["x".repeat(65), "x".repeat(64)],
  ] as const)
    assert.equal(failureKind(Object.assign(new Error("secret"), { name })), expected);
});
