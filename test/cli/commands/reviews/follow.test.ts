// `reviews --follow` prints each review once, even late ones, and ends silently on Ctrl-C or a
// closed pipe.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { rateLimited } from "../../../../cli/aws/rates.ts";
import { followReviews } from "../../../../cli/aws/review-log.ts";
import { OPERATOR } from "../../../local-aws.ts";
import { exits } from "../mappings/cluster.ts";
import { LOG_GROUP, lineOf, MINUTE, NOW, useLoggedCluster } from "./services.ts";

const alice = { arn: "arn:aws:iam::111122223333:user/alice", outcome: "granted" } as const;
const cluster = useLoggedCluster();

/** The times of the printed reviews. Runs one function of `late` at each pause. */
async function followed(from: number, late: readonly (() => void)[], now = NOW): Promise<number[]> {
  const stop = new AbortController();
  const logs = new CloudWatchLogsClient({ region: "us-east-1", credentials: OPERATOR });
  const happenings = [...late, () => stop.abort()];
  const pause = async () => {
    happenings.shift()?.();
    stop.signal.throwIfAborted();
  };
  const told: number[] = [];
  const query = { logGroup: LOG_GROUP, from, outcomes: [] };
  const reader = { logs, waitForTurn: rateLimited(1000), signal: stop.signal };
  const following = async () => {
    for await (const page of followReviews(query, reader, () => now, pause)) {
      told.push(...page.map(({ review }) => review.time));
    }
  };
  await assert.rejects(following, { name: "AbortError" });
  return told;
}

test("a review is printed once, even if it arrives after newer ones", async () => {
  const { events } = cluster;
  events.push(
    lineOf({ ...alice, time: NOW - 2 * MINUTE }),
    lineOf({ ...alice, time: NOW - MINUTE }),
  );
  const told = await followed(NOW - 5 * MINUTE, [
    // Appended later, but 20 s older than the newest review.
    () => events.push(lineOf({ ...alice, time: NOW - MINUTE - 20_000 })),
    () => events.push(lineOf({ ...alice, time: NOW })),
    () => undefined,
  ]);
  assert.deepEqual(told, [NOW - 2 * MINUTE, NOW - MINUTE, NOW - MINUTE - 20_000, NOW]);
  const starts = cluster.logs.requests.map(({ body }) => JSON.parse(body.toString()).startTime);
  assert.deepEqual([starts[0], starts.at(-1)], [NOW - 5 * MINUTE, NOW - 30_000]);
});

for (const ahead of [0, MINUTE]) {
  test(`a line dated in the future does not hide later lines, with a clock ${ahead} ms ahead`, async () => {
    const { events } = cluster;
    const count = events.length;
    const add = (time: number) => void events.push(lineOf({ ...alice, time }));
    const [first, future, last] = [NOW + 1, NOW + 90 * MINUTE, NOW + 1_000];
    add(first);
    const late = [() => add(future), () => {}, () => add(last), () => {}];
    assert.deepEqual(await followed(first, late, NOW + ahead), [first, future, last]);
    events.splice(count);
  });
}

test("Ctrl-C ends it with 130, a closed pipe with 0, and no message", async () => {
  const interrupt = new AbortController();
  const options = { interrupted: interrupt.signal, onPrint: () => interrupt.abort() };
  const { out } = await exits(cluster.reviews(["--follow", "--since", "5m"], options), 130, "");
  assert.match(
    out,
    /^2026-11-24T16:28:00Z\tgranted\t\tarn:aws:iam::111122223333:user\/alice\t\t\t\n/,
  );
  const closing = new AbortController();
  const piped = { closed: closing.signal, onPrint: () => closing.abort() };
  await exits(cluster.reviews(["--follow", "--since", "5m", "-o", "json"], piped), 0, "");
});

test("--until is rejected", async () => {
  for (const option of ["--follow", "-f"]) {
    await exits(
      cluster.reviews([option, "--until", "1m"]),
      2,
      "Give either --follow or --until.\n",
    );
  }
});
