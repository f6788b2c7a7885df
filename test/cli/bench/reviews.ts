// Measures `iam-authenticator reviews` with 100,000 reviews of one day: seconds, calls and memory, as a Markdown table.
//
//     node test/cli/bench/reviews.ts [reviews]
//
// The log has one line for each review, as the function writes them. In rows with the default rate of four, the local
// CloudWatch Logs allows five calls a second, as AWS does. "no limit" shows the time of the command itself.

import { fork } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { denial } from "../../../functions/errors.ts";
import { DEFAULT_LOGS_THROUGHPUT, startLogs } from "../../../local/logs/logs.ts";
import { LOG_GROUP, lineOf } from "../reviews/services.ts";

const COUNT = Number(process.argv[2] ?? 100_000);
const DAY = 86_400_000;
const MEASURED = fileURLToPath(new URL("measured.ts", import.meta.url));
const NULL = openSync("/dev/null", "w");
const ALICE = sessionOf(0);

const start = Date.now() - DAY + 60_000;
const events = Array.from({ length: COUNT }, (_, i) => line(i));
const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
const groups = { [LOG_GROUP]: () => events };
const logs = {
  limited: await startLogs({ groups, throughput: DEFAULT_LOGS_THROUGHPUT }),
  unlimited: await startLogs({ groups }),
};

console.log(
  `${COUNT} reviews, ${Math.round(bytes / 1024 / 1024)} MB; Node.js ${process.versions.node} on ${process.platform} ${process.arch}\n`,
);
console.log("| command | rate limit | seconds | calls | peak memory (RSS), MB |\n| --- | --- | ---: | ---: | ---: |");
await measure("reviews", []);
await measure("reviews --outcome denied", ["--outcome", "denied"]);
await measure("reviews --who <one session>", ["--who", ALICE]);
await measure("reviews --each -o json", ["--each", "-o", "json"]);
await measure("reviews stats", ["stats"]);
await measure("reviews", [], "unlimited");
await measure("reviews --outcome denied", ["--outcome", "denied"], "unlimited");
await measure("reviews --each -o json", ["--each", "-o", "json"], "unlimited");
await measure("reviews stats", ["stats"], "unlimited");
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

/** Runs in a separate process to measure its memory. */
async function measure(name: string, words: readonly string[], limit: keyof typeof logs = "limited"): Promise<void> {
  const server = logs[limit];
  const before = server.requests.length;
  const begin = performance.now();
  const pace = limit === "limited" ? [] : ["--rate", "1000000"];
  const options = ["-c", "bench", "--since", "1d", "--log-group", LOG_GROUP, "--region", "us-east-1", ...pace];
  const child = fork(MEASURED, ["reviews", ...words, ...options], {
    env: {
      PATH: process.env["PATH"],
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: server.url,
      AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
    },
    stdio: ["ignore", NULL, "inherit", "ipc"],
  });
  const [{ maxRssKb }] = await once(child, "message");
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${name}: exit ${code}`);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const rate = limit === "limited" ? "4 calls/s" : "no limit";
  console.log(
    `| ${name} | ${rate} | ${seconds} | ${server.requests.length - before} | ${Math.round(maxRssKb / 1024)} |`,
  );
}
