// Measures `iam-authenticator reviews` with 100,000 reviews of one day: seconds, calls and memory, as a Markdown table.
//
//     node test/cli/bench/reviews.ts [reviews]
//
// The log has one line for each review, as the function writes them. In rows with the default rate of four, the local
// CloudWatch Logs allows five calls a second, as AWS does. "no limit" shows the time of the command itself.

import { denial } from "../../../functions/errors.ts";
import { DEFAULT_LOGS_THROUGHPUT, startLogs } from "../../../local/logs/logs.ts";
import { LOG_GROUP, lineOf } from "../reviews/services.ts";
import { measure, printHead } from "./measured.ts";

const COUNT = Number(process.argv[2] ?? 100_000);
const DAY = 86_400_000;
const ALICE = sessionOf(0);

const start = Date.now() - DAY + 60_000;
const events = Array.from({ length: COUNT }, (_, i) => line(i));
const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
const groups = { [LOG_GROUP]: () => events };
const logs = {
  limited: await startLogs({ groups, throughput: DEFAULT_LOGS_THROUGHPUT }),
  unlimited: await startLogs({ groups }),
};

printHead(`${COUNT} reviews, ${Math.round(bytes / 1024 / 1024)} MB`);
for (const [name, words] of [
  ["reviews", []],
  ["reviews --outcome denied", ["--outcome", "denied"]],
  ["reviews --who <one session>", ["--who", ALICE]],
  ["reviews --each -o json", ["--each", "-o", "json"]],
  ["reviews stats", ["stats"]],
] as const) {
  for (const [rateLimit, server, pace] of [
    ["4 calls/s", logs.limited, []],
    ["no limit", logs.unlimited, ["--rate", "1000000"]],
  ] as const) {
    const all = ["reviews", ...words, "-c", "bench", "--since", "1d", "--log-group", LOG_GROUP, ...pace];
    await measure({ name, rateLimit, words: all, servers: { CLOUDWATCH_LOGS: server } });
  }
}
await Promise.all([logs.limited.close(), logs.unlimited.close()]);

function sessionOf(i: number): string {
  return `arn:aws:sts::111122223333:assumed-role/Team-${i % 40}/person-${i % 500}@example.com`;
}

/** Reviews of 500 people. One in fifty is a denial. */
function line(i: number) {
  const time = start + Math.floor((i * (DAY - 120_000)) / COUNT);
  const arn = sessionOf(i);
  if (i % 50 === 7) {
    const tried = ["role/111122223333/team", "account/111122223333"].map((name) => `/iam-authenticator/bench/${name}`);
    const error = denial("identity_unmapped", `no mapping for ${arn}; tried ${tried.join(" ")}`);
    return lineOf({ time, outcome: "denied", arn, error });
  }
  const user = { username: `person-${i % 500}`, groups: ["developers", `team-${i % 40}`] };
  const parameter = `/iam-authenticator/bench/role/111122223333/team-${i % 40}`;
  const record = {
    user,
    parameter,
    tokenHash: "0123456789ab",
    ms: { caller: 0, token: 0, identity: 9, mapping: 5, user: 0 },
  };
  return lineOf({ time, outcome: "granted", arn, record });
}
