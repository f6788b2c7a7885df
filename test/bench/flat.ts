// Soak test: the cost of a review must not depend on the number of mappings, and an environment's memory must not grow
// with the number of tokens. Exits with 1 otherwise.
//
//     npm run bench -- flat [tokens]
//
// The first table uses the local Parameter Store in another process. The million reviews use services in the same
// process (flat/in-process-services.ts), below the function's HTTP clients.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import { PARAMETER_STORE_URL, STS_URL } from "./flat/in-process-services.ts";
import { CLUSTER_ID, type Done, mappingOf, SESSIONS, type TokenKind, type Work } from "./flat/work.ts";
import { quartiles } from "./quartiles.ts";

const ENVIRONMENT = fileURLToPath(new URL("flat/environment.ts", import.meta.url));
const NULL = openSync("/dev/null", "w");
const MB = 1024 * 1024;

/** Lambda's heap flags for 512 MB. */
const NODE_OPTIONS = ["--expose-gc", "--max-old-space-size=460", "--max-semi-space-size=25"];

const COUNTS = [10, 10_000, 100_000];
const ROUNDS = 9;
const REVIEWS = 200;
/** Longer than the 30 s that mappings are cached, so that each review of the first table reads again. */
const PAUSE_MS = 31_000;
/** Limit for the median ratio of CPU between the largest and smallest count in a round: noise only. */
const MOST_RATIO = 1.25;

/** Minimum to fill the caches before the first point: mappings have 5,000 names, one per 10 valid tokens. */
const LEAST_TOKENS = 500_000;
const TOKENS = Math.max(LEAST_TOKENS, Number(process.argv[2] ?? 1_000_000));
const KINDS: readonly TokenKind[] = ["good", "refused", "malformed"];
/** Exceeds every cache of the function. */
const ROLES = TOKENS / SESSIONS;
/** At the first one, all caches are full. */
const POINTS = [0.1, 0.25, 0.5, 0.75, 1];
const MOST_GROWTH = 1 * MB;

interface Environment {
  run(work: Work): Promise<Done>;
  end(): void;
}

async function startEnvironment(parameterStore: string, callerAuth: string): Promise<Environment> {
  const child: ChildProcess = fork(ENVIRONMENT, {
    execArgv: NODE_OPTIONS,
    env: {
      PATH: process.env["PATH"],
      CLUSTER_ID,
      CALLER_AUTH: callerAuth,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
      AWS_ENDPOINT_URL_STS: STS_URL,
      AWS_ENDPOINT_URL_SSM: parameterStore,
    },
    stdio: ["ignore", NULL, "inherit", "ipc"],
  });
  child.once("exit", (code) => {
    if (code) process.exit(code);
  });
  await once(child, "message");
  return {
    async run(work) {
      child.send(work);
      return (await once(child, "message"))[0];
    },
    end: () => child.disconnect(),
  };
}

/** Prints a row per count of mappings, and returns the ratio of CPU between last and first. */
async function costByMappings(): Promise<number> {
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
  console.log("| mappings | calls of Parameter Store per review | most names in a call | CPU per review, us | ratio |");
  console.log("| ---: | ---: | ---: | ---: | ---: |");
  const base = candidates[0]?.cpu ?? [];
  let last = Number.NaN;
  for (const { mappings, environment, store, cpu } of candidates) {
    environment.end();
    const names = store.requests.map(({ body }) => JSON.parse(body.toString()).Names.length as number);
    const calls = names.length / (ROUNDS * REVIEWS);
    const ratio = quartiles(cpu.map((one, round) => one / (base[round] ?? Number.NaN)));
    console.log(
      `| ${mappings} | ${calls} | ${Math.max(...names)} | ${quartiles(cpu).median.toFixed(0)} | ${ratio.median.toFixed(2)} |`,
    );
    last = ratio.median;
    await store.close();
  }
  return last;
}

/** Returns the growth of the heap between the first and last point. */
async function memoryOf(kind: TokenKind): Promise<number> {
  const environment = await startEnvironment(PARAMETER_STORE_URL, "bearer");
  const heaps: number[] = [];
  let from = 0;
  for (const point of POINTS) {
    const until = Math.round(TOKENS * point);
    const { heap, external, rss, cpu } = await environment.run({
      kind,
      from,
      reviews: until - from,
      roles: ROLES,
      pause: 0,
    });
    from = until;
    heaps.push(heap);
    const mb = (bytes: number) => (bytes / MB).toFixed(2);
    console.log(
      `| ${kind} | ${until} | ${mb(heap)} | ${mb(external)} | ${(rss / MB).toFixed(0)} | ${cpu.toFixed(0)} |`,
    );
  }
  environment.end();
  return (heaps.at(-1) ?? 0) - (heaps[0] ?? 0);
}

const problems: string[] = [];
const ratio = await costByMappings();
if (!(ratio <= MOST_RATIO))
  problems.push(`${COUNTS.at(-1)} mappings cost ${ratio.toFixed(2)} times as much as ${COUNTS[0]}`);
console.log("\n| tokens | reviewed | heap, MB | outside the heap, MB | RSS, MB | CPU per review, us |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const kind of KINDS) {
  const growth = await memoryOf(kind);
  if (growth > MOST_GROWTH) problems.push(`${kind} tokens: the heap grew by ${(growth / MB).toFixed(2)} MB`);
}
for (const problem of problems) console.error(`Not flat: ${problem}.`);
process.exitCode = problems.length > 0 ? 1 : 0;
