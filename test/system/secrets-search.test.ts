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
  const check = (message: string, text = "{}", headers = {}) => {
    const printed = `${JSON.stringify({ outcome: "denied", message, _aws: {} })}\n`;
    const trace = traceOf({ output: (stream) => (stream === "stdout" ? printed : "") });
    trace.sent({ headers: { Authorization: `Bearer ${CALLER_TOKEN}` }, body: reviewBody(V1, token) });
    trace.received({ status: 200, headers, text, body: {} });
    trace.check();
  };
  const parts = ["X-Amz-Signature", "X-Amz-Security-Token"].map((name) => queryValue(token, name));
  const secrets = [token, urlOf(token), CALLER_TOKEN, localIdentity("bob").sessionToken ?? "", ...parts];
  const pieces = secrets.flatMap((secret) => [secret, secret.slice(3, 33), secret.slice(-30)]);
  for (const leak of [...pieces, encodeURIComponent(urlOf(token))]) {
    const isFound = { message: /a secret came out/ };
    assert.throws(() => check(leak), isFound, leak);
    assert.throws(() => check("fine", JSON.stringify({ error: leak })), isFound, leak);
    assert.throws(() => check("fine", "{}", { "x-why": leak }), isFound, leak);
  }
  const { arn, accessKeyId } = localIdentity("bob");
  check(`${arn} ${accessKeyId} ${"f".repeat(64)} X-Amz-Security-Token`);
});
