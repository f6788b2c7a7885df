// Measures commands with 10,000 mappings, the limit of the standard tier: seconds, calls and memory, as a Markdown table.
//
//     node test/cli/bench/ten-thousand.ts [mappings] [--whole]
//
// The default rates are 20 reads a second, half of an account's quota, and 3 writes a second. With these, 10,000 writes
// take 56 minutes: without --whole, the benchmark writes only as many as fit into a minute, and prints the number. With
// higher throughput, 9 writes and 50 reads are possible. "no limit" shows the speed of this machine. The local store
// takes most of that time: it scans all names for each page of ten.

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { HIGHER_THROUGHPUT } from "../../../local/parameter-store/throughput.ts";

const { values, positionals } = parseArgs({ options: { whole: { type: "boolean" } }, allowPositionals: true });
const COUNT = Number(positionals[0] ?? 10_000);
const LIMITED_WRITES = values.whole ? COUNT : Math.min(COUNT, 180);
const FASTER_WRITES = values.whole ? COUNT : Math.min(COUNT, 540);
const MEASURED = fileURLToPath(new URL("measured.ts", import.meta.url));
const NULL = openSync("/dev/null", "w");
const UNLIMITED = ["--read-rate", "1000000"];

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const file = mappingFile("all.yaml", COUNT);
const store = await startParameterStore();
const empty = await startParameterStore();
const higher = await startParameterStore({ throughput: HIGHER_THROUGHPUT });

console.log(`${COUNT} mappings, Node.js ${process.versions.node} on ${process.platform} ${process.arch}\n`);
console.log("| command | rate limit | seconds | calls | peak memory (RSS), MB |\n| --- | --- | ---: | ---: | ---: |");
await measure("apply, all of them new", "no limit", [
  "apply",
  "-f",
  file,
  "-y",
  "--new",
  "--allow-weakening",
  "--rate",
  "1000000",
  ...UNLIMITED,
]);
await measure("apply, nothing to do", "no limit", ["apply", "-f", file, "-y", ...UNLIMITED]);
await measure("list", "no limit", ["list", ...UNLIMITED]);
await measure("lint", "no limit", ["lint", "--fail", "error", ...UNLIMITED]);
await measure("list", "20 reads/s", ["list"]);
await measure("lint", "20 reads/s", ["lint", "--fail", "error"]);
await measure("apply, nothing to do", "20 reads/s", ["apply", "-f", file, "-y"]);
await measure("set one", "20 reads/s", ["set", roleArn(1), "--add-group", "x", "-y"]);
await measure("remove the last administrator (refused)", "20 reads/s", ["remove", roleArn(0), "-y"], { code: 1 });
const fewer = mappingFile("fewer.yaml", LIMITED_WRITES);
await measure(
  `apply, ${LIMITED_WRITES} new`,
  "3 writes/s",
  ["apply", "-f", fewer, "-y", "--new", "--allow-weakening"],
  {
    from: empty,
  },
);
const faster = mappingFile("faster.yaml", FASTER_WRITES);
const fast = ["--rate", "9", "-y", "--new", "--allow-weakening"];
await measure(`apply, ${FASTER_WRITES} new`, "9 writes/s", ["apply", "-f", faster, ...fast], { from: higher });
await measure("list", "50 reads/s", ["list", "--read-rate", "50"]);
await Promise.all([store.close(), empty.close(), higher.close()]);
rmSync(folder, { recursive: true });

function roleArn(i: number): string {
  return `arn:aws:iam::${111122223333 + (i % 40)}:role/service-${i}`;
}

function mappingFile(name: string, count: number): string {
  const mappings = Array.from({ length: count }, (_, i) => ({
    arn: roleArn(i),
    username: `service-${i}:{SessionName}`,
    groups: i === 0 ? ["system:masters"] : [`team-${i % 50}`, "deployers"],
  }));
  writeFileSync(join(folder, name), stringify({ mappings }));
  return join(folder, name);
}

/** Runs in a separate process to measure its memory. */
async function measure(
  name: string,
  rateLimit: string,
  words: readonly string[],
  { code: expected = 0, from = store }: { code?: number; from?: MemoryStore } = {},
): Promise<void> {
  const before = from.requests.length;
  const start = performance.now();
  const child = fork(MEASURED, ["mappings", ...words, "-c", "bench", "--region", "us-east-1"], {
    env: {
      PATH: process.env["PATH"],
      AWS_ENDPOINT_URL_SSM: from.url,
      AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
    },
    stdio: ["ignore", NULL, NULL, "ipc"],
  });
  const [{ maxRssKb }] = await once(child, "message");
  const [code] = await once(child, "exit");
  if (code !== expected) throw new Error(`${name}: exit ${code}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `| ${name} | ${rateLimit} | ${seconds} | ${from.requests.length - before} | ${Math.round(maxRssKb / 1024)} |`,
  );
}
