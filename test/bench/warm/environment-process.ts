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

async function measure({ before, events: texts, repeat, pauseMs, status, holds }: Batch): Promise<Measured> {
  for (const text of before) await handler(JSON.parse(text), {});
  // Lambda's runtime client parses each event before the handler.
  const events = texts.flatMap((text) => Array.from({ length: repeat }, () => JSON.parse(text)));
  const microseconds = new Float64Array(events.length);
  let wrong: Response | undefined;
  if (pauseMs !== undefined) Date.now = () => realNow() + aheadMs;
  globalThis.gc?.();

  const from = process.cpuUsage();
  for (const [index, event] of events.entries()) {
    aheadMs += pauseMs ?? 0;
    const start = performance.now();
    const response = await handler(event, {});
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
