// What `npm run try:cluster` prints while it builds the programs that it does not find.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync } from "node:fs";
import { delimiter, join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { promisify } from "node:util";
import { useFolder } from "../cli/fixtures.ts";
import { startOfBuild } from "../e2e/binaries/build.ts";
import { runQuietly } from "../e2e/binaries/quiet-go.ts";

const { path: folder, write } = useFolder();

test("a build prints a line each minute, and what Go prints besides its downloads", async () => {
  const stderr = new PassThrough();
  const end = Promise.withResolvers<number>();
  const lines: string[] = [];
  const ticks: (() => void)[] = [];
  let isStopped = false;
  const result = runQuietly({ stderr, ended: end.promise }, "building etcd 3.6.16", {
    print: (line) => lines.push(line),
    eachMinute(tick) {
      ticks.push(tick);
      return () => {
        isStopped = true;
      };
    },
  });
  stderr.write("go: downloading go.etcd.io/bbolt v1.4.0\n");
  ticks[0]?.();
  ticks[0]?.();
  stderr.end("go: downloading go.uber.org/zap v1.27.0\nmain.go:7: undefined: x\n");
  end.resolve(1);
  assert.equal(await result, 1);
  assert.deepEqual(lines, [
    "still building etcd 3.6.16: 1 min",
    "still building etcd 3.6.16: 2 min",
    "main.go:7: undefined: x",
  ]);
  assert.ok(isStopped);
});

test("as a program, it passes on Go's output and exit code", async () => {
  const go = write(
    "bin/go",
    `#!/bin/sh\necho "$@"\necho 'go: downloading x v1' >&2\necho 'go: no such module' >&2\nexit 3\n`,
  );
  chmodSync(go, 0o755);
  const PATH = [join(folder, "bin"), process.env["PATH"]].join(delimiter);
  const program = join(import.meta.dirname, "../e2e/binaries/quiet-go.ts");
  await assert.rejects(
    promisify(execFile)(process.execPath, [program, "downloading x", "mod", "download"], {
      env: { ...process.env, PATH },
    }),
    { code: 3, stdout: "mod download\n", stderr: "go: no such module\n" },
  );
});

test("before the first of three programs, it says how long all take, and how to avoid it", () => {
  const [first, second] = [1, 2].map((index) => startOfBuild("etcd 3.6.16", { index, count: 3 }));
  assert.match(
    first ?? "",
    /^Building etcd 3\.6\.16 from its Go module \(1 of 3\)\. All take up to 45 min on two busy cores, once: .* Ctrl-C, and set KUBEBUILDER_ASSETS=/,
  );
  assert.equal(second, "Building etcd 3.6.16 from its Go module (2 of 3).");
});
