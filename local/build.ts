// Builds dist/ for `npm start` and `npm run try:cluster`, unless the sandbox is running, which has
// built it.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SANDBOX_FOLDER, sandboxFiles } from "./sandbox-files.ts";
import { isRunning } from "./webhook.ts";

if (!(await isRunning(sandboxFiles(SANDBOX_FOLDER)))) {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const { status, error } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd,
    stdio: "inherit",
  });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
}
