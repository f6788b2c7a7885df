// Invalid input, and the command as a process with closed or full output: no stack trace, and the
// correct exit code.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { kubeconfigOf } from "../../../cli/kube/kubeconfig.ts";
import { ONLY_IN_ALL } from "../../extent.ts";
import { cli } from "../cli.ts";
import { isPut } from "../commands/mappings/apply.ts";
import { exits, refuses, useCluster } from "../commands/mappings/cluster.ts";
import { useFolder } from "../fixtures.ts";

const folder = useFolder();
const mapping = (arn: string) => ({ arn, username: "x".repeat(1000) });
const many = (name: string) =>
  Array.from({ length: 190 }, (_, i) => mapping(`arn:aws:iam::111122223333:role/${name}${i}`));
const roles = many("r").map((role, i) => [`role/111122223333/r${i}`, role]);
const cluster = useCluster(Object.fromEntries(roles), "all");

/** Paths that a shell need not quote, whatever the folder of this checkout is called. */
const NODE = join(folder.path, "node");
symlinkSync(process.execPath, NODE);
/** The built command starts in a quarter of the time of its source. */
const COMMAND = join(folder.path, "iam-authenticator.mjs");
symlinkSync(join(import.meta.dirname, "../../../dist/cli/iam-authenticator.mjs"), COMMAND);

async function bash(line: string) {
  const child = spawn("bash", ["--norc", "-c", `set -o pipefail; ${line}`], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, IA: `${NODE} ${COMMAND}`, CLUSTER_ID: "prod" },
  });
  const [err, out, [code]] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    once(child, "close"),
  ]);
  return { code: Number(code ?? -1), out, err };
}

test("a reader that closes the pipe early does not change the exit code", async () => {
  const file = join(folder.path, "changed.json");
  writeFileSync(file, JSON.stringify({ mappings: many("other") }));
  for (const [words, exitCode] of Object.entries({
    "mappings list -o json": 0,
    [`mappings diff -f ${file}`]: 1,
  })) {
    const { code, out, err } = await bash(`$IA ${words} | head -1`);
    assert.deepEqual(
      [code, out.split("\n").length, /at |EPIPE/.test(err)],
      [exitCode, 2, false],
      words,
    );
  }
});

test("output that does not fit into the pipe arrives complete", async () => {
  const list = "$IA mappings list -o json";
  // Node.js makes its output non-blocking, and blocking again when it exits, but not when it is
  // killed.
  const nonBlocking = `${NODE} -e 'process.stdout; process.kill(process.pid, 9)'`;
  const { out: expected } = await bash(`${list} > ${folder.path}/list; cat ${folder.path}/list`);
  assert.ok(expected.length > 200_000);
  for (const before of ["true", nonBlocking]) {
    const { code, out } = await bash(`{ ${before}; ${list}; } 2>/dev/null | cat`);
    assert.deepEqual([code, out === expected], [0, true], before);
  }
});

test(
  "apply writes everything, even if the reader closes the pipe during the plan",
  ONLY_IN_ALL,
  async () => {
    const file = folder.write("mappings.json", JSON.stringify({ mappings: many("n") }));
    const { code, err } = await bash(`$IA mappings apply -f ${file} -y --rate 1000 | head -1`);
    // On a busy machine, lines of progress come before it.
    assert.match(
      err,
      /^(writing .*\n)*Wrote 190 parameters\. The function reads the change within 30 s\.\n$/,
    );
    assert.equal(code, 0);
    assert.equal(cluster.store.requests.filter(isPut).length, 190);
  },
);

test("a full disk prints one sentence", {
  skip: !existsSync("/dev/full") && "no /dev/full here",
}, async () => {
  await exits(bash("$IA mappings list > /dev/full"), 3, "Cannot write the output: ENOSPC.\n");
  assert.equal((await bash("$IA mappings get x 2> /dev/full")).code, 3);
});

test("closed streams cause no stack trace", async () => {
  assert.equal((await bash("$IA mappings list >&-")).err, "");
  assert.equal((await bash("$IA mappings get x 2>&-")).code, 2);
});

const lint = (file: string, options = {}) => cli(["mappings", "lint", "-f", file], options);

test("named pipes and devices are rejected without waiting for them", async () => {
  const pipe = join(folder.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const file of [pipe, "/dev/zero"]) {
    const sentence = `Cannot read ${file}: it is a pipe or a device. Give a file, or - for standard input.\n`;
    await exits(lint(file), 2, sentence);
  }
});

test("a file above the limit is rejected before it is read", async () => {
  const file = folder.write("large.yaml", "");
  truncateSync(file, 17 * 1024 * 1024);
  await refuses(lint(file), `Cannot read ${file}: it is larger than 16 MiB.\n`);
  function* endless() {
    for (;;) yield Buffer.alloc(1024 * 1024, "a");
  }
  const sentence = "Cannot read standard input: it is larger than 16 MiB.\n";
  await refuses(lint("-", { input: Readable.from(endless()) }), sentence);
});

test("Ctrl-C ends a command that waits for standard input", async () => {
  const interrupt = new AbortController();
  const input = new Readable({ read: () => interrupt.abort() });
  await exits(lint("-", { input, interrupted: interrupt.signal }), 130, "Interrupted.\n");
});

test("a kubeconfig with a line break in its token or an invalid client certificate is rejected", async () => {
  const server = "https://127.0.0.1:1";
  const broken = { "client-certificate-data": "bm9uZQ==", "client-key-data": "bm9uZQ==" };
  for (const [user, said] of [
    [
      { token: "abc\r\ndef" },
      /: the user's token has a space or another character that HTTP headers cannot have/,
    ],
    [broken, /: its CA, client certificate or key cannot be used \(ERR_OSSL_\w+\)\.\n$/],
  ] as const) {
    const file = folder.write("kubeconfig", kubeconfigOf(server, undefined, user));
    await exits(
      cli(["irsa", "keys", "publish", "-c", "prod", "-y", "--kubeconfig", file]),
      2,
      said,
    );
  }
});
