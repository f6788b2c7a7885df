// The processor time of a review by the number of mappings in Parameter Store, which is in another process.

import { join } from "node:path";
import type { LocalIdentity } from "../../../local/identities.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { mintToken } from "../../../local/token.ts";
import { MAPPING_PREFIX } from "../../e2e/cluster/mappings.ts";
import { median, ratios, takeTurns } from "../measure.ts";
import { startEnvironment } from "../warm/environment.ts";
import { eventOf } from "../warm/reviews.ts";

const BUNDLE = join(import.meta.dirname, "..", "..", "..", "dist", "authenticator", "index.mjs");
const COUNTS = [10, 10_000, 100_000];
const ROUNDS = 9;
const REVIEWS = 200;
/** Longer than the 30 s that mappings are cached, so that each review reads again. */
const PAUSE_MS = 31_000;
const ACCOUNT = "111122223333";

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
  let made = 0;
  const taken = await takeTurns({
    candidates,
    rounds: ROUNDS,
    async prepare() {
      const tokens = Array.from({ length: REVIEWS }, () => {
        made += 1;
        const identity = identityOf(made, 1);
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
        holds: '"username":"service-',
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
  const parameters = Object.fromEntries(
    Array.from({ length: mappings }, (_, index) => {
      const name = `service-${index}`;
      const arn = `arn:aws:iam::${ACCOUNT}:role/${name}`;
      const value = JSON.stringify({ arn, username: `${name}:{SessionName}`, groups: ["deployers"] });
      return [`${MAPPING_PREFIX}/role/${ACCOUNT}/${name}`, value];
    }),
  );
  const store = await startParameterStore({ parameters, limit: mappings });
  const identities = Array.from({ length: (ROUNDS + 1) * REVIEWS }, (_, index) => identityOf(index + 1, mappings));
  // Its time advances with that of the environment, which sends one request for each review.
  const sts = await startSts({ identities, now: () => start + sts.requests.length * PAUSE_MS });
  const environment = await startEnvironment(BUNDLE, {
    CLUSTER_ID,
    CALLER_AUTH: "none",
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
    AWS_SECRET_ACCESS_KEY: "local/only",
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ENDPOINT_URL_SSM: store.url,
  });
  return { mappings, store, sts, environment };
}

/** A session of one of the mapped roles. Its keys do not depend on their number. */
function identityOf(number: number, mappings: number): LocalIdentity {
  const role = (number * 7919) % mappings;
  return {
    name: `session-${number}`,
    accessKeyId: `ASIABENCH${String(number).padStart(11, "0")}`,
    secretAccessKey: `local/only/${number}`,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/service-${role}/session-${number}`,
    account: ACCOUNT,
    userId: `AROABENCH${String(role).padStart(12, "0")}:session-${number}`,
  };
}
