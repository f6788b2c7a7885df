// Measures warm reviews by kind, compared with a handler that only parses the event and responds, and with a build of
// another commit.
// `npm run bench -- warm [commit]`.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildOf } from "./build-of.ts";
import { markdown } from "./compare.ts";
import { quartiles } from "./quartiles.ts";
import { type Environment, type Measured, startEnvironment } from "./warm/environment.ts";
import { makeReviews, type Review } from "./warm/reviews.ts";
import { type Services, startServices } from "./warm/services.ts";

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
const services = await startServices((ROUNDS + WARM_UP) * (ASKING + DISTANT));
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

  const [floor, ...functions] = near;
  const rows = [
    ...reviews.map((review, row) => [review.name, "0", ...columns(functions, row, floor)]),
    ...asking.map((review, row) => [review.name, "10", ...columns(distant, row)]),
  ];
  const then = commit === undefined ? [] : [`CPU of ${commit}`, `share of it`];
  console.log(markdown(["review", "delay", "p50", "p99", "CPU", ...then, "times the floor"], rows));
} finally {
  await services.close();
  rmSync(folder, { recursive: true });
}

/** By candidate and review, one value per round. */
type Taken = readonly (readonly Measured[])[][];

/** Alternates candidates with the same reviews in each round, so that machine load affects all of them equally. */
async function measure(
  candidates: readonly Candidate[],
  reviews: readonly Review[],
  settings: Services["settings"]["near"],
  sizeOf: (review: Review) => number,
): Promise<Taken> {
  const environments: Environment[] = [];
  const taken = candidates.map(() => reviews.map((): Measured[] => []));
  try {
    for (const { entry } of candidates) environments.push(await startEnvironment(entry, settings));
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      for (const [row, review] of reviews.entries()) {
        const batch = await review.batch(sizeOf(review));
        for (const [column, { isFloor }] of candidates.entries()) {
          const answer = isFloor ? { status: 200, holds: "" } : {};
          const measured = await environments[column]?.measure({ ...batch, ...answer });
          if (measured !== undefined && round >= 0) taken[column]?.[row]?.push(measured);
        }
      }
    }
  } finally {
    for (const environment of environments) environment.close();
  }
  return taken;
}

/** Medians of the first function in microseconds; ratios are calculated within each round. */
function columns([now = [], then]: Taken, row: number, floor?: Taken[number]): string[] {
  const own = now[row] ?? [];
  const median = (value: (measured: Measured) => number) => quartiles(own.map(value)).median;
  const ratio = (other: readonly Measured[]) =>
    quartiles(own.map(({ cpu }, round) => cpu / (other[round]?.cpu ?? Number.NaN))).median;
  const base = then?.[row];
  return [
    ...[median(({ p50 }) => p50), median(({ p99 }) => p99)].map((us) => us.toFixed(0)),
    median(({ cpu }) => cpu).toFixed(1),
    ...(base === undefined ? [] : [quartiles(base.map(({ cpu }) => cpu)).median.toFixed(1), ratio(base).toFixed(2)]),
    floor?.[row] === undefined ? "" : ratio(floor[row]).toFixed(1),
  ];
}
