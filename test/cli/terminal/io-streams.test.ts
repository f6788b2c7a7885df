// The command as a process with closed or full output: no stack trace, and the correct exit code.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));

let store: MemoryStore;
before(async () => {
  const roles = Array.from({ length: 190 }, (_, i) => [
    `/iam-authenticator/prod/role/111122223333/r${i}`,
    JSON.stringify({ arn: `arn:aws:iam::111122223333:role/r${i}`, username: "x".repeat(1000) }),
  ]);
  store = await startParameterStore({ parameters: Object.fromEntries(roles) });
});
after(() => store.close());

/** Runs a bash script, in which `$IA` is the command. */
async function bash(line: string) {
  const child = spawn("bash", ["--norc", "-c", `set -o pipefail; ${line}`], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      IA: `${process.execPath} ${SCRIPT}`,
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL_SSM: store.url,
      AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
      CLUSTER_ID: "prod",
    },
  });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [err, out] = await Promise.all([text(child.stderr), text(child.stdout)]);
  return { code: await closed, out, err };
}

test("a reader can close the pipe before it has read all output", async () => {
  for (const words of ["mappings list", "mappings list -o json", "mappings export"]) {
    const { code, out, err } = await bash(`$IA ${words} | head -1`);
    assert.deepEqual([code, out.split("\n").length, err], [0, 2, ""], words);
  }
});

test("apply writes everything, even if the reader closes the pipe during the plan", async () => {
  const mappings = Array.from({ length: 190 }, (_, i) => ({
    arn: `arn:aws:iam::111122223333:role/n${i}`,
    username: `${i}${"y".repeat(1000)}`,
  }));
  const file = join(mkdtempSync(join(tmpdir(), "iam-authenticator-")), "mappings.json");
  writeFileSync(file, JSON.stringify({ mappings }));
  const { code, err } = await bash(`$IA mappings apply -f ${file} -y --rate 1000 | head -1`);
  rmSync(dirname(file), { recursive: true });
  assert.deepEqual([code, err], [0, "Wrote 190 parameters. The function reads the change within 30 s.\n"]);
  assert.equal((await bash("$IA mappings get role/111122223333/n189")).code, 0);
});

test("the exit code reports findings, even if the reader closes the pipe", async () => {
  assert.equal((await bash("$IA mappings lint | head -1")).code, 1);
});

test("a full disk prints one sentence", { skip: !existsSync("/dev/full") }, async () => {
  const { code, err } = await bash("$IA mappings list > /dev/full");
  assert.deepEqual([code, err], [3, "Cannot write the output: ENOSPC.\n"]);
  assert.equal((await bash("$IA mappings get x 2> /dev/full")).code, 3);
});

test("closed streams cause no stack trace", async () => {
  assert.equal((await bash("$IA mappings list >&-")).err, "");
  assert.equal((await bash("$IA mappings get x 2>&-")).code, 2);
});
