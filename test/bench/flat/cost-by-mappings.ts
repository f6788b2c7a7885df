// The processor time of a review by the number of mappings in Parameter Store, which is in another process.

import { join } from "node:path";
import { localServices } from "../../../local/function.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { mintToken } from "../../../local/token.ts";
import { MAPPING_PREFIX } from "../../e2e/cluster/backend.ts";
import { people } from "../crowd.ts";
import { median, ratios, takeTurns } from "../measure.ts";
import { startEnvironment } from "../warm/environment.ts";
import { eventOf } from "../warm/reviews.ts";

const BUNDLE = join(import.meta.dirname, "..", "..", "..", "dist", "authenticator", "index.mjs");
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
  const start = Date.now();
  const candidates = await Promise.all(COUNTS.map((mappings) => startCandidate(mappings, start)));
  // The keys of a session do not depend on the number of roles.
  const { identities: signers } = crowdOf(1);
  let made = 0;
  const taken = await takeTurns({
    candidates,
    rounds: ROUNDS,
    async prepare() {
      const next = signers.slice(made, made + REVIEWS);
      const tokens = next.map((identity) => {
        made += 1;
        return mintToken({ identity, clusterId: CLUSTER_ID, region: REGION, now: start + made * PAUSE_MS });
      });
      return (await Promise.all(tokens)).map((token) => eventOf(token));
    },
    measure: ({ environment }, events) =>
      environment.measure({
        before: [],
        events,
        repeat: 1,
        pauseMs: PAUSE_MS,
        status: 200,
        holds: '"username":"team',
      }),
  });
  const cpu = taken.map((rounds) => rounds.map((measured) => measured.cpu));
  const rows = candidates.map(({ mappings, store }, column) => {
    const names = store.requests.map(({ body }) => JSON.parse(body.toString()).Names.length as number);
    return {
      mappings,
      calls: names.length / ((ROUNDS + 1) * REVIEWS),
      mostNames: Math.max(...names),
      microseconds: Math.round(median(cpu[column] ?? [])),
      ratio: ratios(cpu[column] ?? [], cpu[0] ?? []).median,
    };
  });
  for (const { environment, store, sts } of candidates) {
    environment.close();
    await Promise.all([store.close(), sts.close()]);
  }
  return rows;
}

/** Services and an environment with this number of mappings. */
async function startCandidate(mappings: number, start: number) {
  const { identities, parameters } = crowdOf(mappings);
  const store = await startParameterStore({ parameters, limit: mappings });
  // Its time advances with that of the environment, which sends one request for each review.
  const sts = await startSts({ identities, now: () => start + sts.requests.length * PAUSE_MS });
  const environment = await startEnvironment(BUNDLE, {
    CLUSTER_ID,
    CALLER_AUTH: "none",
    ...localServices(REGION, { sts: sts.url, store: store.url }),
  });
  return { mappings, store, sts, environment };
}

function crowdOf(mappings: number) {
  return people((ROUNDS + 1) * REVIEWS, mappings, MAPPING_PREFIX, { denies: false });
}
