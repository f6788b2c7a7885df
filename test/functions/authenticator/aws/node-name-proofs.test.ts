// Loading on first use. The cache of node names: a minute, by instance and principal, shared by concurrent look-ups, and bounded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheProofs, loadOnce } from "../../../../functions/authenticator/aws/lazy.ts";
import type { VerifiedIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import type { NodeName } from "../../../../functions/authenticator/user/user.ts";
import type { Deadline } from "../../../../functions/lib/deadline.ts";
import { deadlineOf, fixedClock, roleIdentity } from "../fixtures.ts";

const INSTANCE = "i-0123456789abcdef0";
const NAME: NodeName = { name: "ip-10-0-0-1.ec2.internal" };

/** Counts look-ups. A test can replace `answer`. */
function lookUps() {
  const clock = fixedClock();
  const asked: { readonly identity: VerifiedIdentity; readonly deadline: Deadline }[] = [];
  const state: { answer: () => Promise<NodeName> } = { answer: async () => NAME };
  const remembered = cacheProofs((identity, deadline) => {
    asked.push({ identity, deadline });
    return state.answer();
  });
  const find = (session = INSTANCE, changes: Partial<VerifiedIdentity> = {}, deadline = deadlineOf(clock)) =>
    remembered({ ...roleIdentity("ClusterNode", session), ...changes }, deadline);
  return { clock, asked, state, find };
}

test("a proof is cached for 60 s from the start of its look-up, and not a millisecond longer", async () => {
  const { clock, asked, state, find } = lookUps();
  state.answer = async () => {
    clock.advance(2_000);
    return NAME;
  };
  assert.deepEqual(await find(), NAME);
  clock.advance(57_999);
  assert.deepEqual(await find(), NAME);
  assert.equal(asked.length, 1);
  clock.advance(1);
  await find();
  assert.equal(asked.length, 2);
});

test("a proof applies to one instance and one principal", async () => {
  const { asked, find } = lookUps();
  await find();
  await find("i-0123456789abcdef1");
  await find(INSTANCE, { principalId: "AROALATERROLE" });
  await find(INSTANCE, { accountId: "444455556666" });
  assert.equal(asked.length, 4);
  await find();
  assert.equal(asked.length, 4);
});

test("refusals and failures are not cached", async () => {
  const { asked, state, find } = lookUps();
  state.answer = async () => ({ refusal: "is not running" });
  assert.deepEqual(await find(), { refusal: "is not running" });
  state.answer = () => Promise.reject(new Error("down"));
  await assert.rejects(find(), /down/);
  state.answer = async () => NAME;
  assert.deepEqual(await find(), NAME);
  assert.equal(asked.length, 3);
});

test("concurrent look-ups of the same instance share one call, with the deadline of the first", async () => {
  const { clock, asked, state, find } = lookUps();
  const end = Promise.withResolvers<NodeName>();
  state.answer = () => end.promise;
  const deadline = { at: clock() + 1_234, clock };
  const finding = [find(INSTANCE, {}, deadline), find(), find(), find("i-0123456789abcdef1")];
  assert.equal(asked.length, 2);
  assert.equal(asked[0]?.deadline, deadline);
  end.resolve(NAME);
  assert.deepEqual(await Promise.all(finding), [NAME, NAME, NAME, NAME]);
});

test("the cache is bounded: 5,000 other instances evict the oldest", async () => {
  const { asked, find } = lookUps();
  await find();
  for (let n = 0; n < 5_000; n += 1) await find(`i-${n.toString(16).padStart(17, "0")}`);
  await find();
  assert.equal(asked.length, 5_002);
});

test("concurrent and later calls share one load, and a call after a failed load loads again", async () => {
  const results = [Promise.reject(new Error("cannot be read")), Promise.resolve({ loaded: true })];
  const load = loadOnce(() => results.shift() ?? Promise.reject(new Error("loaded a third time")));
  await assert.rejects(load(), { message: "cannot be read" });
  const [first, second] = await Promise.all([load(), load()]);
  assert.equal(first, second);
  assert.equal(await load(), first);
});
