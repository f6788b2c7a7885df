// Soak test: the cost of a review must not depend on the number of mappings, and an environment's memory must not grow
// with the number of tokens. Exits with 1 otherwise.
//
//     npm run bench -- flat [tokens]
//
// The first table uses the local Parameter Store in another process. The million reviews use services in the same
// process (flat/in-process-services.ts), below the function's HTTP clients.

import { costByMappings } from "./flat/cost-by-mappings.ts";
import { PARAMETER_STORE_URL } from "./flat/in-process-services.ts";
import { startEnvironment } from "./flat/start-environment.ts";
import { SESSIONS, type TokenKind } from "./flat/work.ts";

const MB = 1024 * 1024;

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
const costs = await costByMappings();
console.log("| mappings | calls of Parameter Store per review | most names in a call | CPU per review, us | ratio |");
console.log("| ---: | ---: | ---: | ---: | ---: |");
for (const { mappings, calls, mostNames, microseconds, ratio } of costs) {
  console.log(`| ${mappings} | ${calls} | ${mostNames} | ${microseconds} | ${ratio.toFixed(2)} |`);
}
const [least, most] = [costs[0], costs.at(-1)];
if (!(Number(most?.ratio) <= MOST_RATIO)) {
  problems.push(`${most?.mappings} mappings cost ${most?.ratio.toFixed(2)} times as much as ${least?.mappings}`);
}
console.log("\n| tokens | reviewed | heap, MB | outside the heap, MB | RSS, MB | CPU per review, us |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const kind of KINDS) {
  const growth = await memoryOf(kind);
  if (growth > MOST_GROWTH) problems.push(`${kind} tokens: the heap grew by ${(growth / MB).toFixed(2)} MB`);
}
for (const problem of problems) console.error(`Not flat: ${problem}.`);
process.exitCode = problems.length > 0 ? 1 : 0;
