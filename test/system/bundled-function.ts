// A new instance of the built bundle, or of its sources, with its own environment and clock, as a
// handler for the gateway.

import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Handler } from "../../local/gateway/events.ts";
import type { SharedClock } from "./clock.ts";

export interface ThreadData
  extends Pick<SharedClock, "shift" | "stoppedAt">,
    Pick<FunctionOptions, "ca"> {
  readonly entry: string;
}

/** A call of the handler, or the advance of a stopped clock. */
export type FunctionMessage =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly event: unknown;
      readonly awsRequestId: string;
    }
  | { readonly kind: "advance"; readonly ms: number };

export type FunctionReport =
  | { readonly kind: "ready" | "advanced" }
  | { readonly kind: "stdout" | "stderr"; readonly text: string }
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly result?: unknown;
      readonly error?: string;
    };

export interface BundledFunction extends Handler {
  output(stream: "stdout" | "stderr"): string;
  close(): Promise<void>;
}

export interface FunctionOptions {
  /** Path of the bundle, or of the index.ts of its sources. */
  readonly entry: string;
  /** The complete environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: SharedClock;
  /** The only trusted authorities, PEM. Default: those of Node. */
  readonly ca?: readonly string[] | undefined;
}

/** Resolves once the bundle is loaded. Rejects with the error of its initialization. */
export async function startFunction({
  entry,
  environment,
  clock,
  ca,
}: FunctionOptions): Promise<BundledFunction> {
  const { shift, stoppedAt } = clock;
  const { NODE_V8_COVERAGE } = process.env;
  // Only sources are measured (`npm test`): the thread writes its coverage to the same folder as
  // this process.
  const coverage = entry.endsWith(".ts") && NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE };
  const workerData: ThreadData = { entry: pathToFileURL(entry).href, ca, shift, stoppedAt };
  const options = { env: { ...environment, ...coverage }, execArgv: [], workerData };
  const worker = new Worker(new URL("function-thread.ts", import.meta.url), options);
  const printed = { stdout: "", stderr: "" };
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<void>();
  let lastId = 0;

  const send = (message: FunctionMessage): void => worker.postMessage(message);
  const advances: PromiseWithResolvers<void>[] = [];
  const advance = (ms: number): Promise<void> => {
    const advanced = Promise.withResolvers<void>();
    advances.push(advanced);
    send({ kind: "advance", ms });
    return advanced.promise;
  };
  if (clock.stoppedAt !== undefined) clock.onAdvance(advance);

  worker.on("message", (report: FunctionReport) => {
    if (report.kind === "stdout" || report.kind === "stderr") printed[report.kind] += report.text;
    if (report.kind === "ready") ready.resolve();
    if (report.kind === "advanced") advances.shift()?.resolve();
    if (report.kind !== "answer") return;
    const { id, result, error } = report;
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  worker.on("error", (error) => {
    ready.reject(error);
    for (const call of waiting.values()) call.reject(error);
  });
  await ready.promise;

  return {
    handler(event, { awsRequestId }) {
      lastId += 1;
      const call = Promise.withResolvers<unknown>();
      waiting.set(lastId, call);
      send({ kind: "call", id: lastId, event, awsRequestId });
      return call.promise;
    },
    output: (stream) => printed[stream],
    async close() {
      await worker.terminate();
    },
  };
}
