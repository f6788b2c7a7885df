// Each network call of the functions meets each failure: what its caller gets, in which time, and
// what is cached. Run by `npm run test:faults`, which prints the table.

import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { freePort } from "../free-port.ts";
import { type HostileServer, hostileCertificates, startHostileServer } from "../hostile/server.ts";
import { type SharedClock, sharedClock, stoppedClock } from "../system/clock.ts";
import { until } from "../time.ts";
import { CALLS, type Call, startServices } from "./calls.ts";
import { FAILURES, type Failure } from "./failures.ts";

type Row = Awaited<ReturnType<typeof meet>>;

/** Before Lambda stops the check. */
const CHECK_MS = 13 * 60_000;
/** A review has 5 s; the rest is for a busy machine. */
const REVIEW_MS = 8_000;

/**
 * Nothing is wrong with the service in these rows but its clock, and STS is right: the token has
 * expired there.
 */
const ALLOWED: Readonly<Record<string, string>> = {
  "STS, for a user's token": "denied: sts_refused",
  "STS, for an IAM caller": "401 caller_refused",
};

const { trusted, certificates } = hostileCertificates();
const rows = new Map<string, Row>();

for (const call of CALLS) {
  describe(call.name, { concurrency: 5 }, () => {
    for (const failure of FAILURES) {
      test(`${call.name}: ${failure.name}`, { timeout: 240_000 }, async (t) => {
        const row = await meet(t, call, failure);
        rows.set(`${call.name}/${failure.name}`, row);
        checkRow(row, call, failure);
      });
    }
  });
}

function checkRow({ got, again, recovery }: Row, call: Call, failure: Failure): void {
  const isClock = failure.behaviour?.name === "clock";
  for (const outcome of [got, again]) {
    const allowed = isClock ? [call.usual, ALLOWED[call.name]] : [];
    const isFault = /^(500|429) |^Failed|not reported|stops the check/.test(outcome);
    assert.ok(
      isFault || allowed.includes(outcome),
      `${outcome} is neither a fault nor the usual answer`,
    );
  }
  assert.notEqual(recovery, "never");
}

/**
 * `again`: for a second request just afterwards. `recovery`: seconds after the failure until the
 * usual answer.
 */
async function meet(t: TestContext, call: Call, failure: Failure) {
  const answerOf = await startServices(t);
  const start = async (behaviour: Failure["behaviour"], port?: number) => {
    const tls = certificates[behaviour?.certificate ?? "usual"];
    const server = await startHostileServer(
      behaviour ?? { name: "honest" },
      call.target,
      tls,
      answerOf,
      port,
    );
    t.after(server.close);
    return server;
  };
  const good = await start(undefined);
  let connections = 0;
  const connect: NonNullable<Failure["behaviour"]>["connect"] = (socket) => {
    connections += 1;
    failure.behaviour?.connect?.(socket);
  };
  // Stays free while it is refused: the system assigns no port of this range to the tests that run
  // at the same time.
  const bad = await start(failure.behaviour && { ...failure.behaviour, connect }, await freePort());
  if (failure.behaviour === undefined) bad.close();
  const isCheck = call.usual === "Succeeded";
  const clock = isCheck && failure.isSlow ? stoppedClock() : sharedClock();
  const urlOf = (service: string) =>
    `https://127.0.0.1:${(service === call.service ? bad : good).port}`;
  const subject = await call.start(t, { urlOf, ca: trusted, clock });

  const ask = async () => {
    const before = { requests: bad.asked(), connections };
    const from = performance.now();
    const got = await (clock.stoppedAt === undefined ? subject() : patient(subject, bad, clock));
    const ms = performance.now() - from;
    assert.ok(isCheck || ms < REVIEW_MS, `${got} after ${ms} ms`);
    // Requests, or connections without one.
    const made = bad.asked() - before.requests || connections - before.connections;
    const seconds = clock.stoppedAt === undefined ? (ms / 1_000).toFixed(1) : "780";
    return { got, seconds, calls: failure.behaviour === undefined ? undefined : made };
  };
  const first = await ask();
  if (clock.stoppedAt !== undefined)
    return { ...first, again: first.got, recovery: "the next check" };
  const { got: again, calls } = await ask();
  bad.close();
  await start(undefined, bad.port);
  const recovery = await recoveryOf(subject, call.usual, clock);
  return {
    ...first,
    again: calls === 0 && again !== call.usual ? `${again}, cached` : again,
    recovery,
  };
}

/** The check, whose clock stands still: its time limit passes after the call has begun. */
async function patient(
  subject: () => Promise<string>,
  bad: HostileServer,
  clock: SharedClock,
): Promise<string> {
  const done = subject();
  await until(() => bad.asked() > 0);
  clock.advance(CHECK_MS);
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("no end: Lambda stops the check after 900 s"), 5_000);
  return Promise.race([done, promise]).finally(() => clearTimeout(timer));
}

async function recoveryOf(
  subject: () => Promise<string>,
  usual: string,
  clock: SharedClock,
): Promise<string> {
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
    const columns = ["failure", "caller gets", "s", "calls", "again", "usual answer after"];
    console.log(
      `\n### ${name}\n\n| ${columns.join(" | ")} |\n| --- | --- | --: | --: | --- | --: |`,
    );
    for (const failure of FAILURES) {
      const row = rows.get(`${name}/${failure.name}`);
      if (row === undefined) continue;
      const { got, seconds, calls = "", again, recovery } = row;
      const next = again === got ? "the same" : again;
      console.log(`| ${[failure.name, got, seconds, calls, next, recovery].join(" | ")} |`);
    }
  }
});
