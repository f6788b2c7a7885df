// Programs of the checks: output, environment, and interruption including child processes.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { until } from "../time.ts";
import { runProgram } from "./run-program.ts";
import { Interrupted } from "./world.ts";

const folder = mkdtempSync(join(tmpdir(), "run-program-"));
after(() => rmSync(folder, { recursive: true }));

function run(script: string, signal: AbortSignal = new AbortController().signal, input?: string) {
  return runProgram([process.execPath, "--input-type=module", "--eval", script], {
    folder,
    environment: {},
    signal,
    input,
  });
}

test("returns output and exit code, passes input, and the program has exactly the given folder and environment", async () => {
  const script = `process.stdin.on("data", (data) => { process.stdout.write(data + process.cwd()); process.exitCode = 3; });
process.stderr.write(process.env.AWS_PROFILE ?? "no profile");`;
  const expected = { exitCode: 3, stdout: `given ${folder}`, stderr: "no profile" };
  assert.deepEqual(await run(script, undefined, "given "), expected);
});

test("an interruption stops the program and its child processes", async () => {
  const [begun, ended] = [join(folder, "begun"), join(folder, "ended")];
  const inner = join(folder, "inner.mjs");
  writeFileSync(
    inner,
    `import { writeFileSync } from "node:fs";
process.on("SIGTERM", () => { writeFileSync(${JSON.stringify(ended)}, ""); process.exit(); });
setInterval(() => {}, 1000);
writeFileSync(${JSON.stringify(begun)}, "");`,
  );
  const interruption = new AbortController();
  const outer = `import { spawn } from "node:child_process"; spawn(process.execPath, [${JSON.stringify(inner)}], { stdio: "inherit" });`;
  const running = run(outer, interruption.signal);
  running.catch(() => undefined);
  await until(() => existsSync(begun));
  interruption.abort();
  await assert.rejects(running, Interrupted);
  assert.ok(existsSync(ended));
});

test("no program starts after an interruption", async () => {
  const file = join(folder, "started");
  const script = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(file)}, "");`;
  await assert.rejects(run(script, AbortSignal.abort()), Interrupted);
  assert.ok(!existsSync(file));
});
