// Measures warm reviews by kind, compared with a handler that only parses the event and responds, and with a build of
// another commit.
// `npm run bench -- warm [commit]`.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildOf } from "./build-of.ts";
import { markdown, median, ratios, takeTurns } from "./measure.ts";
import { type Batch, type Environment, type Measured, startEnvironment } from "./warm/environment.ts";
import { makeReviews, type Review } from "./warm/reviews.ts";
import { startServices } from "./warm/services.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const ROUNDS = 7;
/** First rounds that are discarded, until the code is optimized. */
const WARM_UP = 2;
/** Enough to optimize all code, as in an environment after one busy second. */
const OFFLINE = 10_000;
const ASKING = 100;
const DISTANT = 10;

const FLOOR = `export async function handler({ body }) {
  const { apiVersion } = JSON.parse(body);
  const answer = { apiVersion, kind: "TokenReview", status: { authenticated: false } };
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return { statusCode: 200, headers, body: JSON.stringify(answer), isBase64Encoded: false };
}
`;

interface Candidate {
  readonly entry: string;
  /** The floor returns the same response for every review. */
  readonly isFloor: boolean;
}

const [commit] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const services = await startServices({ crowdSize: (ROUNDS + WARM_UP) * (ASKING + DISTANT) });
try {
  writeFileSync(join(folder, "floor.mjs"), FLOOR);
  const candidates: Candidate[] = [
    { entry: join(folder, "floor.mjs"), isFloor: true },
    { entry: join(ROOT, "dist", "authenticator", "index.mjs"), isFloor: false },
  ];
  if (commit !== undefined) {
    candidates.push({ entry: join(buildOf(commit, folder), "authenticator", "index.mjs"), isFloor: false });
  }
  const reviews = await makeReviews(services.crowd);
  const asking = reviews.filter(({ asks }) => asks);
  const near = await measure(candidates, reviews, services.settings.near, ({ asks }) => (asks ? ASKING : OFFLINE));
  const distant = await measure(candidates.slice(1), asking, services.settings.distant, () => DISTANT);

  const rows = [
    ...near.map(([floor, ...functions], row) => [reviews[row]?.name ?? "", "0", ...columns(functions, floor)]),
    ...distant.map((functions, row) => [asking[row]?.name ?? "", "10", ...columns(functions)]),
  ];
  const then = commit === undefined ? [] : [`CPU of ${commit}`, `share of it`];
  console.log(markdown(["review", "delay", "p50", "p99", "CPU", ...then, "times the floor"], rows));
} finally {
  await services.close();
  rmSync(folder, { recursive: true });
}

/** By review and candidate, one value per round. */
type Taken = readonly (readonly Measured[])[][];

/** All candidates get the same reviews in each round. */
async function measure(
  candidates: readonly Candidate[],
  reviews: readonly Review[],
  settings: Readonly<Record<string, string>>,
  sizeOf: (review: Review) => number,
): Promise<Taken> {
  const environments: (Environment & Candidate)[] = [];
  const taken: Measured[][][] = [];
  try {
    for (const one of candidates) environments.push({ ...one, ...(await startEnvironment(one.entry, settings)) });
    for (const review of reviews) {
      const turns = {
        candidates: environments,
        rounds: ROUNDS,
        warmUp: WARM_UP,
        prepare: () => review.batch(sizeOf(review)),
        measure: (own: Environment & Candidate, batch: Batch) =>
          own.measure(own.isFloor ? { ...batch, status: 200, holds: "" } : batch),
      };
      taken.push(await takeTurns(turns));
    }
  } finally {
    for (const environment of environments) environment.close();
  }
  return taken;
}

/** Medians of the first function in microseconds; ratios are calculated within each round. */
function columns([own = [], then]: readonly (readonly Measured[])[], floor?: readonly Measured[]): string[] {
  const of = (key: keyof Measured) => own.map((measured) => measured[key]);
  const cpu = (measured: readonly Measured[]) => measured.map((one) => one.cpu);
  return [
    ...[median(of("p50")), median(of("p99"))].map((us) => us.toFixed(0)),
    median(of("cpu")).toFixed(1),
    ...(then === undefined ? [] : [median(cpu(then)).toFixed(1), ratios(of("cpu"), cpu(then)).median.toFixed(2)]),
    floor === undefined ? "" : ratios(of("cpu"), cpu(floor)).median.toFixed(1),
  ];
}
