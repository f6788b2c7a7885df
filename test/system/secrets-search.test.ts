// Proves that the search for secrets finds them in every output.

import assert from "node:assert/strict";
import { test } from "node:test";
import { localIdentity } from "../../local/identities.ts";
import { mintToken } from "../../local/token.ts";
import { queryValue, urlOf } from "../token.ts";
import { createSecrets } from "./secrets.ts";
import { CALLER_TOKEN } from "./system.ts";
import { reviewBody, V1 } from "./token-review.ts";
import { traceOf } from "./trace.ts";

test("the search finds each secret, in full and in part, in any spelling", async () => {
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: "local", region: "us-west-2" });
  const signature = queryValue(token, "X-Amz-Signature");
  const session = localIdentity("bob").sessionToken ?? "";
  assert.equal(signature.length, 64);
  const secrets = createSecrets();
  secrets.addToken(token);
  secrets.addCaller(`Bearer ${CALLER_TOKEN}`);
  for (const leak of [
    token,
    token.slice(100, 130),
    token.slice(-30),
    urlOf(token),
    signature,
    signature.slice(17, 47),
    session,
    session.slice(-30),
    queryValue(token, "X-Amz-Security-Token").slice(10, 60),
    encodeURIComponent(urlOf(token)),
    CALLER_TOKEN,
    CALLER_TOKEN.slice(3, 33),
  ]) {
    assert.ok(secrets.find(leak), leak);
    assert.ok(secrets.find(JSON.stringify({ message: `refused: ${JSON.stringify(leak)} (400)` })), leak);
  }
  const { arn, accessKeyId } = localIdentity("bob");
  assert.equal(secrets.find(`${arn} ${accessKeyId} ${"f".repeat(64)} X-Amz-Security-Token`), undefined);
});

test("a leak fails the test: in the log, in a response's body, in a header", async () => {
  const token = await mintToken({ identity: localIdentity("alice"), clusterId: "local", region: "us-west-2" });
  const answer = { status: 200, headers: {}, text: "{}", body: {} };
  const leak = queryValue(token, "X-Amz-Signature");
  const line = (message: string) => `${JSON.stringify({ outcome: "denied", message, _aws: {} })}\n`;
  for (const [printed, received] of [
    [line(leak), answer],
    [line("fine"), { ...answer, text: `{"error":"${token}"}` }],
    [line("fine"), { ...answer, headers: { "x-why": urlOf(token) } }],
  ] as const) {
    const trace = traceOf({ output: (stream) => (stream === "stdout" ? printed : "") });
    trace.sent({ body: reviewBody(V1, token) });
    trace.received(received);
    assert.throws(() => trace.check(), /a secret came out/);
  }
  const silent = traceOf({ output: (stream) => (stream === "stdout" ? line("fine") : "") });
  silent.sent({ body: reviewBody(V1, token) });
  silent.received(answer);
  silent.check();
});
