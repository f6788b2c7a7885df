// A clock that steps back prolongs nothing that was read or proven. During an outage, a step ends
// no stale answers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../../../../functions/errors.ts";
import { localIdentity } from "../../../local-aws.ts";
import { DEVELOPERS as CALLER, sign, world } from "../caller/iam-world.ts";
import { errorBody, HOME, identityBody, MAPPED, NOW, tokenOf } from "../fixtures.ts";
import { reviewer } from "./review.ts";

const MINUTE = 60_000;
const DENIAL = { "deny/any": [{ arnLike: `arn:aws:iam::${HOME}:role/Developers` }] };
/** Valid before and after a step of up to 10 min. */
const BETWEEN = NOW - 5 * MINUTE;

for (const [what, step] of [
  ["an hour", 60 * MINUTE],
  ["ten minutes", 10 * MINUTE],
  ["a millisecond", 1],
] as const) {
  test(`after a step of ${what} back, a new denial applies at the next review`, async () => {
    const { outcome, parameters, clock } = reviewer({ ...MAPPED });
    assert.equal(await outcome(), "granted as dev");
    Object.assign(parameters, DENIAL);
    clock.advance(-step);
    assert.equal(await outcome(tokenOf("bob", clock())), "identity_denied");
  });

  test(`after a step of ${what} back, a token that was proven is checked again`, async () => {
    let isActive = true;
    const { outcome, clock } = reviewer(MAPPED, {
      askSts: async () =>
        isActive
          ? { status: 200, body: identityBody(localIdentity("bob")), requestId: "r" }
          : { status: 403, body: errorBody("InvalidClientTokenId"), requestId: "r" },
    });
    const token = tokenOf("bob", BETWEEN);
    assert.equal(await outcome(token), "granted as dev");
    isActive = false;
    clock.advance(-step);
    assert.equal(await outcome(token), step > 10 * MINUTE ? "token_not_yet_valid" : "sts_refused");
  });

  test(`a step of ${what} back during an outage leaves the end of stale answers`, async () => {
    let isDown = false;
    const working = reviewer(MAPPED);
    const { outcome, clock } = reviewer(MAPPED, {
      fetchParameters: async (...asked) => {
        if (isDown) throw fault("parameters_unavailable", "down");
        return working.fetchParameters(...asked);
      },
    });
    const login = () => outcome(tokenOf("bob", clock()));
    assert.equal(await login(), "granted as dev");
    isDown = true;
    for (const [ms, expected] of [
      [100_000, "granted as dev"],
      [-step, "granted as dev"],
      [229_999, "granted as dev"],
      [1, "parameters_unavailable"],
    ] as const) {
      clock.advance(ms);
      assert.equal(await login(), expected);
    }
  });
}

for (const step of [10 * MINUTE, 1]) {
  test(`after a step of ${step} ms back, a caller is checked again`, async () => {
    const { review, clock, sts, callerCalls } = world([CALLER]);
    const accepted = async () =>
      (await review(sign("bob", { at: BETWEEN }), { token: "opaque" })).statusCode;
    assert.equal(await accepted(), 200);
    sts.fail = fault("sts_unreachable", "down");
    clock.advance(-step);
    assert.deepEqual([await accepted(), callerCalls().length], [200, 2]);
  });
}

test("a step back ends the pause of unknown callers, instead of prolonging it by the step", async () => {
  const { status, clock } = world([CALLER]);
  assert.equal(await status(sign("carol")), 401);
  assert.equal(await status(sign("bob")), 429);
  clock.advance(-60 * MINUTE);
  assert.equal(await status(sign("bob", { at: clock() })), 200);
});
