// One retry of a failure, waits for what throttles, a limit on each try and on all: on mocked timers and an injected clock.

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
    // What is under way first sets its timers
    await new Promise(setImmediate);
    time.pass(ms, onTheClock);
    await new Promise(setImmediate);
  };
  return { outcome, pass };
}

/** A call that counts its tries and meets each time what the next step says. */
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

test("what succeeds is called once", async () => {
  const { call, signals } = calls("answer");
  assert.equal(await start(5_000, call).outcome, "answer");
  assert.equal(signals.length, 1);
  assert.equal(signals[0]?.aborted, false);
});

test("a failure is retried once, and the second error is thrown as it is", async () => {
  const first = calls(new Error("one"), "answer");
  assert.equal(await start(5_000, first.call).outcome, "answer");
  const second = new Error("two");
  const both = calls(new Error("one"), second, "too late");
  mock.timers.reset();
  assert.equal(await start(5_000, both.call).outcome, second);
  assert.equal(both.signals.length, 2);
});

test("what is not retryable is thrown at once", async () => {
  const error = new Error("no use");
  const { call, signals } = calls(error, "answer");
  assert.equal(await start(5_000, call, (met) => met !== error).outcome, error);
  assert.equal(signals.length, 1);
});

test("each try ends at its limit, which aborts its signal and counts as a failure", async () => {
  const { call, signals } = calls("silent", "answer");
  const { outcome, pass } = start(5_000, call);
  await pass(1_999);
  assert.deepEqual([signals.length, signals[0]?.aborted], [1, false]);
  await pass(1);
  assert.deepEqual([signals.length, signals[0]?.aborted], [2, true]);
  assert.equal(await outcome, "answer");
});

test("two tries that time out end with the limit on all", async () => {
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

test("no try goes past the deadline, and none is begun after it", async () => {
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

test("a retry that the limit leaves no time for is not made", async () => {
  const { call, signals } = calls("silent", "answer");
  const { outcome, pass } = start(1_500, call);
  await pass(1_500);
  assert.ok((await outcome) instanceof TimedOut);
  assert.equal(signals.length, 1);
});

test("a try that had all the time left is the last one, also where the clock is behind the timer", async () => {
  for (const behind of [1, 50]) {
    const { call, signals } = calls("silent", "answer");
    const { outcome, pass } = start(1_500, call);
    await pass(1_500, 1_500 - behind);
    assert.ok((await outcome) instanceof TimedOut);
    assert.equal(signals.length, 1);
    mock.timers.reset();
  }
});

test("the error of a try that used up all time is thrown as it is", async () => {
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

test("what has succeeded is not aborted later on", async () => {
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

test("what is throttled is tried again, three times, each after a random part of a wait that doubles", async () => {
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

test("two environments that were throttled together do not come back together", async () => {
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

test("throttled four times is given up, with the error as it is", async () => {
  const { call, signals } = throttledTimes(5);
  const { outcome, pass } = start(5_000, call, () => false, { isThrottling, random: () => 0.999 });
  for (let n = 0; n < 8; n += 1) await pass(100);
  assert.equal(await outcome, THROTTLED);
  assert.equal(signals.length, 4);
});

test("a wait that the deadline leaves no time for is not made", async () => {
  const { call, signals } = throttledTimes(2, "answer");
  const { outcome, pass } = start(120, call, () => false, { isThrottling, random: () => 0.99 });
  await pass(99);
  assert.equal(await outcome, THROTTLED);
  assert.equal(signals.length, 2);
});

test("throttling and a failure each have their own tries", async () => {
  const failure = new Error("reset");
  const { call, signals } = calls(THROTTLED, failure, THROTTLED, "answer");
  const { outcome, pass } = start(5_000, call, always, { isThrottling, random: () => 0 });
  await pass(1);
  await pass(1);
  assert.equal(await outcome, "answer");
  assert.equal(signals.length, 4);
});

test("what is to be done before the retry of a failure is done once, with the error, and not for throttling", async () => {
  const failure = new Error("reset");
  const met: unknown[] = [];
  const beforeRetry = (error: unknown): void => void met.push(error);
  const { call } = calls(THROTTLED, failure, "answer");
  const { outcome, pass } = start(5_000, call, always, { isThrottling, random: () => 0, beforeRetry });
  await pass(1);
  assert.equal(await outcome, "answer");
  assert.deepEqual(met, [failure]);
});

test("the kind of a failure is its code or its name, never its text", () => {
  assert.equal(failureKind(Object.assign(new Error("secret"), { code: "ECONNRESET" })), "ECONNRESET");
  assert.equal(failureKind(Object.assign(new Error("secret"), { code: 7 })), "Error");
  assert.equal(failureKind(new TimedOut("secret")), "TimedOut");
  assert.equal(failureKind("secret"), "unknown failure");
});
