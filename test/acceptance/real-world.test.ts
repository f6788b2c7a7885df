// Ctrl-C and the programs of the checks.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useFolder } from "../cli/fixtures.ts";
import { until } from "../time.ts";
import { runProgram } from "./real-world.ts";
import { Interrupted } from "./world.ts";

const { path: folder, write } = useFolder();

const run = (script: string, signal: AbortSignal) =>
  runProgram([process.execPath, "--input-type=module", "--eval", script], folder, {}, signal);

test("an interruption stops the program and its child processes, and no program starts after it", async () => {
  const [begun, ended] = [join(folder, "begun"), join(folder, "ended")];
  const inner = write(
    "inner.mjs",
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
  const started = join(folder, "started");
  const script = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(started)}, "");`;
  await assert.rejects(run(script, interruption.signal), Interrupted);
  assert.ok(!existsSync(started));
});
