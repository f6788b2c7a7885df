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

test("a successful call is made once", async () => {
  const { call, signals } = calls("answer");
  assert.equal(await start(5_000, call).outcome, "answer");
  assert.equal(signals.length, 1);
  assert.equal(signals[0]?.aborted, false);
});

test("a failure is retried once, and the second error is thrown unchanged", async () => {
  const first = calls(new Error("one"), "answer");
  assert.equal(await start(5_000, first.call).outcome, "answer");
  const second = new Error("two");
  const both = calls(new Error("one"), second, "too late");
  mock.timers.reset();
  assert.equal(await start(5_000, both.call).outcome, second);
  assert.equal(both.signals.length, 2);
});

test("an error that is not retryable is thrown at once", async () => {
  const error = new Error("no use");
  const { call, signals } = calls(error, "answer");
  assert.equal(await start(5_000, call, (met) => met !== error).outcome, error);
  assert.equal(signals.length, 1);
});

test("each try ends at its limit, which aborts its signal and is a failure", async () => {
  const { call, signals } = calls("silent", "answer");
  const { outcome, pass } = start(5_000, call);
  await pass(1_999);
  assert.deepEqual([signals.length, signals[0]?.aborted], [1, false]);
  await pass(1);
  assert.deepEqual([signals.length, signals[0]?.aborted], [2, true]);
  assert.equal(await outcome, "answer");
});

test("two tries that time out end at the limit for all", async () => {
  const { call, signals } = calls("silent", "silent", "too late");
  const { outcome, pass } = start(60_000, call);
  await pass(2_000);
  await pass(2_000);
  const error = await outcome;
  assert.ok(error instanceof TimedOut);
  assert.equal(error.message, "no answer within 2000 ms");
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
});

test("no try goes past the deadline, and none starts after it", async () => {
  const { call, signals } = calls("silent", "silent");
  const { outcome, pass } = start(2_500, call);
  await pass(2_000);
  assert.equal(signals.length, 2);
  await pass(500);
  assert.match(String(await outcome), /no answer within 500 ms/);

  const late = calls("answer");
  mock.timers.reset();
  assert.match(String(await start(0, late.call).outcome), /no time left/);
  assert.equal(late.signals.length, 0);
});

test("no retry is made without time left", async () => {
  const { call, signals } = calls("silent", "answer");
  const { outcome, pass } = start(1_500, call);
  await pass(1_500);
  assert.ok((await outcome) instanceof TimedOut);
  assert.equal(signals.length, 1);
});

test("a try that had all remaining time is the last one, even if the clock is behind the timer", async () => {
  for (const behind of [1, 50]) {
    const { call, signals } = calls("silent", "answer");
    const { outcome, pass } = start(1_500, call);
    await pass(1_500, 1_500 - behind);
    assert.ok((await outcome) instanceof TimedOut);
    assert.equal(signals.length, 1);
    mock.timers.reset();
  }
});

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

test("a successful call is not aborted later", async () => {
  const { call, signals } = calls("answer");
  const { outcome, pass } = start(5_000, call);
  assert.equal(await outcome, "answer");
  await pass(10_000);
  assert.equal(signals[0]?.aborted, false);
});

const THROTTLED = new Error("slow down");
const isThrottling = (error: unknown): boolean => error === THROTTLED;
const throttledTimes = (times: number, ...then: readonly (string | Error | "silent")[]) =>
  calls(...Array.from({ length: times }, () => THROTTLED), ...then);

test("a throttled call is retried three times, each after a random part of a wait that doubles", async () => {
  const { call, signals } = throttledTimes(3, "answer");
  const { outcome, pass } = start(5_000, call, () => false, { isThrottling, random: () => 0.5 });
  for (const wait of [50, 100, 200]) {
    const before = signals.length;
    await pass(wait - 1);
    assert.equal(signals.length, before, `not before ${wait} ms`);
    await pass(1);
    assert.equal(signals.length, before + 1, `after ${wait} ms`);
  }
  assert.equal(await outcome, "answer");
});

test("two environments that were throttled together do not retry together", async () => {
  for (const [random, wait] of [
    [() => 0, 0],
    [() => 0.999_999, 99],
  ] as const) {
    const { call, signals } = throttledTimes(1, "answer");
    const { outcome, pass } = start(5_000, call, () => false, { isThrottling, random });
    if (wait > 0) {
      await pass(wait - 1);
      assert.equal(signals.length, 1);
    }
    await pass(1);
    assert.equal(signals.length, 2);
    assert.equal(await outcome, "answer");
    mock.timers.reset();
  }
});

test("a call that is throttled four times fails with the unchanged error", async () => {
  const { call, signals } = throttledTimes(5);
  const { outcome, pass } = start(5_000, call, () => false, { isThrottling, random: () => 0.999 });
  for (let n = 0; n < 8; n += 1) await pass(100);
  assert.equal(await outcome, THROTTLED);
  assert.equal(signals.length, 4);
});

test("no wait is started that would end past the deadline", async () => {
  const { call, signals } = throttledTimes(2, "answer");
  const { outcome, pass } = start(120, call, () => false, { isThrottling, random: () => 0.99 });
  await pass(99);
  assert.equal(await outcome, THROTTLED);
  assert.equal(signals.length, 2);
});

test("throttling and a failure have separate retries", async () => {
  const failure = new Error("reset");
  const { call, signals } = calls(THROTTLED, failure, THROTTLED, "answer");
  const { outcome, pass } = start(5_000, call, always, { isThrottling, random: () => 0 });
  await pass(1);
  await pass(1);
  assert.equal(await outcome, "answer");
  assert.equal(signals.length, 4);
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
