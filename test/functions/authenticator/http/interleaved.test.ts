// Concurrent reviews through one handler never mix their answers and log lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AskSts } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { fakeServices, gatewayEvent, HOME, handlerOf, identityBody, reviewBody, tokenFor } from "../fixtures.ts";

const COUNT = 50;
const key = (i: number) => `ASIALOCALMANY${String(i).padStart(7, "0")}`;

/** Lets the other reviews run for a varying number of turns. */
async function turns(i: number): Promise<void> {
  for (let turn = 0; turn < (i * 7) % 13; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Every fifth is denied, since it has no mapping. */
const STORED = Object.fromEntries(
  Array.from({ length: COUNT }, (_, i) => {
    const arn = `arn:aws:iam::${HOME}:role/Role${i}`;
    return [`role/${HOME}/role${i}`, { arn, username: `user-${i}:{SessionName}`, groups: [`group-${i}`] }] as const;
  }).filter((_, i) => i % 5 !== 0),
);
const inner = fakeServices(STORED);
const around = {
  ...inner,
  askSts: (async ({ accessKeyId }) => {
    const i = Number(accessKeyId.slice(-7));
    await turns(i);
    const arn = `arn:aws:sts::${HOME}:assumed-role/Role${i}/session-${i}`;
    const body = identityBody({ account: HOME, arn, userId: `AROA${i}:session-${i}` });
    return { status: 200, body, requestId: `sts-${i}` };
  }) satisfies AskSts,
  fetchParameters: (async (names, deadline) => {
    await turns(names.join("").length);
    return inner.fetchParameters(names, deadline);
  }) satisfies typeof inner.fetchParameters,
};

function eventOf(i: number) {
  const requestContext = { http: { method: "POST" }, stage: "$default", requestId: `gateway-${i}` };
  return gatewayEvent(reviewBody(tokenFor(key(i))), { requestContext });
}

test("fifty concurrent reviews each get their own answer and log line, and one has a cold start", async () => {
  const handler = handlerOf(around);
  const answers = await Promise.all(Array.from({ length: COUNT }, (_, i) => handler(eventOf(i))));
  const entries = inner.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(entries.length, COUNT);
  answers.forEach(({ json: { status } }, i) => {
    const granted = i % 5 !== 0;
    const { username, groups, extra } = status.user ?? {};
    assert.deepEqual([username, groups], granted ? [`user-${i}:session-${i}`, [`group-${i}`]] : [undefined, undefined]);
    assert.deepEqual(extra?.["accessKeyId"], granted ? [key(i)] : undefined);
    if (!granted) assert.match(status.error ?? "", new RegExp(`:role/Role${i};`));
    const entry = entries.find(({ requestId }) => requestId === `gateway-${i}`) ?? {};
    assert.deepEqual(
      [entry["stsRequestId"], entry["canonicalArn"], entry["accessKeyId"], entry["username"], entry["outcome"]],
      [`sts-${i}`, `arn:aws:iam::${HOME}:role/Role${i}`, key(i), username, granted ? "granted" : "denied"],
    );
  });
  assert.equal(entries.filter((entry) => entry["coldStart"]).length, 1);
});
