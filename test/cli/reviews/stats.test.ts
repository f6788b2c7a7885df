// `reviews stats` counts reviews by outcome, reason, identity and hour.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countReviews } from "../../../cli/reviews/stats.ts";
import { denial } from "../../../functions/errors.ts";
import { exits, prints } from "../mappings/cluster.ts";
import { LOG_GROUP, lineOf, MINUTE, NOW, useLoggedCluster } from "./services.ts";

const alice = { arn: "arn:aws:iam::111122223333:user/alice", outcome: "granted" } as const;
const session = (name: string) => `arn:aws:sts::111122223333:assumed-role/Developers/${name}`;
const error = denial("identity_unmapped", "no mapping");

const cluster = useLoggedCluster([
  lineOf({ ...alice, time: NOW - 50 * MINUTE }),
  lineOf({ ...alice, time: NOW - 40 * MINUTE }),
  ...["a", "b", "c"].map((name, i) =>
    lineOf({ time: NOW - 20 * MINUTE + i, outcome: "denied", arn: session(name), error }),
  ),
  lineOf({ time: NOW - 10 * MINUTE, outcome: "not_ours" }),
]);

test("it prints tables for all, reasons, identities and hours, with sessions under their role", async () => {
  const tables = `ALL  REVIEWS  GRANTED  DENIED  NOT_OURS
     6        2        3       1

REASON             REVIEWS
identity_unmapped  3

WHO                                        REVIEWS  GRANTED  DENIED  NOT_OURS
arn:aws:iam::111122223333:role/Developers  3        0        3       0
arn:aws:iam::111122223333:user/alice       2        2        0       0
not proven                                 1        0        0       1

HOUR (UTC)         REVIEWS  GRANTED  DENIED  NOT_OURS
2026-11-24T15:00Z  2        2        0       0
2026-11-24T16:00Z  4        0        3       1
`;
  await prints(cluster.reviews("stats", { columns: 80 }), tables);
});

test("JSON has the same numbers; without reviews, it prints where it looked", async () => {
  const sentence = `No matching reviews since 2026-11-24T15:30:00Z in ${LOG_GROUP}.\n`;
  await exits(cluster.reviews("stats --outcome fault"), 0, sentence);
  const [denied, granted, not_ours] = [{ denied: 3 }, { granted: 2 }, { not_ours: 1 }];
  assert.deepEqual(JSON.parse((await cluster.reviews("stats -o json")).out), {
    ...{ reviews: 6, outcomes: { ...granted, ...denied, ...not_ours }, reasons: { identity_unmapped: 3 } },
    identities: [
      { arn: "arn:aws:iam::111122223333:role/Developers", reviews: 3, outcomes: denied },
      { arn: alice.arn, reviews: 2, outcomes: granted },
      { reviews: 1, outcomes: not_ours },
    ],
    others: 0,
    hours: [
      { hour: "2026-11-24T15:00Z", reviews: 2, outcomes: granted },
      { hour: "2026-11-24T16:00Z", reviews: 4, outcomes: { ...denied, ...not_ours } },
    ],
  });
});

test("the number of identities in memory is limited: further ones are counted together", () => {
  const counter = countReviews(2);
  for (const canonicalArn of ["a", "b", "c", "a", "d"]) counter.add({ time: NOW, outcome: "denied", canonicalArn });
  const { identities, others, reviews } = counter.stats();
  assert.deepEqual([identities.map(({ arn }) => arn), others, reviews], [["a", "b"], 2, 5]);
});
