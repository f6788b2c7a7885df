// Compares the cost of a review with aws-iam-authenticator's server: same STS behind TLS, one processor each, one review
// at a time. On Linux: `npm run bench -- peer`; uses the server of the end-to-end tests.

import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localIdentity } from "../../local/identities.ts";
import { CLUSTER_ID, TOKEN_ISSUERS } from "../../local/sandbox-settings.ts";
import { findAwsIamAuthenticator } from "../e2e/binaries/binaries.ts";
import { startPeer } from "../e2e/peer/server.ts";
import { post } from "../post.ts";
import { KUBE_HEADERS, reviewBody, V1 } from "../system/token-review.ts";
import { markdown } from "./compare.ts";
import { quartiles } from "./quartiles.ts";
import { CALLER } from "./review-event.ts";
import { signToken } from "./signed-token.ts";
import { startEnvironment } from "./warm/environment.ts";
import { eventOf, mint } from "./warm/reviews.ts";
import { startServices } from "./warm/services.ts";

const BUNDLE = join(import.meta.dirname, "..", "..", "dist", "authenticator", "index.mjs");
const ROUNDS = 5;
/** Reviews of one kind per round; processor time has a resolution of 10 ms. */
const REVIEWS = 500;
/** First rounds that are discarded. */
const WARM_UP = 2;
/** The row of the peer. */
const PEER = 0;
const NEW = "new token";
const AGAIN = "the same token again";

/** Tokens of each kind of review, and text that all responses contain (Go omits `false`). */
interface Kind {
  readonly name: string;
  tokens(): Promise<readonly string[]>;
  readonly holds: string;
  /** For AWS-signed tokens, which the peer does not accept: the kind whose cost at the peer is compared. */
  readonly peerKind?: string;
}

interface Server {
  readonly name: string;
  readonly pid: number;
  /** Processor time per review in microseconds. */
  cpu(tokens: readonly string[], holds: string): Promise<number>;
}

const running: (() => void | Promise<void>)[] = [];
const started = (stop: () => void | Promise<void>): void => void running.push(stop);
try {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  started(() => rmSync(folder, { recursive: true }));
  const services = await startServices(0);
  started(services.close);

  // Later child processes inherit this processor; then this process, with STS, moves to another one.
  pinTo(1);
  const peer = await startPeer(findAwsIamAuthenticator(), folder, services.stsUrl, started);
  const settings = { ...services.settings.near, ...services.signedTokens };
  const environment = await startEnvironment(BUNDLE, settings);
  started(environment.close);
  const gateway = fork(new URL("peer/gateway-process.ts", import.meta.url), [BUNDLE], {
    env: settings,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  started(() => void gateway.kill());
  const [{ url, ca }] = (await once(gateway, "message")) as [{ url: string; ca: string }];
  pinTo(0);
  const agent = new Agent({ keepAlive: true, ca });
  started(() => agent.destroy());

  const servers: Server[] = [
    behindTls("aws-iam-authenticator 0.7.8", peer.pid, peer.url, peer.agent),
    behindTls("this function behind the local gateway", gateway.pid, `${url}/authenticate`, agent),
    {
      name: "this function without the gateway",
      pid: environment.pid,
      async cpu(tokens, holds) {
        const events = tokens.map((token) => eventOf(token));
        return (await environment.measure({ before: [], events, repeat: 1, status: 200, holds })).cpu;
      },
    },
  ];
  console.log(await compare(servers));
} finally {
  for (const stop of running.toReversed()) await stop();
}

async function compare(servers: readonly Server[]): Promise<string> {
  const kinds = await makeKinds();
  const taken = servers.map(() => kinds.map((): number[] => []));
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [column, { tokens, holds, peerKind }] of kinds.entries()) {
      const batch = await tokens();
      for (const [row, server] of servers.entries()) {
        if (row === PEER && peerKind !== undefined) continue;
        const cpu = await server.cpu(batch, holds);
        if (round >= 0) taken[row]?.[column]?.push(cpu);
      }
    }
  }
  const peers = kinds.map(
    ({ name, peerKind = name }) => taken[PEER]?.[kinds.findIndex((kind) => kind.name === peerKind)],
  );
  const rows = servers.map(({ name, pid }, row) => [
    name,
    ...kinds.map((_, column) => cell(taken[row]?.[column] ?? [], peers[column] ?? [])),
    String(residentMegabytes(pid)),
  ]);
  return markdown(["CPU of a review (share of the peer's)", ...kinds.map(({ name }) => name), "MB"], rows);
}

/** Medians; the share is calculated within each round. */
function cell(own: readonly number[], peers: readonly number[]): string {
  if (own.length === 0) return "";
  const share = quartiles(own.map((cpu, round) => cpu / (peers[round] ?? Number.NaN))).median;
  return `${quartiles(own).median.toFixed(0)} (${share.toFixed(2)})`;
}

async function makeKinds(): Promise<readonly Kind[]> {
  const bob = localIdentity("bob");
  const known = await mint(bob, 0);
  const malformed = `${known.slice(0, -40)}!${known.slice(-39)}`;
  const repeated = (token: string) => async () => Array.from({ length: REVIEWS }, () => token);
  let minted = 0;
  const granted = '"username":"dev:bob-example.com"';
  const alice = localIdentity("alice");
  const sign = (algorithm: "ES384" | "RS256") =>
    signToken(alice, { issuers: TOKEN_ISSUERS, clusterId: CLUSTER_ID, algorithm, now: Date.now() });
  const signed = (algorithm: "ES384" | "RS256") => () =>
    Promise.all(Array.from({ length: REVIEWS }, () => sign(algorithm)));
  const grantedSigned = '"username":"alice"';
  return [
    {
      name: NEW,
      tokens: () => Promise.all(Array.from({ length: REVIEWS }, () => mint(bob, ++minted))),
      holds: granted,
    },
    { name: AGAIN, tokens: repeated(known), holds: granted },
    { name: "malformed", tokens: repeated(malformed), holds: '"status":' },
    { name: "new JWT, ES384", tokens: signed("ES384"), holds: grantedSigned, peerKind: NEW },
    { name: "new JWT, RS256", tokens: signed("RS256"), holds: grantedSigned, peerKind: NEW },
    { name: "the same JWT again", tokens: repeated(await sign("ES384")), holds: grantedSigned, peerKind: AGAIN },
  ];
}

function behindTls(name: string, pid: number | undefined, url: string, agent: Agent): Server {
  if (pid === undefined) throw new Error(`${name} is not running`);
  const headers = { ...KUBE_HEADERS, Authorization: `Bearer ${CALLER}` };
  return {
    name,
    pid,
    async cpu(tokens, holds) {
      const before = processorMicroseconds(pid);
      for (const token of tokens) {
        const { text } = await post(url, { agent, headers, body: reviewBody(V1, token) });
        if (!text.includes(holds)) throw new Error(`${name}: unexpected response: ${text}`);
      }
      return (processorMicroseconds(pid) - before) / tokens.length;
    },
  };
}

function pinTo(processor: number): void {
  execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", String(processor), String(process.pid)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: utime and stime, in hundredths of a second, of all threads */
function processorMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html: VmRSS, in kB */
function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
