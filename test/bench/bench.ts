// `npm run bench -- <name> [arguments]` runs a benchmark of this folder. Without a name: cold
// starts, their instructions if valgrind is installed, and reviews beside the peer's.

import { hasValgrind } from "./instructions.ts";

const PROGRAMS: Readonly<Record<string, string>> = {
  "start-up": "./cold-starts.ts",
  command: "./command.ts",
  fleet: "./fleet.ts",
  instructions: "./instruction-counts.ts",
  memory: "./memory.ts",
  outages: "./outages.ts",
  paths: "./paths.ts",
  peer: "./peer.ts",
  spikes: "./spikes.ts",
  strangers: "./strangers.ts",
};

const [, , name = "start-up"] = process.argv;
const program = PROGRAMS[name];
if (program === undefined) {
  console.error(`unknown benchmark ${name}; choose one of ${Object.keys(PROGRAMS).join(", ")}`);
  process.exit(2);
}
await import(program);
if (process.argv[2] === undefined) {
  if (hasValgrind()) await import("./instruction-counts.ts");
  await import("./peer.ts");
}
