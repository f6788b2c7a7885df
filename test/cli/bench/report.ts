// Measures `iam-authenticator report` with 10,000 mappings and 100,000 granted reviews: seconds, calls and memory, as a
// Markdown table.
//
//     node test/cli/bench/report.ts [mappings] [reviews]
//
// The default rate is 20 reads a second. "no limit" shows the time of the command itself, and of the local services.

import { login, reportCluster } from "../report/services.ts";
import { NOW } from "../reviews/services.ts";
import { measure, printHead } from "./measured.ts";

const [MAPPINGS, REVIEWS] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 100_000)];
const DAY = 86_400_000;
/** Days from the newest review to the real time of the command. */
const AGE = Math.floor((Date.now() - NOW) / DAY);

/** Of 40 accounts; the credentials are of the first. */
const accountOf = (i: number) => String(111122223333 + (i % 40));
const named = Array.from({ length: MAPPINGS }, (_, i) => {
  const arn = `arn:aws:iam::${accountOf(i)}:role/service-${i}`;
  return [`role/${accountOf(i)}/service-${i}`, { arn, username: `service-${i}:{SessionName}`, groups: ["deployers"] }];
});
const events = Array.from({ length: REVIEWS }, (_, i) => {
  // Half of the mappings are used.
  const used = i % (MAPPINGS / 2);
  const arn = `arn:aws:sts::${accountOf(used)}:assumed-role/service-${used}/job-${i % 97}`;
  return login(`role/${accountOf(used)}/service-${used}`, arn, 1 - AGE + (i * 80) / REVIEWS);
}).reverse();
const roles = named.filter((_, i) => i % 40 === 0).map((_, i) => [`service-${i * 40}`, `AROA${i}`]);
const iam = { roles: Object.fromEntries(roles) };
const cluster = await reportCluster({ mappings: Object.fromEntries(named), events, iam, iamPage: 1_000 });

const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
printHead(`${MAPPINGS} mappings, ${REVIEWS} reviews, ${Math.round(bytes / 1024 / 1024)} MB`);
// The table has the calls of the first three.
const { store, logs, iam: principals, sts, stacks } = cluster;
const servers = { SSM: store, CLOUDWATCH_LOGS: logs, IAM: principals, STS: sts, CLOUDFORMATION: stacks };
for (const [words, rateLimit, pace] of [
  ["report -o csv", "no limit", ["--read-rate", "1000000"]],
  ["report --unused 30d", "no limit", ["--read-rate", "1000000"]],
  ["report -o csv", "20 reads/s", []],
] as const) {
  await measure({ name: words, rateLimit, words: [...words.split(" "), "-c", "prod", ...pace], servers });
}
await cluster.close();
