// What a warm environment remembers must not change a decision, apply to another identity (CVE-2025-11621, HCSEC-2025-30), or
// grow without a bound.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cachedProofs } from "../../../../functions/authenticator/identity/identity-cache.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { LOCAL_IDENTITIES } from "../../../../local/identities.ts";
import { asked, stsAt, TOKEN } from "../../aws/asking.ts";
import { startRawServer } from "../../aws/raw-server.ts";
import {
  deadlineOf,
  type FixedClock,
  fakeServices,
  fixedClock,
  gatewayEvent,
  HOME,
  handlerOf,
  MAPPED,
  NOW,
  OTHER,
  reviewBody,
  type Stored,
  tokenOf,
  verified,
} from "../fixtures.ts";
import { credential, denial, EXTRA_HOST, HOSTS, tokenWith } from "../token/samples.ts";
import { reviewer } from "./review.ts";

const arn = (kind: string, name: string, account = HOME) => `arn:aws:iam::${account}:${kind}/${name}`;
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
const SESSION = `arn:aws:sts::${HOME}:assumed-role/Developers/dan@example.com`;

/** For each name: values that expire while cached, that deny some identities, and that are invalid. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  [`role/${HOME}/developers`]: [
    { arn: arn("role", "Developers"), username: "d:{SessionName}", groups: ["{SessionNameRaw}"], notAfter: at(25) },
    { arn: arn("role", "Other"), username: "x" },
  ],
  [`user/${HOME}/alice`]: [{ arn: arn("user", "alice"), username: "alice", principalId: "AIDAANOTHER" }, "not JSON"],
  [`sso/${HOME}/clusteradmin`]: [{ username: "admin:{SessionName}", groups: ["system:masters"] }],
  [`account/${HOME}`]: [{}, { groups: ["x"] }],
  "pattern/any": [
    [
      { arnLike: arn("user", "*", "*"), username: "user:{AccountID}", notAfter: at(15) },
      { arnLike: arn("role", "Dev*", "*"), username: "r:{SessionName}", groups: ["readers"] },
      { arnLike: arn("role", "*", OTHER), username: 1 },
    ],
  ],
  "deny/any": [[{ arnLike: SESSION }, { arnLike: arn("user", "*", OTHER), notAfter: at(12) }], [{ arnLike: "wrong" }]],
};

const storedValues: fc.Arbitrary<Stored> = fc.record(
  Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, fc.constantFrom(undefined, ...values)])),
);
const steps = fc.array(
  fc.record({
    name: fc.constantFrom(...LOCAL_IDENTITIES.map(({ name }) => name)),
    audiences: fc.constantFrom(undefined, ["mine"], ["theirs"]),
    wait: fc.constantFrom(0, 1, 4_000, 9_999, 10_000, 300_000),
  }),
  { minLength: 2, maxLength: 25 },
);
const RULES = { audiences: ["mine"], accounts: [HOME, OTHER] };

function environment(parameters: Stored, clock: FixedClock) {
  return handlerOf(fakeServices(parameters, { clock }), RULES);
}

test("a warm environment answers like a new one, whatever was reviewed before", async () => {
  await fc.assert(
    fc.asyncProperty(storedValues, steps, async (parameters, asked) => {
      const clock = fixedClock();
      const warm = environment(parameters, clock);
      for (const { name, audiences, wait } of asked) {
        clock.advance(wait);
        const event = gatewayEvent(reviewBody(tokenOf(name), audiences && { audiences }));
        const [its, fresh] = [await warm(event), await environment(parameters, fixedClock(clock()))(event)];
        assert.deepEqual([its.statusCode, its.json], [fresh.statusCode, fresh.json], `${name} at ${clock() - NOW} ms`);
      }
    }),
    { numRuns: 150 },
  );
});

test("a cached token is subject to later changes: a denial after 10 s, a change after 30 s", async () => {
  const { outcome, parameters, clock, calls } = reviewer({ ...MAPPED });
  assert.equal(await outcome(), "granted as dev");
  parameters[`role/${HOME}/developers`] = { arn: arn("role", "Developers"), username: "other" };
  clock.advance(30_000);
  assert.equal(await outcome(), "granted as other");
  parameters["deny/any"] = [{ arnLike: arn("role", "Developers") }];
  clock.advance(10_000);
  assert.equal(await outcome(), "identity_denied");
  assert.equal(calls.sts.length, 1);
});

const THEIRS = { [`role/${OTHER}/developers`]: { arn: arn("role", "Developers", OTHER), username: "them" } };

test("the same role name, session and user name in another account is another identity (CVE-2025-11621)", async () => {
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
        assert.equal(await outcome(tokenOf(who)), who === "bob" ? "granted as dev" : other, `${who} of ${order}`);
      }
    }
  }
});

test("two clusters, and two partitions, do not share proven tokens (CVE-2025-11621)", async () => {
  const clock = fixedClock();
  const token = { accessKeyId: "A", host: "h", target: "/", expiresAt: NOW + 900_000 };
  for (const scope of ["aws/one", "aws/two", "aws-cn/one"]) {
    const proof = { result: verified("bob"), stsRequestId: scope };
    const { recall, prove } = cachedProofs(async () => proof, scope, clock);
    assert.equal(recall("same hash"), undefined);
    await prove("same hash", token, deadlineOf(clock));
    assert.equal(recall("same hash"), proof);
  }
});

test("host cache growth: new hosts and regions leave the accepted ones unchanged, which share an endpoint's connections", async () => {
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
