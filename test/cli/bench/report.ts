// Measures `iam-authenticator report` with 10,000 mappings and 100,000 granted reviews: seconds, calls and memory, as a
// Markdown table.
//
//     node test/cli/bench/report.ts [mappings] [reviews]
//
// The default rate is 20 reads a second. "no limit" shows the time of the command itself, and of the local services.

import { fork } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { login, reportCluster } from "../report/services.ts";
import { NOW } from "../reviews/services.ts";

const [MAPPINGS, REVIEWS] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 100_000)];
const MEASURED = fileURLToPath(new URL("measured.ts", import.meta.url));
const NULL = openSync("/dev/null", "w");
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
console.log(
  `${MAPPINGS} mappings, ${REVIEWS} reviews, ${Math.round(bytes / 1024 / 1024)} MB; Node.js ${process.versions.node}\n`,
);
console.log("| command | rate limit | seconds | calls to Parameter Store, Logs, IAM | peak memory (RSS), MB |");
console.log("| --- | --- | ---: | ---: | ---: |");
await measure("report -o csv", "no limit", ["-o", "csv", "--read-rate", "1000000"]);
await measure("report --unused 30d", "no limit", ["--unused", "30d", "--read-rate", "1000000"]);
await measure("report -o csv", "20 reads/s", ["-o", "csv"]);
await cluster.close();

/** Runs in a separate process to measure its memory. */
async function measure(name: string, rate: string, words: readonly string[]): Promise<void> {
  // Sets the variables with the URLs of the services.
  await cluster.report(["--help"]);
  const servers = [cluster.store, cluster.logs, cluster.iam];
  const before = servers.map(({ requests }) => requests.length);
  const begin = performance.now();
  const child = fork(MEASURED, ["report", "-c", "prod", ...words], { stdio: ["ignore", NULL, "inherit", "ipc"] });
  const [{ maxRssKb }] = await once(child, "message");
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${name}: exit ${code}`);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const calls = servers.map(({ requests }, i) => requests.length - (before[i] ?? 0)).join(", ");
  console.log(`| ${name} | ${rate} | ${seconds} | ${calls} | ${Math.round(maxRssKb / 1024)} |`);
}
