// The processor time of a review by the number of mappings in Parameter Store, which is in another process.

import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { quartiles } from "../quartiles.ts";
import { startEnvironment } from "./start-environment.ts";
import { mappingOf, type Work } from "./work.ts";

const COUNTS = [10, 10_000, 100_000];
const ROUNDS = 9;
const REVIEWS = 200;
/** Longer than the 30 s that mappings are cached, so that each review reads again. */
const PAUSE_MS = 31_000;

export interface CostOfMappings {
  readonly mappings: number;
  /** Calls of Parameter Store for each review. */
  readonly calls: number;
  readonly mostNames: number;
  /** Processor time of a review, median of the rounds. */
  readonly microseconds: number;
  /** To the fewest mappings in the same round, median of the rounds. */
  readonly ratio: number;
}

/** Reviews new tokens without any cached answer, and returns a row per count of mappings. */
export async function costByMappings(): Promise<CostOfMappings[]> {
  const candidates = await Promise.all(
    COUNTS.map(async (mappings) => {
      const parameters = Object.fromEntries(
        Array.from({ length: mappings }, (_, index) => mappingOf(index)).map(({ name, value }) => [name, value]),
      );
      const store = await startParameterStore({ parameters, limit: mappings });
      return { mappings, store, environment: await startEnvironment(store.url, "none"), cpu: [] as number[] };
    }),
  );
  // Alternates, so that machine load affects all equally; the first round warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { mappings: roles, environment, cpu, store } of candidates) {
      if (round === 1) store.requests.length = 0;
      const work: Work = { kind: "good", from: round * 7919, reviews: REVIEWS, roles, pause: PAUSE_MS };
      const done = await environment.run(work);
      if (round > 0) cpu.push(done.cpu);
    }
  }
  const base = candidates[0]?.cpu ?? [];
  const rows: CostOfMappings[] = [];
  for (const { mappings, environment, store, cpu } of candidates) {
    environment.end();
    const names = store.requests.map(({ body }) => JSON.parse(body.toString()).Names.length as number);
    const ratio = quartiles(cpu.map((one, round) => one / (base[round] ?? Number.NaN))).median;
    rows.push({
      mappings,
      calls: names.length / (ROUNDS * REVIEWS),
      mostNames: Math.max(...names),
      microseconds: Math.round(quartiles(cpu).median),
      ratio,
    });
    await store.close();
  }
  return rows;
}
