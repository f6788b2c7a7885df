// The cost of a review must not depend on the number of mappings; exits with 1 otherwise. `npm run bench -- flat`.

import { costByMappings } from "./flat/cost-by-mappings.ts";
import { markdown } from "./measure.ts";

/** Limit for the ratio between the most and the fewest mappings: noise only. */
const MOST_RATIO = 1.25;

const costs = await costByMappings();
const rows = costs.map(({ mappings, calls, mostNames, microseconds, ratio }) => {
  return [...[mappings, calls, mostNames, microseconds].map(String), ratio.toFixed(2)];
});
const head = ["mappings", "calls of Parameter Store per review", "most names in a call", "CPU per review, us", "ratio"];
console.log(markdown(head, rows));
const { mappings, ratio } = costs.at(-1) ?? { ratio: Number.NaN };
if (!(ratio <= MOST_RATIO)) {
  console.error(`Not flat: ${mappings} mappings cost ${ratio.toFixed(2)} times as much as ${costs[0]?.mappings}.`);
  process.exitCode = 1;
}
