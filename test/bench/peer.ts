// Processor time of reviews beside aws-iam-authenticator's server, from the first ones of a new
// process to the 10,000th. `npm run bench -- peer [rounds]`: default 5 rounds. Linux only.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mintToken } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { startPeer } from "../e2e/peer/server.ts";
import { localIdentity, startSts } from "../local-aws.ts";
import { post } from "../post.ts";
import { KUBE_HEADERS, reviewBody, V1 } from "../system/answers.ts";
import { lambdaEnvironment, runtimeClient, startRuntimeApi } from "./cold-start.ts";
import { markdown, median, ratioCell } from "./measure.ts";
import { reviewEvent } from "./review-event.ts";
import { startServices } from "./services.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const REVIEWS = 10_000;
/** The servers take turns after this many reviews, so that other work on the machine slows both. */
const BLOCK = 100;
const WINDOWS: readonly (readonly [name: string, from: number, to: number])[] = [
  ["the first 100", 0, 100],
  ["101 to 1,000", 100, 1_000],
  ["9,001 to 10,000", 9_000, REVIEWS],
];
const ROLE = "arn:aws:iam::111122223333:role/Developers";
/** The mapping of services.ts. */
const MAPPINGS = {
  mapRoles: [{ rolearn: ROLE, username: "dev:{{SessionName}}", groups: ["developers"] }],
};

interface Reviewer {
  readonly pid: number;
  /** The body of the answer. */
  readonly review: (token: string) => Promise<string>;
  readonly stop: () => Promise<void> | void;
}

/** The built function in Lambda's runtime client, after its initialization. */
async function startOurs(settings: Readonly<Record<string, string>>): Promise<Reviewer> {
  const api = await startRuntimeApi();
  const folder = join(ROOT, "dist", "authenticator");
  const child = spawn(process.execPath, [runtimeClient(), "index.handler"], {
    cwd: folder,
    env: { ...lambdaEnvironment(folder, api.address), ...settings },
    stdio: "ignore",
  });
  child.once("exit", (code) => {
    if (code !== null) throw new Error(`the runtime exited early (${code})`);
  });
  process.once("exit", () => child.kill());
  await api.ready;
  return {
    pid: child.pid ?? Number.NaN,
    review: async (token) => JSON.parse((await api.invoke(reviewEvent(token))).body).body,
    stop: () => {
      child.kill();
      api.close();
    },
  };
}

async function startTheirs(stsUrl: string): Promise<Reviewer> {
  const { pid, url, agent, stop } = await startPeer(stsUrl, MAPPINGS);
  const review = async (token: string) =>
    (await post(url, { headers: KUBE_HEADERS, agent, body: reviewBody(V1, token) })).text;
  return { pid, review, stop };
}

/**
 * Of all threads, in ms. The kernel counts in steps of 10:
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function processorMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = text.slice(text.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) * 10;
}

/** A token of bob's, another one for each number. */
function tokenOf(number: number): Promise<string> {
  const now = Date.now() - Math.floor(number / 900) * 1_000;
  return mintToken({
    identity: localIdentity("bob"),
    clusterId: CLUSTER_ID,
    region: REGION,
    now,
    expiresIn: 1 + (number % 900),
  });
}

/** Milliseconds for each review, by window and server. */
async function measureRound(reviewers: readonly Reviewer[]): Promise<number[][]> {
  const read = (): number[] => reviewers.map(({ pid }) => processorMs(pid));
  const readings = [read()];
  for (let done = 0; done < REVIEWS; done += BLOCK) {
    for (const { review } of reviewers) {
      for (let number = done; number < done + BLOCK; number += 1) {
        const body = await review(await tokenOf(number));
        if (!body.includes('"authenticated":true')) throw new Error(`unexpected response: ${body}`);
      }
    }
    readings.push(read());
  }
  return WINDOWS.map(([, from, to]) =>
    reviewers.map((_, at) => {
      const [before, after] = [from, to].map(
        (count) => readings[count / BLOCK]?.[at] ?? Number.NaN,
      );
      return ((after ?? Number.NaN) - (before ?? Number.NaN)) / (to - from);
    }),
  );
}

const rounds = Number(process.argv[3] ?? 5);
const taken: number[][][] = [];
const [services, sts] = [await startServices(), await startSts()];
try {
  for (let round = 0; round < rounds; round += 1) {
    const reviewers = [await startOurs(services.settings), await startTheirs(sts.url)];
    taken.push(await measureRound(reviewers));
    for (const { stop } of reviewers) await stop();
    console.error(`round ${round + 1}: ${JSON.stringify(taken.at(-1))}`);
  }
} finally {
  await Promise.all([services.close(), sts.close()]);
}
const rows = WINDOWS.map(([name], at) => {
  const of = (server: number) => taken.map((round) => round[at]?.[server] ?? Number.NaN);
  return [name, ...[of(0), of(1)].map((ms) => median(ms).toFixed(2)), ratioCell(of(0), of(1))];
});
console.log(markdown(["reviews of new tokens", "ms", "the peer, ms", "ratio (quartiles)"], rows));
