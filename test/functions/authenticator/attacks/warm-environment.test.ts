// What a warm environment remembers must not change a decision, apply to another identity
// (CVE-2025-11621, HCSEC-2025-30), or grow without a bound. Concurrent reviews never mix their
// answers and log lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { ONLY_IN_ALL } from "../../../extent.ts";
import { localIdentity } from "../../../local-aws.ts";
import { asked, startRawServer, stsAt, TOKEN } from "../../aws/asking.ts";
import {
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  identityBody,
  MAPPED,
  NOW,
  OTHER,
  reviewBody,
  tokenFor,
  tokenOf,
} from "../fixtures.ts";
import { credential, denial, EXTRA_HOST, HOSTS, tokenWith } from "../token/samples.ts";
import { reviewer } from "./review.ts";

const arn = (kind: string, name: string, account = HOME) =>
  `arn:aws:iam::${account}:${kind}/${name}`;
const DEVELOPERS = `role/${HOME}/developers`;

test("a cached token is subject to later changes", async () => {
  const mapping = { arn: arn("role", "Developers"), username: "dev" };
  const other = { ...mapping, username: "other", notAfter: new Date(NOW + 50_000).toISOString() };
  const { outcome, parameters, clock, calls } = reviewer({ [DEVELOPERS]: mapping });
  for (const [ms, expected, change = {}] of [
    [0, "granted as dev", { [DEVELOPERS]: other }],
    [29_999, "granted as dev"],
    [1, "granted as other"],
    [19_999, "granted as other", { "deny/any": [{ arnLike: mapping.arn }] }],
    [1, "identity_unmapped"],
    [9_998, "identity_unmapped"],
    [1, "identity_denied"],
  ] as const) {
    clock.advance(ms);
    assert.equal(await outcome(), expected);
    Object.assign(parameters, change);
  }
  assert.equal(calls.sts.length, 1);
});

for (const [what, stored, stranger] of [
  ["no mapping", {}, "identity_unmapped"],
  [
    "a denial",
    { "pattern/any": [], "deny/any": [{ arnLike: `arn:aws:sts::${OTHER}:*` }] },
    "identity_denied",
  ],
] as const) {
  const options = what === "a denial" ? ONLY_IN_ALL : {};
  test(
    `5,000 strangers with ${what} do not evict what a user's review has read`,
    options,
    async () => {
      const services = fakeServices({ ...MAPPED, ...stored });
      let isDown = false;
      const review = handlerOf({
        ...services,
        async askSts(token, ...rest) {
          if (!token.accessKeyId.startsWith("ASIASTRANGER")) return services.askSts(token, ...rest);
          const name = token.accessKeyId.slice(-8);
          const arn = `arn:aws:sts::${OTHER}:federated-user/${name}`;
          return {
            status: 200,
            body: identityBody({ account: OTHER, arn, userId: `${OTHER}:${name}` }),
            requestId: "s",
          };
        },
        async fetchParameters(...asked) {
          if (isDown) throw fault("parameters_unavailable", "down");
          return services.fetchParameters(...asked);
        },
      });
      const outcome = async (accessKeyId: string) => {
        const { json } = await review(
          gatewayEvent(reviewBody(tokenFor(accessKeyId, { now: services.clock() }))),
        );
        return json.status.user?.username ?? json.status.error?.split(":")[0] ?? json.message;
      };
      const user = localIdentity("bob").accessKeyId;
      assert.equal(await outcome(user), "dev");
      for (let number = 0; number < 5_000; number += 1) {
        assert.equal(await outcome(`ASIASTRANGER${String(number).padStart(8, "0")}`), stranger);
      }
      isDown = true;
      services.clock.advance(300_000);
      assert.equal(await outcome(user), "dev");
    },
  );
}

const THEIRS = {
  [`role/${OTHER}/developers`]: { arn: arn("role", "Developers", OTHER), username: "them" },
};

test("one name in another account is another identity (CVE-2025-11621)", async () => {
  for (const [stored, other] of [
    [MAPPED, "identity_unmapped"],
    [{ ...MAPPED, ...THEIRS }, "granted as them"],
  ] as const) {
    for (const order of [
      ["bob", "bob-elsewhere"],
      ["bob-elsewhere", "bob"],
    ]) {
      const { outcome } = reviewer(stored);
      for (const who of [...order, ...order]) {
        assert.equal(
          await outcome(tokenOf(who)),
          who === "bob" ? "granted as dev" : other,
          `${who} of ${order}`,
        );
      }
    }
  }
});

test("host cache growth: new hosts and regions leave the accepted ones unchanged", async () => {
  const before = [[...HOSTS.regionByHost], [...HOSTS.regions]];
  for (const region of ["xx-1-1", "constructor", "hasownproperty"]) {
    for (const [host, code] of [
      [`sts.${region}.amazonaws.com`, "token_host_refused"],
      [EXTRA_HOST, "token_region_refused"],
    ] as const) {
      assert.equal(denial(tokenWith(credential(region), host)).code, code);
    }
  }
  assert.deepEqual([[...HOSTS.regionByHost], [...HOSTS.regions]], before);
  const server = await startRawServer();
  const askSts = stsAt(server.url);
  for (const host of HOSTS.regionByHost.keys()) {
    assert.equal(await asked(askSts, { ...TOKEN, host }, deadlineIn(5_000, Date.now)), "200 {}");
  }
  assert.equal(server.sockets.length, 1);
});

/** Lets the other reviews run for a varying number of turns. */
async function turns(i: number): Promise<void> {
  for (let turn = 0; turn < (i * 7) % 13; turn += 1) await new Promise(setImmediate);
}

test("fifty concurrent reviews each get their own answer and log line, and one has a cold start", async () => {
  const services = fakeServices({
    [`account/${HOME}`]: { username: "user:{SessionName}", groups: ["{AccessKeyID}"] },
  });
  const handler = handlerOf({
    ...services,
    async askSts({ accessKeyId }) {
      const i = Number(accessKeyId.slice(-7));
      await turns(i);
      // Every fifth has no mapping.
      const account = i % 5 === 0 ? OTHER : HOME;
      const identity = {
        account,
        arn: `arn:aws:sts::${account}:assumed-role/Role${i}/${i}`,
        userId: `AROA${i}:${i}`,
      };
      return { status: 200, body: identityBody(identity), requestId: `sts-${i}` };
    },
    async fetchParameters(names, deadline) {
      await turns(names.join("").length);
      return services.fetchParameters(names, deadline);
    },
  });
  const keys = Array.from({ length: 50 }, (_, i) => `ASIALOCALMANY${String(i).padStart(7, "0")}`);
  const answers = await Promise.all(
    keys.map((key, i) => {
      const requestContext = {
        http: { method: "POST" },
        stage: "$default",
        requestId: `gateway-${i}`,
      };
      return handler(gatewayEvent(reviewBody(tokenFor(key)), { requestContext }));
    }),
  );
  const entries = services.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const [i, { json }] of answers.entries()) {
    const { user, error = "" } = json.status;
    const [username, groups] = i % 5 === 0 ? [undefined, undefined] : [`user:${i}`, [keys[i]]];
    assert.deepEqual([user?.username, user?.groups], [username, groups]);
    if (i % 5 === 0) assert.match(error, new RegExp(`:role/Role${i};`));
    const own = {
      requestId: `gateway-${i}`,
      stsRequestId: `sts-${i}`,
      accessKeyId: keys[i],
      sessionName: `${i}`,
    };
    const entry = entries.find(({ requestId }) => requestId === own.requestId);
    assert.partialDeepStrictEqual({ username: undefined, ...entry }, { ...own, username });
  }
  assert.deepEqual([entries.length, entries.filter(({ coldStart }) => coldStart).length], [50, 1]);
});
