// `npm run bench -- <name> [arguments]` runs a benchmark of this folder; default `start-up`.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Each is a script in this folder. */
const BENCHES = ["start-up", "command", "lambda", "spikes"];

const [name = "start-up", ...rest] = process.argv.slice(2);
if (!BENCHES.includes(name)) {
  console.error(`unknown benchmark ${name}; choose one of ${BENCHES.join(", ")}`);
  process.exit(2);
}
const script = join(import.meta.dirname, `${name}.ts`);
const { status } = spawnSync(process.execPath, [script, ...rest], { stdio: "inherit" });
process.exit(status ?? 1);
