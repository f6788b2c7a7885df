// The thread behind bundled-function.ts: loads the bundle under a clock that can be moved, and hands on all it prints.

import { parentPort, workerData } from "node:worker_threads";
import type { FunctionCall, FunctionReport, ThreadData } from "./bundled-function.ts";

const { entry, shift } = workerData as ThreadData;

const realNow = Date.now;
const added = new Float64Array(shift);
Date.now = () => realNow() + (added[0] ?? 0);

function report(message: FunctionReport): void {
  parentPort?.postMessage(message);
}

// By message, since messages keep their order: what a review prints is there before its answer is.
for (const stream of ["stdout", "stderr"] as const) {
  process[stream].write = (chunk: string | Uint8Array): boolean => {
    report({ kind: stream, text: String(chunk) });
    return true;
  };
}

type Handler = (event: unknown, context: unknown) => Promise<unknown>;
const { handler } = (await import(entry)) as { handler: Handler };

parentPort?.on("message", ({ id, event, awsRequestId }: FunctionCall) => {
  handler(event, { awsRequestId }).then(
    (result) => report({ kind: "result", id, result }),
    (error: unknown) => report({ kind: "error", id, error: String(error) }),
  );
});
report({ kind: "ready" });
