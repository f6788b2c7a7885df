// Runs one command in a separate process, and prints its seconds, calls and memory as a row of a Markdown table.

import { fork } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "../../../cli/run.ts";
import { processStreams } from "../../../cli/terminal/io-streams.ts";
import type { LocalServer } from "../../../local/http-server.ts";
import { endpoints } from "../cli.ts";

const SCRIPT = fileURLToPath(import.meta.url);
const NULL = openSync("/dev/null", "w");
const ROW = "| command | rate limit | seconds | calls | peak memory (RSS), MB |\n| --- | --- | ---: | ---: | ---: |";

/** @param what such as "10000 mappings" */
export function printHead(what: string): void {
  console.log(`${what}; Node.js ${process.versions.node} on ${process.platform} ${process.arch}\n\n${ROW}`);
}

export interface Measured {
  readonly name: string;
  readonly rateLimit: string;
  readonly words: readonly string[];
  readonly servers: Readonly<Record<string, LocalServer>>;
  /** The expected exit code. */
  readonly code?: number;
}

export async function measure({ name, rateLimit, words, servers, code = 0 }: Measured): Promise<void> {
  const before = Object.values(servers).map(({ requests }) => requests.length);
  const start = performance.now();
  const child = fork(SCRIPT, [...words, "--region", "us-east-1"], {
    env: {
      PATH: process.env["PATH"],
      ...endpoints(servers),
      AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
    },
    stdio: ["ignore", NULL, code === 0 ? "inherit" : NULL, "ipc"],
  });
  const [{ maxRssKb }] = await once(child, "message");
  const [exitCode] = await once(child, "exit");
  if (exitCode !== code) throw new Error(`${name}: exit ${exitCode}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const calls = Object.values(servers).map(({ requests }, i) => requests.length - (before[i] ?? 0));
  console.log(
    `| ${name} | ${rateLimit} | ${seconds} | ${calls.slice(0, 3).join(", ")} | ${Math.round(maxRssKb / 1024)} |`,
  );
}

if (process.argv[1] === SCRIPT) {
  process.exitCode = await run(process.argv.slice(2), processStreams());
  process.send?.({ maxRssKb: process.resourceUsage().maxRSS });
  process.disconnect();
}
