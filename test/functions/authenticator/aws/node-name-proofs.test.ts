// Loading on first use. The cache of node names: a minute, by instance and principal, shared by
// concurrent look-ups, and bounded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheProofs, loadOnce } from "../../../../functions/authenticator/aws/lazy.ts";
import type { InstanceSession, NodeName } from "../../../../functions/authenticator/user/user.ts";
import type { Deadline } from "../../../../functions/lib/deadline.ts";
import { deadlineOf, fixedClock, roleIdentity } from "../fixtures.ts";

const INSTANCE = "i-0123456789abcdef0";
const NAME: NodeName = { name: "ip-10-0-0-1.ec2.internal" };

/** `deadlines` of each look-up. A test can replace `answer`. */
function lookUps(answer: () => Promise<NodeName> = async () => NAME) {
  const clock = fixedClock();
  const deadlines: Deadline[] = [];
  const state = { answer };
  const remembered = cacheProofs((_identity, deadline) => {
    deadlines.push(deadline);
    return state.answer();
  }, clock);
  const find = (
    session = INSTANCE,
    changes: Partial<InstanceSession> = {},
    deadline = deadlineOf(clock),
  ) =>
    remembered(
      { ...roleIdentity("ClusterNode"), principalId: "AROANODE", sessionName: session, ...changes },
      deadline,
    );
  return { clock, deadlines, state, find };
}

test("a proof is cached for 60 s from the start of its look-up, and not a millisecond longer", async () => {
  const { clock, deadlines, state, find } = lookUps();
  state.answer = async () => {
    clock.advance(2_000);
    return NAME;
  };
  for (const [ms, count] of [
    [0, 1],
    [57_999, 1],
    [1, 2],
  ] as const) {
    clock.advance(ms);
    assert.deepEqual([await find(), deadlines.length], [NAME, count]);
  }
});

test("after the clock steps back, a node is proven again", async () => {
  const { clock, deadlines, find } = lookUps();
  await find();
  clock.advance(-3_600_000);
  await find();
  assert.equal(deadlines.length, 2);
});

test("a proof applies to one instance and one principal, and 5,000 others evict it", async () => {
  const { deadlines, find } = lookUps();
  const others = [{ principalId: "AROALATERROLE" }, { accountId: "444455556666" }, {}];
  for (const changes of others) await find(INSTANCE, changes);
  await find("i-0123456789abcdef1");
  await find();
  assert.equal(deadlines.length, 4);
  for (let n = 0; n < 5_000; n += 1) await find(`i-${n.toString(16).padStart(17, "0")}`);
  await find();
  assert.equal(deadlines.length, 5_005);
});

test("refusals and failures are not cached", async () => {
  const { state, find } = lookUps(async () => ({ refusal: "is not running" }));
  assert.deepEqual(await find(), { refusal: "is not running" });
  state.answer = () => Promise.reject(new Error("down"));
  await assert.rejects(find(), /down/);
  state.answer = async () => NAME;
  assert.deepEqual(await find(), NAME);
});

test("concurrent look-ups of the same instance share one call, with the deadline of the first", async () => {
  const end = Promise.withResolvers<NodeName>();
  const { clock, deadlines, find } = lookUps(() => end.promise);
  const deadline = { at: clock() + 1_234, clock };
  const finding = [find(INSTANCE, {}, deadline), find(), find("i-0123456789abcdef1")];
  assert.deepEqual([deadlines.length, deadlines[0]], [2, deadline]);
  end.resolve(NAME);
  assert.deepEqual(await Promise.all(finding), [NAME, NAME, NAME]);
});

test("concurrent and later calls share one load, and a call after a failed load loads again", async () => {
  const results = [Promise.reject(new Error("cannot be read")), Promise.resolve({ loaded: true })];
  const load = loadOnce(() => results.shift() ?? Promise.reject(new Error("loaded a third time")));
  await assert.rejects(load(), { message: "cannot be read" });
  const [first, second] = await Promise.all([load(), load()]);
  assert.equal(first, second);
  assert.equal(await load(), first);
});
