// Compares the cost of a review with aws-iam-authenticator's server: same STS behind TLS, one processor each, one review
// at a time. On Linux: `npm run bench -- peer`; uses the server of the end-to-end tests.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findAwsIamAuthenticator } from "../e2e/binaries/binaries.ts";
import { startPeer } from "../e2e/peer/server.ts";
import { post } from "../post.ts";
import { KUBE_HEADERS, reviewBody, V1 } from "../system/token-review.ts";
import { markdown, median, ratios, takeTurns } from "./measure.ts";
import { makeKinds } from "./peer/kinds.ts";
import { pinTo, processorMicroseconds, residentMegabytes } from "./peer/process-cost.ts";
import { CALLER } from "./review-event.ts";
import { startEnvironment } from "./warm/environment.ts";
import { eventOf } from "./warm/reviews.ts";
import { startServices } from "./warm/services.ts";

const BUNDLE = join(import.meta.dirname, "..", "..", "dist", "authenticator", "index.mjs");
const ROUNDS = 5;
/** First rounds that are discarded. */
const WARM_UP = 2;
/** The row of the peer. */
const PEER = 0;

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
  const services = await startServices();
  started(services.close);

  // Later child processes inherit this processor; then this process, with STS, moves to another one.
  pinTo(1);
  const peer = await startPeer(findAwsIamAuthenticator(), folder, services.stsUrl, started);
  const settings = { ...services.settings.near, ...services.signedTokens };
  const environment = await startEnvironment(BUNDLE, settings);
  started(environment.close);
  pinTo(0);

  const servers: Server[] = [
    behindTls("aws-iam-authenticator 0.7.8", peer),
    {
      name: "this function without a gateway",
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
  const rows = servers.map(({ name }) => [name]);
  for (const { own, peers } of kinds) {
    const taken = await takeTurns({
      candidates: servers,
      rounds: ROUNDS,
      warmUp: WARM_UP,
      prepare: async () => [await own.tokens(), await peers.tokens()] as const,
      measure: (server, [tokens, peerTokens]) =>
        server === servers[PEER] ? server.cpu(peerTokens, peers.holds) : server.cpu(tokens, own.holds),
    });
    for (const [index, cpu] of taken.entries()) {
      const share = ratios(cpu, taken[PEER] ?? []).median.toFixed(2);
      rows[index]?.push(index === PEER && own !== peers ? "" : `${median(cpu).toFixed(0)} (${share})`);
    }
  }
  const cells = servers.map(({ pid }, index) => [...(rows[index] ?? []), String(residentMegabytes(pid))]);
  return markdown(["CPU of a review (share of the peer's)", ...kinds.map(({ own }) => own.name), "MB"], cells);
}

function behindTls(name: string, { pid, url, agent }: Awaited<ReturnType<typeof startPeer>>): Server {
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
