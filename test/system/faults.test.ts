// A failing service at the bundle: the right status, nothing is kept for more than a second, and the next review is granted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ssmThrottling, stsThrottling } from "../local/service-faults.ts";
import { failure, grantedUser } from "./answers.ts";
import { sharedClock } from "./clock.ts";
import { answering, type FaultRule } from "./outages.ts";
import { startSystem } from "./system.ts";

const RESET = { kind: "reset" } as const;
const GARBAGE = answering(200, "\u0000<html>");
type Row = readonly [what: string, fault: FaultRule, calls: number, status: number, code: string];

const FAULTS: Readonly<Record<"sts" | "store", readonly Row[]>> = {
  sts: [
    ["resets the connection", RESET, 2, 500, "sts_unreachable"],
    ["throttles", stsThrottling, 1, 429, "sts_throttled"],
    ["answers 200 with garbage", GARBAGE, 1, 500, "sts_answer_unusable"],
    ["sends 1 GB", { kind: "flood", bytes: 1024 ** 3 }, 1, 500, "sts_answer_unusable"],
  ],
  store: [
    ["resets the connection", RESET, 2, 500, "parameters_unavailable"],
    ["throttles", ssmThrottling(), 4, 500, "parameters_unavailable"],
    ["answers 200 with garbage", GARBAGE, 2, 500, "parameters_unavailable"],
  ],
};

for (const service of ["sts", "store"] as const) {
  const name = { sts: "STS", store: "Parameter Store" }[service];
  test(`each fault of ${name} is a 500 or 429 that is not cached: the next review is granted`, async (t) => {
    // Throttled calls are repeated after a wait.
    const system = await startSystem(t, { clock: sharedClock() });
    for (const [index, [what, fault, calls, status, code]] of FAULTS[service].entries()) {
      system.clock.advance(31_000);
      const token = await system.token("bob", { expiresIn: index });
      system[service].fail(fault);
      const before = system[service].calls();
      for (const round of [1, 2]) {
        system.clock.advance(1_000);
        assert.match(failure(await system.review(token), status), new RegExp(`^${code}: `), what);
        assert.equal(system[service].calls() - before, round * calls, what);
      }
      system[service].fail(undefined);
      system.clock.advance(1_000);
      grantedUser(await system.review(token));
      assert.equal(system[service].calls() - before, 2 * calls + 1, what);
      // Nothing usable may be cached for the next fault.
      system.clock.advance(330_000);
    }
  });

  test(`${name} stops with open connections, and recovers`, async (t) => {
    const system = await startSystem(t);
    grantedUser(await system.review(await system.token("alice")));
    const token = await system.token("bob");
    await system[service].down();
    assert.match(failure(await system.review(token), 500), /_(unreachable|unavailable): .*ECONNREFUSED/);
    await system[service].up();
    system.clock.advance(1_000);
    grantedUser(await system.review(token));
  });
}
