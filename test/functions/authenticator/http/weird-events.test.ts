// Invalid events and bodies through the entire handler: always a JSON answer, never a grant.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const MAPPED = { [`account/${HOME}`]: { username: "account-user" } };
const RUNS = { numRuns: 1_000, seed: 1 };
const around = fakeServices(MAPPED);
const handler = handlerOf(around);

/** One line of JSON. */
function checkLines(): void {
  assert.equal(around.lines.length, 1);
  for (const line of around.lines.splice(0)) {
    assert.doesNotMatch(line, /[\n\r]/);
    assert.equal(typeof JSON.parse(line), "object");
  }
}

test("weird bodies never throw and are never a grant", async () => {
  const spec = fc.record({
    token: fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 1 })),
    audiences: fc.jsonValue({ maxDepth: 1 }),
  });
  const close = spec.map((s) =>
    JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: s }),
  );
  const ours = fc.string().map((text) => reviewBody(`k8s-aws-v1.${text}`));
  await fc.assert(
    fc.asyncProperty(fc.oneof(close, ours, fc.string()), fc.boolean(), async (body, isBase64Encoded) => {
      const { statusCode, json } = await handler(gatewayEvent(body, { isBase64Encoded }));
      assert.ok([200, 400].includes(statusCode), `${statusCode}`);
      if (statusCode === 200) assert.equal(json.status.authenticated, false);
      checkLines();
    }),
    RUNS,
  );
});

/** Nested as deeply as JSON.parse allows. */
function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
}

test("a deeply nested bare event, body or parameter never throws, and is never a grant", async () => {
  const bare: unknown = JSON.parse(`{"kind": "TokenReview", "spec": ${nested(200_000)}}`);
  assert.equal((await handler(bare)).statusCode, 400);
  checkLines();
  assert.equal((await handler(gatewayEvent(nested(10_000)))).statusCode, 400);
  checkLines();
  for (const name of [`role/${HOME}/developers`, "deny/any", "pattern/any", `account/${HOME}`]) {
    const deep = fakeServices({ [name]: `[${nested(200_000)}, {"username": ${nested(200_000)}}]` });
    const { statusCode, json } = await handlerOf(deep)(gatewayEvent(reviewBody(tokenOf("bob"))));
    assert.deepEqual([statusCode, json.status.authenticated], [200, false], name);
  }
});
