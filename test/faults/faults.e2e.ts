// Each network call of the functions meets each failure: a fault in time, and the usual answer soon after the failure.
// Run by `npm run test:faults`.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hostileCertificates } from "../hostile/certificates.ts";
import { startHostileServer } from "../hostile/server.ts";
import { sharedClock } from "../system/clock.ts";
import { CALLS, startServices } from "./calls.ts";
import { FAILURES, type Failure } from "./failures.ts";

/** A review has 5 s; the rest is for a busy machine. */
const REVIEW_MS = 8_000;

const { trusted, certificates } = hostileCertificates();

for (const call of CALLS) {
  describe(call.name, { concurrency: 5 }, () => {
    for (const failure of FAILURES) {
      test(`${call.name}: ${failure.name}`, { timeout: 240_000 }, async (t) => {
        const answerOf = await startServices(t);
        const start = async (behaviour: Failure["behaviour"], port?: number) => {
          const tls = certificates[behaviour?.certificate ?? "usual"];
          const server = await startHostileServer(behaviour ?? { name: "honest" }, call.target, tls, answerOf, port);
          t.after(server.close);
          return server;
        };
        const [good, bad] = [await start(undefined), await start(failure.behaviour)];
        if (failure.behaviour === undefined) bad.close();
        const clock = sharedClock();
        const urlOf = (service: string) => `https://127.0.0.1:${(service === call.service ? bad : good).port}`;
        const subject = await call.start(t, { urlOf, ca: trusted, clock });

        for (const _ of ["first", "again"]) {
          const from = performance.now();
          const got = await subject();
          const ms = performance.now() - from;
          t.diagnostic(`${got} after ${ms.toFixed(0)} ms`);
          assert.match(got, /^(500|429) /, "neither a grant nor a denial");
          assert.ok(ms < REVIEW_MS, `${got} after ${ms} ms`);
        }
        bad.close();
        await start(undefined, bad.port);
        let got = await subject();
        for (let seconds = 0; got !== call.usual && seconds < 300; seconds += 10) {
          clock.advance(10_000);
          got = await subject();
        }
        assert.equal(got, call.usual);
      });
    }
  });
}
