// 10,000 mappings, as many as the standard tier holds: time, calls and memory of list, lint, diff and apply.
// Reads keep to 20 a second, half of an account's default; `--rate` is lifted for apply, since this store has no quota.

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { startParameterStore } from "../../local/parameter-store/parameter-store.ts";

const COUNT = Number(process.argv[2] ?? 10_000);
const MEASURED = fileURLToPath(new URL("measured.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const file = join(folder, "mappings.yaml");
const mappings = Array.from({ length: COUNT }, (_, i) => ({
  arn: `arn:aws:iam::${111122223333 + (i % 40)}:role/service-${i}`,
  username: `service-${i}:{SessionName}`,
  groups: i === 0 ? ["system:masters"] : [`team-${i % 50}`, "deployers"],
}));
writeFileSync(file, stringify({ mappings }));
const store = await startParameterStore();

console.log(`${COUNT} mappings`);
await measure("apply, all of them new", ["apply", "-f", file, "-y", "--rate", "100000"]);
await measure("list", ["list"]);
await measure("lint", ["lint", "--fail", "error"]);
await measure("diff, nothing to do", ["diff", "-f", file]);
await measure("apply, nothing to do", ["apply", "-f", file, "-y"]);
await measure("set one", ["set", mappings[1]?.arn ?? "", "--add-group", "x", "-y"]);
await measure("remove the last administrator (refused)", ["remove", mappings[0]?.arn ?? "", "-y"]);
await store.close();
rmSync(folder, { recursive: true });

async function measure(name: string, words: readonly string[]): Promise<void> {
  const before = store.requests.length;
  const start = performance.now();
  const child = fork(MEASURED, ["mappings", ...words, "-c", "bench", "--region", "us-east-1"], {
    env: {
      PATH: process.env["PATH"],
      AWS_ENDPOINT_URL_SSM: store.url,
      AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
    },
    stdio: ["ignore", openSync("/dev/null", "w"), "inherit", "ipc"],
  });
  const [{ maxRssKb }] = await once(child, "message");
  const [code] = await once(child, "exit");
  const seconds = (performance.now() - start) / 1000;
  const calls = store.requests.length - before;
  console.log(
    `${name.padEnd(42)} ${seconds.toFixed(1).padStart(7)} s  ${String(calls).padStart(6)} calls  ` +
      `${(maxRssKb / 1024).toFixed(0).padStart(5)} MB  exit ${code}`,
  );
}
