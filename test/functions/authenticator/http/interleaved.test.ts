// Concurrent reviews through one handler never mix their answers and log lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, HOME, handlerOf, identityBody, OTHER, reviewBody, tokenFor } from "../fixtures.ts";

const COUNT = 50;

/** Lets the other reviews run for a varying number of turns. */
async function turns(i: number): Promise<void> {
  for (let turn = 0; turn < (i * 7) % 13; turn += 1) await new Promise(setImmediate);
}

test("fifty concurrent reviews each get their own answer and log line, and one has a cold start", async () => {
  const services = fakeServices({ [`account/${HOME}`]: { username: "user:{SessionName}", groups: ["{AccessKeyID}"] } });
  const handler = handlerOf({
    ...services,
    async askSts({ accessKeyId }) {
      const i = Number(accessKeyId.slice(-7));
      await turns(i);
      // Every fifth has no mapping.
      const account = i % 5 === 0 ? OTHER : HOME;
      const arn = `arn:aws:sts::${account}:assumed-role/Role${i}/${i}`;
      return { status: 200, body: identityBody({ account, arn, userId: `AROA${i}:${i}` }), requestId: `sts-${i}` };
    },
    async fetchParameters(names, deadline) {
      await turns(names.join("").length);
      return services.fetchParameters(names, deadline);
    },
  });
  const keys = Array.from({ length: COUNT }, (_, i) => `ASIALOCALMANY${String(i).padStart(7, "0")}`);
  const answers = await Promise.all(
    keys.map((key, i) => {
      const requestContext = { http: { method: "POST" }, stage: "$default", requestId: `gateway-${i}` };
      return handler(gatewayEvent(reviewBody(tokenFor(key)), { requestContext }));
    }),
  );
  const entries = services.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const [i, { json }] of answers.entries()) {
    const { user, error = "" } = json.status;
    const [username, groups] = i % 5 === 0 ? [undefined, undefined] : [`user:${i}`, [keys[i]]];
    assert.deepEqual([user?.username, user?.groups], [username, groups]);
    if (i % 5 === 0) assert.match(error, new RegExp(`:role/Role${i};`));
    const entry = entries.find(({ requestId }) => requestId === `gateway-${i}`) ?? {};
    const { stsRequestId, accessKeyId, sessionName } = entry;
    assert.deepEqual(
      [stsRequestId, accessKeyId, sessionName, entry["username"]],
      [`sts-${i}`, keys[i], `${i}`, username],
    );
  }
  assert.deepEqual([entries.length, entries.filter(({ coldStart }) => coldStart).length], [COUNT, 1]);
});
