// Random edits of tokens: the sent request is what the token means, STS grants only the signed one,
// and denials leak nothing.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { createSts } from "../../../../functions/authenticator/aws/sts.ts";
import { isDenial } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { mintToken } from "../../../../local/identities.ts";
import { randomRuns } from "../../../extent.ts";
import { localIdentity, startSts } from "../../../local-aws.ts";
import { tokenOf, urlOf } from "../../../token.ts";
import { edited, respelled } from "./edits.ts";
import { meaningOf } from "./oracle.ts";
import { EXTRA_HOST, HOST, NOW, parse, parsed } from "./samples.ts";

const CLUSTER_ID = "prod-1";
/**
 * Signed by the AWS SDK: of a user, of a role with a session token, and for the global, an extra, a
 * FIPS and a dual-stack host.
 */
const originals = await Promise.all(
  (
    [
      ["alice", "us-west-2", HOST],
      ["bob", "us-west-2", HOST],
      ["carol", "us-east-1", "sts.amazonaws.com"],
      ["federated", "eu-north-1", EXTRA_HOST],
      ["alice", "us-west-2", "sts-fips.us-west-2.amazonaws.com"],
      ["bob", "us-west-2", "sts.us-west-2.api.aws"],
    ] as const
  ).map(([name, region, host]) =>
    mintToken({ identity: localIdentity(name), clusterId: CLUSTER_ID, now: NOW, region, host }),
  ),
);
const sts = await startSts({ now: () => NOW, extraHosts: [EXTRA_HOST] });
after(() => sts.close());
const askSts = createSts({ regionalHost: HOST, endpoint: new URL(sts.url), clock: Date.now });

/**
 * Whether an STS that verifies signatures granted it, and what it read from the wire: `undefined`
 * without a call.
 */
async function ask(text: string) {
  sts.requests.length = 0;
  const token = parsed(text);
  const granted =
    !isDenial(token) &&
    (await askSts({ ...token, signedId: CLUSTER_ID }, deadlineIn(5_000, Date.now))).status === 200;
  assert.ok(sts.requests.length <= 1, "asked twice");
  const [request] = sts.requests;
  return {
    granted,
    received: request && { host: request.headers["host"], target: request.target },
  };
}

test("an edited token is granted only if it means the signed request", async () => {
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
    { numRuns: randomRuns(2_000), seed: 1 },
  );
  assert.ok(
    count.granted > randomRuns(100) && count.sent - count.granted > randomRuns(20),
    JSON.stringify(count),
  );
});

const RUNS = { numRuns: randomRuns(10_000) };

test("another spelling of the same request is accepted, and sent in canonical form", () => {
  fc.assert(
    fc.property(respelled(originals), ({ original, text }) => {
      const { host, target, accessKeyId, expiresAt } = parse(text);
      assert.deepEqual({ host, target, accessKeyId, expiresAt }, parse(original));
      assert.deepEqual({ host, target }, meaningOf(text));
    }),
    RUNS,
  );
});

test("an edited token is sent in canonical form, or refused without a secret", () => {
  let accepted = 0;
  fc.assert(
    fc.property(edited(originals), ({ original, text }) => {
      const token = parsed(text);
      if (!isDenial(token)) {
        accepted += 1;
        const { host, target } = token;
        assert.deepEqual({ host, target }, meaningOf(text));
        assert.match(target, /^\/\?[A-Za-z0-9._~%=&-]+$/);
        assert.deepEqual(parse(tokenOf(`https://${host}${target}`)), token);
        return;
      }
      const { message } = token;
      assert.doesNotMatch(message, /[\r\n]/);
      for (const secret of [...secretsOf(original), ...secretsOf(text)])
        assert.ok(!message.includes(secret), message);
      for (let at = 0; at + 40 <= message.length; at += 1)
        assert.ok(!text.includes(message.slice(at, at + 40)), message);
    }),
    RUNS,
  );
  // Otherwise the test proves nothing
  assert.ok(
    accepted > RUNS.numRuns / 5 && accepted < (RUNS.numRuns * 4) / 5,
    `${accepted} were accepted`,
  );
});

/** The values of the signature and the security token, encoded as in the URL and decoded. */
function secretsOf(token: string): string[] {
  return [...urlOf(token).matchAll(/(?:signature|security-token)=([^&]{16,})/gi)].flatMap(
    ([, value = ""]) => {
      return [
        value,
        value.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      ];
    },
  );
}
