// The phase of a rotation in which a use of a token counts as refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useTokens } from "./signing-key.ts";

test("a use that begins before a phase and is refused in it counts for that phase", async () => {
  const uses = useTokens("before");
  const answer = Promise.withResolvers<boolean>();
  let tries = 0;
  // The second round answers when the phase has begun, as STS does whose clock is set after the
  // request was sent.
  await uses.add({
    name: "token at STS",
    isAccepted: () => (++tries < 3 ? Promise.resolve(true) : answer.promise),
  });
  await uses.begin("after");
  assert.equal(tries, 3);
  answer.resolve(false);
  await uses.stop();
  assert.deepEqual([...uses.refusals], [["token at STS", "after"]]);
});
