// The log line of a review has exactly the fields of the contract and no secret.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dependencies } from "../../../../functions/authenticator/handler.ts";
import type { Settings } from "../../../../functions/authenticator/settings.ts";
import { fault, httpError } from "../../../../functions/errors.ts";
import { METRICS } from "../../../../functions/telemetry/metrics.ts";
import { localIdentity } from "../../../../local/identities.ts";
import {
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  NOW,
  PREFIX,
  reviewBody,
  type Stored,
  tokenOf,
} from "../fixtures.ts";

const FIELDS = [
  ...["timestamp", "level", "outcome", "reason", "arn", "canonicalArn", "accountId", "principalId", "sessionName"],
  ...["accessKeyId", "username", "groups", "parameter", "tokenHash", "ms", "cached", "coldStart", "requestId"],
  "stsRequestId",
];
/** Additional fields: the message, and the stack of an unexpected error. */
const MORE_FIELDS = ["message", "cause", "stack"];
const MAPPED: Stored = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev", groups: ["g"] },
};

interface Options {
  readonly stored?: Stored;
  readonly settings?: Partial<Settings>;
  readonly changes?: Partial<Dependencies>;
  readonly event?: Record<string, unknown>;
}

async function logged(token: string, { stored = MAPPED, settings, changes, event }: Options = {}) {
  const around = fakeServices(stored, changes);
  await handlerOf(around, settings)(gatewayEvent(reviewBody(token), event));
  assert.equal(around.lines.length, 1);
  const text = around.lines[0] ?? "";
  const line: Record<string, unknown> = JSON.parse(text);
  const metrics = ["_aws", ...Object.keys(METRICS), ...Object.values(METRICS).flat()];
  return { text, entry: Object.fromEntries(Object.entries(line).filter(([name]) => !metrics.includes(name))) };
}

function failing(error: Error): Partial<Dependencies> {
  return { askSts: () => Promise.reject(error) };
}

test("a grant logs exactly the fields of the contract, without a reason", async () => {
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

test("a denial logs its code as reason and the identity, but no user", async () => {
  const { entry } = await logged(tokenOf("bob"), { stored: {} });
  assert.deepEqual(
    [entry["outcome"], entry["level"], entry["reason"], entry["accountId"]],
    ["denied", "warn", "identity_unmapped", HOME],
  );
  assert.match(String(entry["message"]), /^no mapping for /);
  assert.equal("username" in entry || "groups" in entry || "parameter" in entry, false);
});

test("each outcome has its level", async () => {
  const cases: [string, string, string, Options][] = [
    ["granted", "info", tokenOf("bob"), {}],
    ["not_ours", "info", "other", {}],
    ["denied", "warn", "k8s-aws-v1.x", {}],
    ["bad_request", "warn", "", {}],
    ["bad_request", "warn", "x", { event: { rawPath: "/x" } }],
    ["caller_refused", "warn", "x", { settings: { callerAuth: "mtls" } }],
    ["throttled", "error", tokenOf("bob"), { changes: failing(httpError("sts_throttled", "slow")) }],
    ["fault", "error", tokenOf("bob"), { changes: failing(fault("sts_unreachable", "gone")) }],
  ];
  for (const [outcome, level, token, options] of cases) {
    const { entry } = await logged(token, options);
    assert.deepEqual([entry["outcome"], entry["level"]], [outcome, level]);
  }
});

test("no log line has any other field", async () => {
  const bug = new TypeError("secret", { cause: "secret" });
  const options: Options[] = [
    ...[{}, { stored: {} }, { stored: { [`role/${HOME}/developers`]: "no JSON" } }, { event: { rawPath: "/x" } }],
    ...[{ changes: failing(fault("sts_unreachable", "gone", { cause: bug })) }, { changes: failing(bug) }],
    { settings: { callerAuth: "mtls" as const } },
  ];
  for (const option of options) {
    const { entry } = await logged(tokenOf("bob"), option);
    const foreign = Object.keys(entry).filter((field) => ![...FIELDS, ...MORE_FIELDS].includes(field));
    assert.deepEqual(foreign, []);
  }
});

test("an unexpected error logs its stack, never its message", async () => {
  const { entry, text } = await logged(tokenOf("bob"), { changes: failing(new TypeError("secret at node:x")) });
  assert.deepEqual([entry["reason"], entry["cause"]], ["internal_fault", "TypeError"]);
  assert.ok(Array.isArray(entry["stack"]) && entry["stack"].length > 0);
  assert.doesNotMatch(text, /secret/);
});

test("a failure of a service logs its kind and no stack", async () => {
  const cause = Object.assign(new Error("secret"), { code: "ECONNREFUSED" });
  const { entry, text } = await logged(tokenOf("bob"), {
    changes: failing(fault("sts_unreachable", "no answer", { cause })),
  });
  assert.deepEqual([entry["cause"], "stack" in entry], ["ECONNREFUSED", false]);
  assert.doesNotMatch(text, /secret/);
});

test("a thrown value that is not an Error is a fault without a stack", async () => {
  const askSts = (): Promise<never> => Promise.reject("secret");
  const { entry, text } = await logged(tokenOf("bob"), { changes: { askSts } });
  assert.deepEqual([entry["reason"], entry["cause"], "stack" in entry], ["internal_fault", "unknown failure", false]);
  assert.doesNotMatch(text, /secret/);
});

test("no log line contains a token, a signature, a security token or a URL", async () => {
  for (const token of [tokenOf("bob"), `${tokenOf("bob")}x`, "k8s-aws-v1.x", "eyJhbGciOi.e30.secret"]) {
    const { text } = await logged(token);
    const decoded = Buffer.from(token.slice(11), "base64url").toString();
    const signature = /X-Amz-Signature=(\w+)/.exec(decoded)?.[1] ?? "none";
    for (const secret of [token, signature, "X-Amz-", "https:", "secret"]) assert.ok(!text.includes(secret), secret);
  }
});

test("a cached answer is marked, and only the first review is a cold start", async () => {
  const around = fakeServices(MAPPED);
  const handler = handlerOf(around);
  for (let i = 0; i < 2; i += 1) await handler(gatewayEvent(reviewBody(tokenOf("bob"))));
  const entry = JSON.parse(around.lines[1] ?? "") as Record<string, unknown>;
  assert.deepEqual([entry["cached"], entry["coldStart"]], [{ identity: true, mapping: true }, false]);
});
