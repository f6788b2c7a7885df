// Proves that the search for secrets finds them in every output.

import assert from "node:assert/strict";
import { test } from "node:test";
import { localIdentity } from "../../local/identities.ts";
import { mintToken } from "../../local/token.ts";
import { queryValue, urlOf } from "../token.ts";
import { CALLER_TOKEN } from "./system.ts";
import { reviewBody, V1 } from "./token-review.ts";
import { traceOf } from "./trace.ts";

test("a secret, or 30 characters of it, in any spelling, fails the test: in the log, in a response's body, in a header", async () => {
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: "local", region: "us-west-2" });
  const answer = { status: 200, headers: {}, text: "{}", body: {} };
  const line = (message: string) => `${JSON.stringify({ outcome: "denied", message, _aws: {} })}\n`;
  const check = (printed: string, received: typeof answer) => {
    const trace = traceOf({ output: (stream) => (stream === "stdout" ? printed : "") });
    trace.sent({ headers: { Authorization: `Bearer ${CALLER_TOKEN}` }, body: reviewBody(V1, token) });
    trace.received(received);
    trace.check();
  };
  const secrets = [
    ...[token, urlOf(token), CALLER_TOKEN, localIdentity("bob").sessionToken ?? ""],
    ...["X-Amz-Signature", "X-Amz-Security-Token"].map((name) => queryValue(token, name)),
  ];
  const parts = secrets.flatMap((secret) => [secret, secret.slice(3, 33), secret.slice(-30)]);
  const leaked = { message: /a secret came out/ };
  for (const leak of [...parts, encodeURIComponent(urlOf(token))]) {
    assert.throws(() => check(line(leak), answer), leaked, leak);
    assert.throws(() => check(line("fine"), { ...answer, text: JSON.stringify({ error: leak }) }), leaked, leak);
    assert.throws(() => check(line("fine"), { ...answer, headers: { "x-why": leak } }), leaked, leak);
  }
  const { arn, accessKeyId } = localIdentity("bob");
  check(line(`${arn} ${accessKeyId} ${"f".repeat(64)} X-Amz-Security-Token`), answer);
});
