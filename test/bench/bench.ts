// `npm run bench -- <name> [arguments]` runs a benchmark of this folder; default `start-up`.

const PROGRAMS: Readonly<Record<string, string>> = {
  "start-up": "./cold-starts.ts",
  command: "./command.ts",
  fleet: "./fleet.ts",
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
