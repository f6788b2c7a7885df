// Audiences: the requested ones that are configured, never an echo of the request.

import assert from "node:assert/strict";
import { test } from "node:test";
import { denial, failure, reviewStatus } from "./answers.ts";
import { startSystem } from "./system.ts";

const OWN = "https://kubernetes.default.svc.cluster.local";

test("not configured: status.audiences is absent, whatever is requested (blind audiences)", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  for (const audiences of [undefined, null, [], [OWN], ["vault", OWN]]) {
    const status = reviewStatus(await system.review(token, { audiences }));
    assert.equal(status.authenticated, true);
    assert.ok(!("audiences" in status));
  }
});

test("configured: the requested ones that are configured, and without one a denial", async (t) => {
  const system = await startSystem(t, { settings: { AUDIENCES: `${OWN}, local` } });
  const token = await system.token("bob");
  for (const [audiences, accepted] of [
    [[OWN], [OWN]],
    [
      ["vault", "local", OWN],
      ["local", OWN],
    ],
  ]) {
    const status = reviewStatus(await system.review(token, { audiences }));
    assert.equal(status.authenticated, true);
    assert.deepEqual(status.audiences, accepted);
  }
  for (const audiences of [undefined, []]) {
    assert.ok(!("audiences" in reviewStatus(await system.review(token, { audiences }))));
  }
  const answer = await system.review(token, { audiences: ["vault"] });
  assert.match(denial(answer), /^audience_foreign: /);
  assert.ok(!answer.text.includes("vault"));
});

test("a list of anything except strings is a bad request", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  for (const audiences of ["vault", {}, [1], [null], 7]) {
    assert.match(failure(await system.review(token, { audiences }), 400), /^review_malformed: /);
  }
  assert.equal(system.sts.calls(), 0);
});
