// `npm run bench -- <name> [arguments]` runs one bench of this folder; without a name, `start-up`.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Each is a script beside this one; its first lines say what it measures. */
const BENCHES = ["start-up", "command", "lambda", "warm", "peer", "memory", "cuts", "storm", "flat"];

const [name = "start-up", ...rest] = process.argv.slice(2);
if (!BENCHES.includes(name)) {
  console.error(`no bench is called ${name}: choose one of ${BENCHES.join(", ")}`);
  process.exit(2);
}
const script = join(import.meta.dirname, `${name}.ts`);
const { status } = spawnSync(process.execPath, [script, ...rest], { stdio: "inherit" });
process.exit(status ?? 1);
