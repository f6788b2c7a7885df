// Cached proofs and parsed values must not change a decision.
// Each answer of a warm environment is compared with that of a new one.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LOCAL_IDENTITIES } from "../../../../local/identities.ts";
import {
  type FixedClock,
  fakeServices,
  fixedClock,
  gatewayEvent,
  HOME,
  handlerOf,
  NOW,
  OTHER,
  reviewBody,
  type Stored,
  tokenOf,
} from "../fixtures.ts";

const arn = (kind: string, name: string, account = HOME) => `arn:aws:iam::${account}:${kind}/${name}`;
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
const SESSION = `arn:aws:sts::${HOME}:assumed-role/Developers/dan@example.com`;

/** For each name: values that expire while cached, that deny some identities, and that are invalid. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  [`role/${HOME}/developers`]: [
    {
      arn: arn("role", "Developers"),
      username: "dev:{SessionName}",
      groups: ["dev", "of:{SessionNameRaw}"],
      notAfter: at(25),
    },
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
  const services = fakeServices({
    [`role/${HOME}/developers`]: { arn: arn("role", "Developers"), username: "dev" },
  });
  const handler = handlerOf(services);
  const ask = async () => (await handler(gatewayEvent(reviewBody(tokenOf("bob"))))).json.status;
  assert.equal((await ask()).user?.username, "dev");
  services.parameters[`role/${HOME}/developers`] = { arn: arn("role", "Developers"), username: "other" };
  services.clock.advance(30_000);
  assert.equal((await ask()).user?.username, "other");
  services.parameters["deny/any"] = [{ arnLike: arn("role", "Developers") }];
  services.clock.advance(10_000);
  assert.match((await ask()).error ?? "", /^identity_denied: /);
  assert.equal(services.calls.sts.length, 1);
});
