// While Parameter Store fails, cached parameters are usable for five more minutes, and absent ones are read again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { denial, failure, grantedUser, reviewStatus } from "./answers.ts";
import { CALLERS, startSystem } from "./system.ts";

const RESET = { kind: "reset" } as const;

test("a cached mapping is used for 330 s, then it is 500", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  grantedUser(await system.review(token));
  await system.store.down();
  system.clock.advance(25_000);
  grantedUser(await system.review(token));
  for (const step of [6_000, 148_000, 148_000]) {
    system.clock.advance(step);
    const session = await system.token("bob");
    assert.equal(grantedUser(await system.review(session)).username, "dev:bob-example.com");
    assert.deepEqual(system.logs().at(-1)?.["cached"], { identity: false, mapping: true });
  }
  system.clock.advance(4_000);
  assert.match(failure(await system.review(await system.token("bob")), 500), /^parameters_unavailable: /);
  await system.store.up();
  system.clock.advance(1_000);
  grantedUser(await system.review(await system.token("bob")));
});

test("a cached absence is used for 10 s, then it is 500, never a denial", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("contractor");
  assert.match(denial(await system.review(token)), /^identity_unmapped: /);
  system.store.fail(RESET);
  system.clock.advance(7_000);
  const calls = system.store.calls();
  assert.match(denial(await system.review(token)), /^identity_unmapped: /);
  assert.equal(system.store.calls(), calls);
  system.clock.advance(3_001);
  failure(await system.review(token), 500);
  system.store.fail(undefined);
  system.clock.advance(1_000);
  system.put("role/111122223333/contractor", {
    arn: "arn:aws:iam::111122223333:role/Contractor",
    username: "contractor",
  });
  assert.equal(grantedUser(await system.review(token)).username, "contractor");
});

test("a cached deny list applies during an outage, then it is 500", async (t) => {
  const system = await startSystem(t);
  system.put("deny/any", [{ arnLike: "arn:aws:iam::111122223333:role/Developers" }]);
  assert.match(denial(await system.review(await system.token("bob"))), /^identity_denied: /);
  grantedUser(await system.review(await system.token("alice")));
  await system.store.down();
  system.clock.advance(325_000);
  assert.match(denial(await system.review(await system.token("bob"))), /^identity_denied: /);
  grantedUser(await system.review(await system.token("alice")));
  system.clock.advance(5_001);
  failure(await system.review(await system.token("bob")), 500);
  failure(await system.review(await system.token("alice")), 500);
});

test("an outage does not restore a mapping that was removed before it", async (t) => {
  const system = await startSystem(t);
  grantedUser(await system.review(await system.token("bob")));
  system.store.server().remove("/iam-authenticator/local/role/111122223333/developers");
  system.clock.advance(30_001);
  denial(await system.review(await system.token("bob")));
  system.store.fail(RESET);
  system.clock.advance(10_001);
  failure(await system.review(await system.token("bob")), 500);
});

test("the list of callers is also usable, and other callers are still refused", async (t) => {
  const system = await startSystem(t, { settings: { CALLER_AUTH: "bearer" }, parameters: { callers: CALLERS } });
  assert.equal(reviewStatus(await system.review("opaque")).authenticated, false);
  system.store.fail(RESET);
  system.clock.advance(355_000);
  assert.equal(reviewStatus(await system.review("opaque")).authenticated, false);
  const authorization = "Bearer bm9ib2R5J3MgdG9rZW4sIG5vdCBhIHJlYWwgb25lIGVpdGhlcg";
  failure(await system.review("opaque", { authorization }), 401);
  system.clock.advance(6_000);
  failure(await system.review("opaque"), 500);
});
