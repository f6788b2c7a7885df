// Edited tokens at an STS that verifies signatures: granted only if they still mean the signed request.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { createSts } from "../../../../functions/authenticator/aws/sts.ts";
import { isDenial } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { edited, respelled } from "./edits.ts";
import { CLUSTER_ID, mintEachKind } from "./minted.ts";
import { meaningOf } from "./oracle.ts";
import { EXTRA_HOST, HOST, NOW, parse, parsed } from "./samples.ts";

const originals = await mintEachKind();
const sts = await startSts({ now: () => NOW, extraHosts: [EXTRA_HOST] });
after(() => sts.close());
const askSts = createSts({ regionalHost: HOST, endpoint: new URL(sts.url) });

/** Whether STS granted it, and what STS read from the wire: `undefined` without a call. */
async function ask(text: string) {
  sts.requests.length = 0;
  const token = parsed(text);
  const granted = !isDenial(token) && (await askSts(token, deadlineIn(5_000, Date.now), CLUSTER_ID)).status === 200;
  assert.ok(sts.requests.length <= 1, "asked twice");
  const [request] = sts.requests;
  return { granted, received: request && { host: request.headers["host"], target: request.target } };
}

test("an edited token is granted only if it means the signed request, and STS receives that request", async () => {
  const count = { sent: 0, granted: 0 };
  await fc.assert(
    fc.asyncProperty(edited(originals), async ({ original, text }) => {
      const { granted, received } = await ask(text);
      if (received === undefined) return;
      count.sent += 1;
      assert.deepEqual(received, meaningOf(text));
      const { host, target } = parse(original);
      const same = received.host === host && received.target === target;
      assert.equal(granted, same, `${received.target} instead of ${target}`);
      if (granted) count.granted += 1;
    }),
    { numRuns: 2_000, seed: 1 },
  );
  assert.ok(count.granted > 100 && count.sent - count.granted > 20, JSON.stringify(count));
});

test("another spelling of a signed request is granted", async () => {
  await fc.assert(
    fc.asyncProperty(respelled(originals), async ({ original, text }) => {
      const { host, target } = parse(original);
      assert.deepEqual(await ask(text), { granted: true, received: { host, target } });
    }),
    { numRuns: 200, seed: 1 },
  );
});
