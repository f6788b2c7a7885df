// Invalid input files: pipes, devices, large files, and invalid secrets and keys.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { kubeconfigOf } from "../../../cli/kubeconfig/webhook.ts";
import { cli } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits, useCluster } from "../mappings/cluster.ts";

const folder = useFolder();
useCluster({}, "all");

const lint = (file: string, options = {}) => cli(["mappings", "lint", "-f", file], options);

test("named pipes and devices are rejected without waiting for them", async () => {
  const pipe = join(folder.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const file of [pipe, "/dev/zero"]) {
    const sentence = `Cannot read ${file}: it is a pipe or a device. Give a file, or - for standard input.\n`;
    await exits(lint(file), 2, sentence);
  }
});

test("a file above the limit is rejected before it is read, and standard input as soon as it exceeds the limit", async () => {
  const file = folder.write("large.yaml", "");
  truncateSync(file, 17 * 1024 * 1024);
  assert.deepEqual(await lint(file), { code: 2, out: "", err: `Cannot read ${file}: it is larger than 16 MiB.\n` });
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(1024 * 1024, "a");
    })(),
  );
  const sentence = "Cannot read standard input: it is larger than 16 MiB.\n";
  assert.deepEqual(await lint("-", { input: endless }), { code: 2, out: "", err: sentence });
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
    [{ token: "abc\r\ndef" }, /: the user's token has a space, a line break or another character that is not valid in/],
    [broken, /: its CA, client certificate or key cannot be used \(ERR_OSSL_\w+\)\.\n$/],
  ] as const) {
    const file = folder.write("kubeconfig", kubeconfigOf(server, undefined, user));
    await exits(cli(["irsa", "keys", "publish", "-c", "prod", "-y", "--kubeconfig", file]), 2, said);
  }
});
