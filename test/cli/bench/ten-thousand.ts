// Measures commands with 10,000 mappings, the limit of the standard tier: seconds, calls and memory, as a Markdown table.
//
//     node test/cli/bench/ten-thousand.ts [mappings] [--whole]
//
// The default rates are 20 reads a second, half of an account's quota, and 3 writes a second. With these, 10,000 writes
// take 56 minutes: without --whole, the benchmark writes only as many as fit into a minute, and prints the number. With
// higher throughput, 9 writes and 50 reads are possible. "no limit" shows the speed of this machine. The local store
// takes most of that time: it scans all names for each page of ten.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { HIGHER_THROUGHPUT } from "../../../local/parameter-store/throughput.ts";
import { measure, printHead } from "./measured.ts";

const { values, positionals } = parseArgs({ options: { whole: { type: "boolean" } }, allowPositionals: true });
const COUNT = Number(positionals[0] ?? 10_000);
const LIMITED_WRITES = values.whole ? COUNT : Math.min(COUNT, 180);
const FASTER_WRITES = values.whole ? COUNT : Math.min(COUNT, 540);
const UNLIMITED = ["--read-rate", "1000000"];
const NEW = ["-y", "--new", "--allow-weakening"];

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const file = mappingFile("all.yaml", COUNT);
const store = await startParameterStore();
const empty = await startParameterStore();
const higher = await startParameterStore({ throughput: HIGHER_THROUGHPUT });

printHead(`${COUNT} mappings`);
const fewer = mappingFile("fewer.yaml", LIMITED_WRITES);
const faster = mappingFile("faster.yaml", FASTER_WRITES);
const ROWS: readonly (readonly [
  name: string,
  limit: string,
  words: readonly string[],
  from?: MemoryStore,
  code?: number,
])[] = [
  ["apply, all of them new", "no limit", ["apply", "-f", file, ...NEW, "--rate", "1000000", ...UNLIMITED]],
  ["apply, nothing to do", "no limit", ["apply", "-f", file, "-y", ...UNLIMITED]],
  ["list", "no limit", ["list", ...UNLIMITED]],
  ["lint", "no limit", ["lint", "--fail", "error", ...UNLIMITED]],
  ["list", "20 reads/s", ["list"]],
  ["lint", "20 reads/s", ["lint", "--fail", "error"]],
  ["apply, nothing to do", "20 reads/s", ["apply", "-f", file, "-y"]],
  ["set one", "20 reads/s", ["set", roleArn(1), "--add-group", "x", "-y"]],
  ["remove the last administrator (refused)", "20 reads/s", ["remove", roleArn(0), "-y"], store, 1],
  [`apply, ${LIMITED_WRITES} new`, "3 writes/s", ["apply", "-f", fewer, ...NEW], empty],
  [`apply, ${FASTER_WRITES} new`, "9 writes/s", ["apply", "-f", faster, "--rate", "9", ...NEW], higher],
  ["list", "50 reads/s", ["list", "--read-rate", "50"]],
];
for (const [name, rateLimit, words, server = store, code = 0] of ROWS) {
  await measure({ name, rateLimit, words: ["mappings", ...words, "-c", "bench"], servers: { SSM: server }, code });
}
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
