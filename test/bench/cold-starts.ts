// Cold starts of the authenticator with a granted review, of the issuer, of an empty handler and of
// the floor. `npm run bench -- start-up [rounds]`: default 21 rounds, with services that answer at
// once.

import { CANDIDATES, coldStartCandidates, sizes } from "./candidates.ts";
import { type ColdStart, coldStart, runtimeClient } from "./cold-start.ts";
import { markdown, median, ratioCell, takeTurns } from "./measure.ts";
import { startServices } from "./services.ts";

const rounds = Number(process.argv[3] ?? 21);
const client = runtimeClient();
const services = await startServices();
try {
  const candidate = await coldStartCandidates(services.settings);
  const taken = await takeTurns(CANDIDATES, rounds, async (name) =>
    coldStart(client, await candidate(name)),
  );
  const rows = CANDIDATES.map(async (name, at) => {
    return [name, ...sizes(await candidate(name)), ...medians(taken[at] ?? [], taken[0] ?? [])];
  });
  const head = ["handler", "kB", "gzip", "init", "first invoke", "both", "ratio (quartiles)"];
  console.log(markdown(head, await Promise.all(rows)));
} finally {
  await services.close();
}

/** Medians of a candidate in ms, and its ratio to another one in the same round. */
function medians(own: readonly ColdStart[], base: readonly ColdStart[]): string[] {
  const sums = (starts: readonly ColdStart[]) => starts.map(({ init, invoke }) => init + invoke);
  const times = [own.map(({ init }) => init), own.map(({ invoke }) => invoke), sums(own)];
  return [...times.map((ms) => median(ms).toFixed(0)), ratioCell(sums(own), sums(base))];
}
