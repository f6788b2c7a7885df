// How long a failed call is remembered, and who calls again afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import { cacheFailures } from "../../../functions/lib/shared-calls.ts";
import { fixedClock } from "../authenticator/fixtures.ts";

function failingCall() {
  const clock = fixedClock();
  const made: string[] = [];
  const answers: PromiseWithResolvers<string>[] = [];
  const answered = (name: string): Promise<string> => {
    made.push(name);
    const answer = Promise.withResolvers<string>();
    answers.push(answer);
    return answer.promise;
  };
  const call = cacheFailures(answered, 1_000, 5_000);
  return {
    clock,
    made,
    answers,
    ask: (name = "a", ms = 5_000) => call(name, deadlineIn(ms, clock)).catch((error: unknown) => error),
  };
}

for (const [what, ms, error, calls] of [
  ["is thrown again for a second", 999, "down", 1],
  ["is over after a second", 1_000, "down", 2],
  ["is over if the clock steps back", -1, "down", 2],
  ["is over at once if the call had less than its full time", 0, "brief", 2],
] as const) {
  test(`a failure ${what}`, async () => {
    const { clock, made, answers, ask } = failingCall();
    const first = ask("a", error === "brief" ? 4_999 : 5_000);
    answers[0]?.reject(error);
    assert.equal(await first, error);
    clock.advance(ms);
    const second = ask();
    answers[1]?.resolve("up");
    assert.deepEqual([await second, made.length], [calls === 1 ? error : "up", calls]);
  });
}

test("after its time, one request at a time calls again, until one succeeds; other names are not affected", async () => {
  const { clock, made, answers, ask } = failingCall();
  const first = ask();
  answers[0]?.reject("down");
  await first;
  for (const [outcome, after] of Object.entries({ "down again": "down again", up: undefined })) {
    clock.advance(1_000);
    const before = made.length;
    const probe = ask();
    const [others, another] = [[ask(), ask()], ask("b")];
    assert.deepEqual(made.slice(before), ["a", "b"]);
    answers[before + 1]?.resolve("up");
    assert.equal(await another, "up");
    assert.deepEqual(await Promise.all(others), Array(2).fill(before === 1 ? "down" : "down again"));
    answers[before]?.[outcome === "up" ? "resolve" : "reject"](outcome);
    assert.equal(await probe, outcome);
    if (after !== undefined) assert.equal(await ask(), after);
  }
  const before = made.length;
  ask();
  ask();
  assert.equal(made.length, before + 2, "after a success, requests call at once");
});

test("failures of 1,000 other names end the memory of one, so that callers cannot fill the memory", async () => {
  const { made, answers, ask } = failingCall();
  for (const name of ["a", ...Array.from({ length: 1_000 }, (_, index) => `other-${index}`)]) {
    const asked = ask(name);
    answers.at(-1)?.reject("down");
    await asked;
  }
  ask();
  assert.equal(made.at(-1), "a");
  assert.equal(made.length, 1_002);
});
