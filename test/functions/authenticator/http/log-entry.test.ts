// The log line of a review has exactly the documented fields and no secret.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../../../../functions/errors.ts";
import { METRICS } from "../../../../functions/telemetry/metrics.ts";
import { localIdentity } from "../../../../local/identities.ts";
import { reviewer } from "../attacks/review.ts";
import { HOME, MAPPED, NOW, PREFIX, type ReviewOptions, reviewOnce, tokenOf } from "../fixtures.ts";

const FIELDS = [
  ...["timestamp", "level", "outcome", "reason", "arn", "canonicalArn", "accountId", "principalId", "sessionName"],
  ...["accessKeyId", "username", "groups", "parameter", "tokenHash", "ms", "cached", "coldStart", "requestId"],
  "stsRequestId",
];

async function logged(token: string, options?: ReviewOptions) {
  const { text, line } = await reviewOnce(token, options);
  const metrics = ["_aws", ...Object.keys(METRICS), ...Object.values(METRICS).flat()];
  const entry: Record<string, unknown> = Object.fromEntries(
    Object.entries(line).filter(([name]) => !metrics.includes(name)),
  );
  return { text, entry };
}

test("a grant logs exactly the documented fields, without a reason", async () => {
  const { entry } = await logged(tokenOf("bob"));
  assert.deepEqual(
    Object.keys(entry),
    FIELDS.filter((field) => field !== "reason"),
  );
  assert.deepEqual(entry, {
    timestamp: new Date(NOW).toISOString(),
    level: "info",
    outcome: "granted",
    arn: `arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`,
    canonicalArn: `arn:aws:iam::${HOME}:role/Developers`,
    accountId: HOME,
    principalId: "AROALOCALDEVELOPERSAA",
    sessionName: "bob@example.com",
    accessKeyId: localIdentity("bob").accessKeyId,
    username: "dev",
    groups: ["g"],
    parameter: `${PREFIX}/role/${HOME}/developers`,
    tokenHash: entry["tokenHash"],
    ms: { caller: 0, token: 0, identity: 0, mapping: 0, user: 0, total: 0 },
    cached: { identity: false, mapping: false },
    coldStart: true,
    requestId: "gateway-1",
    stsRequestId: "sts-1",
  });
  assert.match(String(entry["tokenHash"]), /^[0-9a-f]{12}$/);
});

const refused = Object.assign(new Error("secret"), { code: "ECONNREFUSED" });
const unreachable = fault("sts_unreachable", "no answer", { cause: refused });
for (const [what, thrown, reason, cause, fields] of [
  ["an unexpected error logs its stack", new TypeError("secret"), "internal_fault", "TypeError", ["cause", "stack"]],
  ["a failure of a service logs its kind", unreachable, "sts_unreachable", "ECONNREFUSED", ["cause"]],
  ["a thrown value that is not an Error has no stack", "secret", "internal_fault", "unknown failure", ["cause"]],
] as const) {
  test(`${what}, no text of others and no further field`, async () => {
    const { entry, text } = await logged(tokenOf("bob"), { changes: { askSts: () => Promise.reject(thrown) } });
    assert.deepEqual([entry["reason"], entry["cause"]], [reason, cause]);
    const others = Object.keys(entry).filter((field) => !FIELDS.includes(field) && field !== "message");
    assert.deepEqual(others, fields);
    assert.doesNotMatch(text, /secret/);
  });
}

test("no log line contains a token, a signature, a security token or a URL", async () => {
  for (const token of [tokenOf("bob"), `${tokenOf("bob")}x`, "k8s-aws-v1.x", "eyJhbGciOi.e30.secret"]) {
    const { text } = await logged(token);
    const decoded = Buffer.from(token.slice(11), "base64url").toString();
    const signature = /X-Amz-Signature=(\w+)/.exec(decoded)?.[1] ?? "none";
    for (const secret of [token, signature, "X-Amz-", "https:", "secret"]) assert.ok(!text.includes(secret), secret);
  }
});

test("a second review of a token calls no service and is marked as cached, and only the first review is a cold start", async () => {
  const { outcome, lines, calls } = reviewer(MAPPED);
  for (const _ of [1, 2]) await outcome();
  const cached = { identity: true, mapping: true };
  assert.partialDeepStrictEqual(JSON.parse(lines[1] ?? ""), { cached, coldStart: false });
  assert.deepEqual([calls.sts.length, calls.ssm.length], [1, 1]);
});
