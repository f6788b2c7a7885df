// A failed read of Parameter Store is remembered for a second, for the same names only.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { type TestContext, test } from "node:test";
import { fault } from "../../../functions/errors.ts";
import { cachedKeys, issuerPath } from "../../../functions/issuer/keys.ts";
import type { Deadline } from "../../../functions/lib/deadline.ts";
import { cachedParameters } from "../../../functions/parameters/parameter-cache.ts";
import { createParameterStore } from "../../../functions/parameters/parameter-store.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { ssmThrottling } from "../../local/service-faults.ts";
import {
  deadlineOf,
  fakeServices,
  fixedClock,
  gatewayEvent,
  handlerOf,
  PREFIX,
  reviewBody,
} from "../authenticator/fixtures.ts";

const FOUND = { value: "x", secure: false };

/** Reads of two names, of which `fail` decides whether they fail. */
function reads(fail: (names: readonly string[], deadline: Deadline) => boolean = () => true) {
  const clock = fixedClock();
  const asked: string[] = [];
  const state = { up: false };
  const read = cachedParameters(
    async (names, deadline) => {
      asked.push(names.join());
      if (!state.up && fail(names, deadline)) throw fault("parameters_unavailable", `down for ${names.join()}`);
      return new Map(names.map((name) => [name, FOUND]));
    },
    30_000,
    clock,
  );
  return { clock, asked, state, ask: (...names: string[]) => read(names, deadlineOf(clock)), read };
}

test("a failed read is remembered for a second and not a millisecond longer", async () => {
  const { clock, asked, state, ask } = reads();
  await assert.rejects(ask("a", "b"), /down for a,b/);
  clock.advance(999);
  state.up = true;
  await assert.rejects(ask("a", "b"), /down for a,b/);
  assert.equal(asked.length, 1);
  clock.advance(1);
  assert.equal((await ask("a", "b")).parameters.size, 2);
  assert.equal(asked.length, 2);
});

test("each failed read is remembered from its own end, and remembering it does not make it last", async () => {
  const { clock, asked, ask } = reads();
  for (let ms = 0; ms < 3_000; ms += 100) {
    await assert.rejects(ask("a"));
    clock.advance(100);
  }
  assert.equal(asked.length, 3);
});

test("other names are read, also some of the names of a failed read", async () => {
  const { asked, ask } = reads((names) => names.includes("a"));
  await assert.rejects(ask("a", "b"));
  assert.equal((await ask("b")).parameters.size, 1);
  await assert.rejects(ask("a"));
  assert.deepEqual(asked, ["a,b", "b", "a"]);
});

test("a read with less than its full 2 s is not remembered, since another review has more time", async () => {
  const { clock, asked, read } = reads();
  await assert.rejects(read(["a"], { at: clock() + 1_999, clock }));
  await assert.rejects(read(["a"], { at: clock() + 2_000, clock }));
  assert.equal(asked.length, 2);
  await assert.rejects(read(["a"], { at: clock() + 1_999, clock }));
  assert.equal(asked.length, 2);
});

test("reviews that wait for one failing call cause no second call", async () => {
  const { asked, ask } = reads();
  const settled = await Promise.allSettled([ask("a"), ask("a"), ask("a")]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["rejected", "rejected", "rejected"],
  );
  assert.equal(asked.length, 1);
});

/** The requests that 100 requests cause while Parameter Store throttles, each 10 ms after the former. */
async function whileThrottled(t: TestContext, isKnown: boolean) {
  const clock = fixedClock();
  const parameters = { [`${PREFIX}/callers`]: JSON.stringify([{ name: "own", sha256: hash("sha256", "own") }]) };
  const store = await startParameterStore({ parameters });
  t.after(() => store.close());
  Object.assign(process.env, { AWS_ENDPOINT_URL_SSM: store.url, AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x" });
  const endpoint = new URL(store.url);
  const { fetchParameters } = createParameterStore({ region: "us-east-1", endpoint, random: () => 0 });
  const handler = handlerOf(fakeServices({}, { fetchParameters, clock }), { callerAuth: "bearer" });
  const ask = async (bearer: string) => {
    const event = gatewayEvent(reviewBody("opaque"), { headers: { authorization: `Bearer ${bearer}` } });
    return (await handler(event)).statusCode;
  };
  if (isKnown) assert.equal(await ask("own"), 200);
  clock.advance(60_000);
  store.fail(ssmThrottling());
  store.requests.length = 0;
  const answers = new Set<number>();
  for (let stranger = 0; stranger < 100; stranger += 1) {
    answers.add(await ask(`stranger-${stranger}`));
    clock.advance(10);
  }
  const calls = store.requests.length;
  t.diagnostic(`${calls} calls for 100 strangers`);
  return { ask, clock, store, calls, answers: [...answers] };
}

test("while Parameter Store throttles, 100 strangers within a second cost four calls, and the caller is accepted", async (t) => {
  const { ask, clock, store, calls, answers } = await whileThrottled(t, true);
  assert.deepEqual([answers, calls], [[401], 4]);
  assert.equal(await ask("own"), 200);
  store.fail(undefined);
  clock.advance(1_000);
  assert.equal(await ask("own"), 200);
});

test("an outage is never a refusal: without cached callers, strangers and the caller get 500, then 401 and 200", async (t) => {
  const { ask, clock, store, calls, answers } = await whileThrottled(t, false);
  assert.deepEqual([answers, calls], [[500], 4]);
  assert.equal(await ask("own"), 500);
  store.fail(undefined);
  clock.advance(1_000);
  assert.deepEqual([await ask("own"), await ask("stranger")], [200, 401]);
});

test("the issuer also remembers a failed first read for a second", async () => {
  const clock = fixedClock();
  let calls = 0;
  const read = cachedKeys(
    async (path) => {
      calls += 1;
      throw fault("parameters_unavailable", `down for ${path}`);
    },
    PREFIX,
    clock,
  );
  for (const _ of Array(10))
    await assert.rejects(read(deadlineOf(clock)), new RegExp(`down for ${issuerPath(PREFIX)}`));
  assert.equal(calls, 1);
  clock.advance(1_000);
  await assert.rejects(read(deadlineOf(clock)), { code: "parameters_unavailable" });
  assert.equal(calls, 2);
});
