// One environment of the function, as Lambda would keep it: the built bundle, one review after the other. A child process of
// flat.ts, with --expose-gc; standard output takes the log.

import { setImmediate } from "node:timers/promises";
import { httpApiEvent } from "../../../local/gateway/http-api-event.ts";
import { SAMPLE_REQUEST } from "../../local/gateway/sample-request.ts";
import { CALLER, serveInProcess } from "./in-process-services.ts";
import { token } from "./tokens.ts";
import { type Done, roleName, SESSIONS, type Work } from "./work.ts";

const BUNDLE = new URL("../../../dist/authenticator/index.mjs", import.meta.url);

const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;
serveInProcess();
const { handler } = await import(BUNDLE.href);

const rawHeaders = ["Authorization", `Bearer ${CALLER}`, "Content-Type", "application/json"];
const key = "POST /authenticate";
const event = httpApiEvent(
  { ...SAMPLE_REQUEST, rawHeaders },
  { payload: "2.0", stage: "$default", routes: [key] },
  { key, path: SAMPLE_REQUEST.path },
);

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

async function review({ kind, from, roles, pause }: Work, index: number): Promise<void> {
  ahead += pause;
  const number = from + index;
  const role = Math.floor(number / SESSIONS) % roles;
  const spec = { token: token(kind, number, role, Date.now()) };
  const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec });
  const ask = (): Promise<Answer> => handler({ ...(event as object), body, isBase64Encoded: false }, {});
  let answer = await ask();
  // As kube-apiserver does: a machine that stops for seconds lets the review's own time run out.
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
  // Twice: buffers go with the objects that held them.
  for (const _ of [1, 2]) {
    await setImmediate();
    globalThis.gc?.();
  }
  const { heapUsed: heap, external, rss } = process.memoryUsage();
  process.send?.({ cpu: (user + system) / work.reviews, heap, external, rss } satisfies Done);
});
process.send?.("ready");
