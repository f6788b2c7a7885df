// Slow services, in time that the test moves: five seconds for a review, one second for the initialization.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startHttpServer } from "../../local/http-server.ts";
import { localIdentity } from "../../local/identities.ts";
import { callerIdentity } from "../../local/sts/answer.ts";
import { passEach } from "../time.ts";
import { failure, grantedUser } from "./answers.ts";
import { stoppedClock } from "./clock.ts";
import { first } from "./outages.ts";
import { type System, startSystem } from "./system.ts";

const SILENT = { kind: "silent" } as const;

/** Duration of the last review in milliseconds, from the function's log. */
function took({ logs }: System): unknown {
  return (logs().at(-1)?.["ms"] as { total: number } | undefined)?.total;
}

describe("slow", { timeout: 60_000 }, () => {
  test("STS answers late and Parameter Store not at all: 500 after 5 s", async (t) => {
    const held = Promise.withResolvers<void>();
    const late = await startHttpServer(async (request) => {
      await held.promise;
      return callerIdentity(request, localIdentity("bob"));
    });
    t.after(() => late.close());
    late.fail(first(1, SILENT));
    const system = await startSystem(t, { settings: { AWS_ENDPOINT_URL_STS: late.url } });
    system.store.fail(SILENT);
    const answer = system.review(await system.token("bob"));
    await passEach(() => late.requests.length, system.clock.advance, 2_000, 1_700);
    held.resolve();
    await passEach(system.store.calls, system.clock.advance, 1_000, 300);
    assert.match(failure(await answer, 500), /^parameters_unavailable: /);
    assert.equal(took(system), 5_000);
    assert.equal(system.store.calls(), 2);
  });

  test("Parameter Store is silent during the initialization: ready after 1 s, and the review reads again", async (t) => {
    const clock = stoppedClock();
    let asked = 0;
    const storeFault = () => {
      asked += 1;
      return SILENT;
    };
    const starting = startSystem(t, { settings: { CALLER_AUTH: "bearer" }, storeFault, clock });
    await passEach(() => asked, clock.advance, 1_000);
    const system = await starting;
    assert.equal(system.initMs, 1_000);
    system.store.fail(undefined);
    grantedUser(await system.review(await system.token("bob")));
    const { cached, stale } = system.logs().at(-1) ?? {};
    assert.deepEqual([cached, stale], [{ caller: false, identity: false, mapping: false }, undefined]);
  });
});
