// Each network call of the functions meets each failure: what its caller gets, in which time, and what is cached.
// Run by `npm run test:faults`, which prints the table.

import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { hostileCertificates } from "../hostile/certificates.ts";
import { startHostileServer } from "../hostile/server.ts";
import { type SharedClock, sharedClock } from "../system/clock.ts";
import { CALLS, type Call, startServices } from "./calls.ts";
import { FAILURES, type Failure } from "./failures.ts";

interface Row {
  readonly got: string;
  readonly seconds: string;
  /** Requests, or connections without one. `undefined` if nothing listens. */
  readonly calls: number | undefined;
  /** The same for a second request just afterwards. */
  readonly again: string;
  /** Seconds after the end of the failure until the caller gets its usual answer. */
  readonly recovery: string;
}

/** A review has 5 s; the rest is for a busy machine. */
const REVIEW_MS = 8_000;

const { trusted, certificates } = hostileCertificates();
const rows = new Map<string, Row>();

for (const call of CALLS) {
  describe(call.name, { concurrency: 5 }, () => {
    for (const failure of FAILURES) {
      test(`${call.name}: ${failure.name}`, { timeout: 240_000 }, async (t) => {
        const row = await meet(t, call, failure);
        rows.set(`${call.name}/${failure.name}`, row);
        for (const outcome of [row.got, row.again])
          assert.match(outcome, /^(500|429) /, "neither a fault nor throttled");
        assert.notEqual(row.recovery, "never");
      });
    }
  });
}

async function meet(t: TestContext, call: Call, failure: Failure): Promise<Row> {
  const answerOf = await startServices(t);
  const start = async (behaviour: Failure["behaviour"], port?: number) => {
    const tls = certificates[behaviour?.certificate ?? "usual"];
    const server = await startHostileServer(behaviour ?? { name: "honest" }, call.target, tls, answerOf, port);
    t.after(server.close);
    return server;
  };
  const good = await start(undefined);
  let connections = 0;
  const connect: NonNullable<Failure["behaviour"]>["connect"] = (socket) => {
    connections += 1;
    failure.behaviour?.connect?.(socket);
  };
  const bad = await start(failure.behaviour && { ...failure.behaviour, connect });
  if (failure.behaviour === undefined) bad.close();
  const clock = sharedClock();
  const urlOf = (service: string) => `https://127.0.0.1:${(service === call.service ? bad : good).port}`;
  const subject = await call.start(t, { urlOf, ca: trusted, clock });

  const ask = async () => {
    const before = { requests: bad.asked(), connections };
    const from = performance.now();
    const got = await subject();
    const ms = performance.now() - from;
    assert.ok(ms < REVIEW_MS, `${got} after ${ms} ms`);
    const made = bad.asked() - before.requests || connections - before.connections;
    return { got, seconds: (ms / 1_000).toFixed(1), calls: failure.behaviour === undefined ? undefined : made };
  };
  const first = await ask();
  const { got: again, calls } = await ask();
  bad.close();
  await start(undefined, bad.port);
  const recovery = await recoveryOf(subject, call.usual, clock);
  return { ...first, again: calls === 0 && again !== call.usual ? `${again}, cached` : again, recovery };
}

async function recoveryOf(subject: () => Promise<string>, usual: string, clock: SharedClock): Promise<string> {
  let waited = 0;
  for (const seconds of [0, 1, 10, 30, 60, 300]) {
    clock.advance((seconds - waited) * 1_000);
    waited = seconds;
    if ((await subject()) === usual) return String(seconds);
  }
  return "never";
}

after(() => {
  for (const { name } of CALLS) {
    console.log(
      `\n### ${name}\n\n| failure | caller gets | s | calls | again | usual answer after |\n| --- | --- | --: | --: | --- | --: |`,
    );
    for (const failure of FAILURES) {
      const row = rows.get(`${name}/${failure.name}`);
      if (row === undefined) continue;
      const { got, seconds, calls = "", again, recovery } = row;
      console.log(
        `| ${failure.name} | ${got} | ${seconds} | ${calls} | ${again === got ? "the same" : again} | ${recovery} |`,
      );
    }
  }
});
