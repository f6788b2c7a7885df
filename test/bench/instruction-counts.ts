// Instructions of cold starts and of the command, which other work on the machine does not change.
// Needs valgrind. `npm run bench -- instructions [rounds]`; default 3 rounds.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { useFolder } from "../cli/fixtures.ts";
import { CANDIDATES, coldStartCandidates } from "./candidates.ts";
import { coldStartInstructions, runtimeClient } from "./cold-start.ts";
import { countInstructions } from "./instructions.ts";
import { markdown, median } from "./measure.ts";
import { startServices } from "./services.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const COMMAND = join(ROOT, "dist", "cli", "iam-authenticator.mjs");
const rounds = Number(process.argv[3] ?? 3);

const client = runtimeClient();
const services = await startServices();
try {
  const candidate = await coldStartCandidates(services.settings);
  const starts = await counted(CANDIDATES, async (name) =>
    coldStartInstructions(client, await candidate(name)),
  );
  const [empty = Number.NaN, floor = Number.NaN] = starts;
  const rows = CANDIDATES.map((name, at) => {
    const count = starts[at] ?? Number.NaN;
    return [name, millions(count), (count / empty).toFixed(2), (count / floor).toFixed(2)];
  });
  console.log(markdown(["handler", "million", "of empty", "of the floor"], rows));
} finally {
  await services.close();
}

const home = useFolder();
const variables = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
  AWS_SECRET_ACCESS_KEY: "local/only",
};
const env = { PATH: process.env["PATH"], HOME: home.path, ...variables };
const empty = home.write("empty.mjs", "");
home.configure("contexts:\n  live: { cluster: prod, region: eu-west-1 }\n");
const lines = [
  [empty],
  ...["--version", "--help", "mappings set --help", "__complete clusters", "token -c prod"].map(
    (words) => [COMMAND, ...words.split(" ")],
  ),
];
const counts = await counted(lines, (words) =>
  countInstructions(
    words,
    async ([program = "", ...all]) => void (await promisify(execFile)(program, all, { env })),
  ),
);
const rows = lines.map(([, ...words], at) => {
  const count = counts[at] ?? Number.NaN;
  return [
    words.join(" ") || "an empty Node",
    millions(count),
    (count / (counts[0] ?? Number.NaN)).toFixed(2),
  ];
});
console.log(`\n${markdown(["command", "million", "of empty"], rows)}`);

/** Medians, since V8 compiles in other threads when it finds the time. */
async function counted<T>(
  items: readonly T[],
  count: (item: T) => Promise<number>,
): Promise<number[]> {
  const medians: number[] = [];
  for (const item of items) {
    const taken: number[] = [];
    for (let round = 0; round < rounds; round += 1) taken.push(await count(item));
    medians.push(median(taken));
  }
  return medians;
}

function millions(count: number): string {
  return (count / 1_000_000).toFixed(0);
}
