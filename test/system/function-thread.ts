// The thread of bundled-function.ts: loads the bundle with a movable clock, and passes on
// everything it prints.

import { mock } from "node:test";
import { setDefaultCACertificates } from "node:tls";
import { parentPort, workerData } from "node:worker_threads";
import type { FunctionMessage, FunctionReport, ThreadData } from "./bundled-function.ts";

const { entry, ca, shift, stoppedAt } = workerData as ThreadData;
if (ca !== undefined) setDefaultCACertificates([...ca]);

const realNow = Date.now;
const added = new Float64Array(shift);
Date.now = () => (stoppedAt ?? realNow()) + (added[0] ?? 0);
if (stoppedAt !== undefined) mock.timers.enable({ apis: ["setTimeout"] });

function report(message: FunctionReport): void {
  parentPort?.postMessage(message);
}

// By message, since messages keep their order: a review's output arrives before its response.
for (const stream of ["stdout", "stderr"] as const) {
  process[stream].write = (chunk: string | Uint8Array): boolean => {
    report({ kind: stream, text: String(chunk) });
    return true;
  };
}

type Handler = (event: unknown, context: unknown) => Promise<unknown>;
let handler: Handler;

// Before the import: an initializing bundle can wait for the clock to advance.
parentPort?.on("message", (message: FunctionMessage) => {
  if (message.kind === "advance") {
    mock.timers.tick(message.ms);
    return report({ kind: "advanced" });
  }
  const { id, event, awsRequestId } = message;
  return handler(event, { awsRequestId }).then(
    (result) => report({ kind: "answer", id, result }),
    (error: unknown) => report({ kind: "answer", id, error: String(error) }),
  );
});
({ handler } = (await import(entry)) as { handler: Handler });
report({ kind: "ready" });
