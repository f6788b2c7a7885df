// Child process of environment.ts: loads one handler, runs reviews in sequence as Lambda does, and measures only their
// processor time.

import { pathToFileURL } from "node:url";
import type { Batch, Measured } from "./environment.ts";

interface Response {
  readonly statusCode: number;
  readonly body: string;
}

const realNow = Date.now;
let aheadMs = 0;
// Before the import, since the handler keeps the function.
Date.now = () => realNow() + aheadMs;
const entry = process.argv[2] ?? "";
const { handler } = (await import(pathToFileURL(entry).href)) as {
  handler(event: unknown, context: unknown): Promise<Response>;
};

process.on("message", (batch: Batch) => {
  measure(batch).then(
    (measured) => process.send?.(measured),
    (error: unknown) => {
      throw error;
    },
  );
});

async function measure({ before, events: texts, repeat, pauseMs = 0, status, holds }: Batch): Promise<Measured> {
  for (const text of before) await handler(JSON.parse(text), {});
  // Lambda's runtime client parses each event before the handler.
  const events = texts.flatMap((text) => Array.from({ length: repeat }, () => JSON.parse(text)));
  const microseconds = new Float64Array(events.length);
  let wrong: Response | undefined;
  globalThis.gc?.();

  const from = process.cpuUsage();
  for (const [index, event] of events.entries()) {
    aheadMs += pauseMs;
    const start = performance.now();
    let response = await handler(event, {});
    // As kube-apiserver does: the machine may pause for longer than a review's time limit.
    if (response.statusCode === 500) response = await handler(event, {});
    microseconds[index] = (performance.now() - start) * 1_000;
    if (response.statusCode !== status || !response.body.includes(holds)) wrong = response;
  }
  const { user, system } = process.cpuUsage(from);

  if (wrong !== undefined) throw new Error(`unexpected response: ${JSON.stringify(wrong)}`);
  microseconds.sort();
  const at = (share: number): number => microseconds[Math.floor(share * (microseconds.length - 1))] ?? Number.NaN;
  return { cpu: (user + system) / events.length, p50: at(0.5), p99: at(0.99) };
}

process.send?.("ready");
