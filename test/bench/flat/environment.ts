// One execution environment: runs reviews in sequence with the built bundle. A child process of
// flat.ts, with --expose-gc; logs to standard output.

import { setImmediate } from "node:timers/promises";
import { reviewBody, V1 } from "../../system/token-review.ts";
import { reviewEvent } from "../review-event.ts";
import { serveInProcess } from "./in-process-services.ts";
import { token } from "./tokens.ts";
import { type Done, roleName, SESSIONS, type Work } from "./work.ts";

const BUNDLE = new URL("../../../dist/authenticator/index.mjs", import.meta.url);

const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;
serveInProcess();
const { handler } = await import(BUNDLE.href);

/** The event without its body, so that creating events is cheap. */
const event = reviewEvent("");

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

async function review({ kind, from, roles, pause }: Work, index: number): Promise<void> {
  ahead += pause;
  const number = from + index;
  const role = Math.floor(number / SESSIONS) % roles;
  const body = reviewBody(V1, token(kind, number, role, Date.now()));
  const ask = (): Promise<Answer> => handler({ ...event, body }, {});
  let answer = await ask();
  // Retries as kube-apiserver does, since the machine may pause longer than a review's timeout.
  if (answer.statusCode === 500) answer = await ask();
  const { status } = JSON.parse(answer.body);
  const expected = kind === "good" ? `${roleName(role)}:s${number}` : undefined;
  const isRight = kind === "good" ? status?.user?.username === expected : status?.authenticated === false;
  if (answer.statusCode !== 200 || !isRight) throw new Error(`${kind} ${number}: ${answer.statusCode} ${answer.body}`);
}

process.on("message", async (work: Work) => {
  const before = process.cpuUsage();
  for (let index = 0; index < work.reviews; index += 1) await review(work, index);
  const { user, system } = process.cpuUsage(before);
  // Twice, since buffers are freed after the objects that hold them.
  for (const _ of [1, 2]) {
    await setImmediate();
    globalThis.gc?.();
  }
  const { heapUsed: heap, external, rss } = process.memoryUsage();
  process.send?.({ cpu: (user + system) / work.reviews, heap, external, rss } satisfies Done);
});
process.send?.("ready");
