// Services that are too slow, in real time and side by side: the limit of each, and five seconds for all.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startHttpServer } from "../../local/http-server.ts";
import { localIdentity } from "../../local/identities.ts";
import { callerIdentity } from "../../local/sts/answer.ts";
import { failure, grantedUser } from "./answers.ts";
import { PREFIX } from "./mappings.ts";
import { first } from "./outages.ts";
import { CALLERS, type System, startSystem } from "./system.ts";

const SILENT = { kind: "silent" } as const;

/** By the function's own log: between the limit, and what a busy machine adds to it. */
function assertTook({ logs }: System, ms: number): void {
  const { total } = (logs().at(-1)?.["ms"] ?? { total: 0 }) as { total: number };
  assert.ok(total > ms - 50 && total < ms + 600, `took ${total} ms instead of ${ms} ms`);
}

describe("slow", { concurrency: true }, () => {
  for (const fault of [SILENT, { kind: "stall", body: '{"GetCallerIdentityResponse":' }] as const) {
    test(`STS is ${fault.kind}: 500 after two tries of 2 s, then granted`, async (t) => {
      const system = await startSystem(t);
      const token = await system.token("bob");
      system.sts.fail(fault);
      assert.match(failure(await system.review(token), 500), /^sts_unreachable: .*TimedOut/);
      assertTook(system, 4_000);
      assert.deepEqual([system.sts.calls(), system.store.calls()], [2, 0]);
      system.sts.fail(undefined);
      grantedUser(await system.review(token));
      assert.equal(system.sts.calls(), 3);
    });
  }

  test("STS is silent once: granted after 2 s", async (t) => {
    const system = await startSystem(t);
    system.sts.fail(first(1, SILENT));
    grantedUser(await system.review(await system.token("bob")));
    assertTook(system, 2_000);
  });

  test("Parameter Store is silent: 500 after two tries of 1 s, then granted", async (t) => {
    const system = await startSystem(t);
    const token = await system.token("bob");
    system.store.fail(SILENT);
    assert.match(failure(await system.review(token), 500), /^parameters_unavailable: .*TimedOut/);
    assertTook(system, 2_000);
    assert.equal(system.store.calls(), 2);
    system.store.fail(undefined);
    grantedUser(await system.review(token));
    assert.deepEqual([system.sts.calls(), system.store.calls()], [1, 3]);
  });

  test("STS answers late and Parameter Store not at all: 500 after 5 s", async (t) => {
    const late = await startHttpServer(async (request) => {
      await delay(1_700);
      return callerIdentity(request, localIdentity("bob"));
    });
    t.after(() => late.close());
    late.fail(first(1, SILENT));
    const system = await startSystem(t, { settings: { AWS_ENDPOINT_URL_STS: late.url } });
    system.store.fail(SILENT);
    assert.match(failure(await system.review(await system.token("bob")), 500), /^parameters_unavailable: /);
    assertTook(system, 5_000);
    assert.equal(system.store.calls(), 2);
  });

  test("the callers come late and STS not at all: 500 after 5 s", async (t) => {
    const Parameter = { Name: `${PREFIX}/callers`, Type: "String", Value: JSON.stringify(CALLERS) };
    const late = await startHttpServer(async () => {
      await delay(300);
      return { status: 200, body: JSON.stringify({ Parameters: [Parameter], InvalidParameters: [] }) };
    });
    t.after(() => late.close());
    late.fail(SILENT);
    const system = await startSystem(t, { settings: { CALLER_AUTH: "bearer", AWS_ENDPOINT_URL_SSM: late.url } });
    late.fail(first(1, SILENT));
    late.requests.length = 0;
    system.sts.fail(SILENT);
    assert.match(failure(await system.review(await system.token("bob")), 500), /^sts_unreachable: /);
    assertTook(system, 5_000);
    assert.deepEqual([late.requests.length, system.sts.calls()], [2, 2]);
  });

  test("Parameter Store is silent while the function initialises: ready after 1 s, and the review asks again", async (t) => {
    const started = performance.now();
    const system = await startSystem(t, { settings: { CALLER_AUTH: "bearer" }, storeFault: SILENT });
    const took = performance.now() - started;
    assert.ok(took > 950 && took < 4_000, `ready after ${took} ms`);
    system.store.fail(undefined);
    grantedUser(await system.review(await system.token("bob")));
    const { cached, stale } = system.logs().at(-1) ?? {};
    assert.deepEqual([cached, stale], [{ caller: false, identity: false, mapping: false }, undefined]);
  });

  test("others are answered while one waits", async (t) => {
    const system = await startSystem(t);
    system.sts.fail(({ target }) => (target.includes("ASIALOCALBOB") ? SILENT : undefined));
    const waiting = system.review(await system.token("bob"));
    for (const name of ["alice", "carol"]) grantedUser(await system.review(await system.token(name)));
    assert.equal(system.logs().length, 2);
    failure(await waiting, 500);
  });
});
