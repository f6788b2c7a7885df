// Runs every case on both servers with the same mappings and STS, with limited concurrency.

import { mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localServices } from "../../../local/function.ts";
import { startGateway } from "../../../local/gateway/gateway.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { post } from "../../post.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { sharedClock } from "../../system/clock.ts";
import { BUNDLE } from "../../system/system.ts";
import { KUBE_HEADERS } from "../../system/token-review.ts";
import { type Facts, factsOf } from "./case.ts";
import { startLocalSts } from "./local-sts.ts";
import type { Cases } from "./make-cases.ts";
import { ourParameters, RESERVED_PREFIX } from "./mappings.ts";
import { type Outcome, ourOutcome, peerOutcome } from "./outcome.ts";
import { startPeer } from "./server.ts";

export type SideBySide = Awaited<ReturnType<typeof runSideBySide>>;

type Judge = (facts: Facts, ours: Outcome, theirs: Outcome) => void;

/** Concurrent reviews: enough to use two cores while some wait for a silent STS. */
const AT_A_TIME = 8;

/** The peer waits 10 s for STS: NewVerifier in pkg/token/token.go. */
const LIMIT_MS = 20_000;

/** Passes the outcomes of each case to `judge`. */
export async function runSideBySide(program: string, cases: Cases, total: number, judge: Judge) {
  const running: (() => void | Promise<void>)[] = [];
  try {
    return await run(program, cases, total, judge, (stop) => void running.push(stop));
  } finally {
    for (const stop of running.toReversed()) await stop();
  }
}

/** Passes stop functions to the caller, which stops everything at any end. */
async function run(
  program: string,
  cases: Cases,
  total: number,
  judge: Judge,
  started: (stop: () => void | Promise<void>) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-peer-"));
  started(() => rmSync(folder, { recursive: true }));
  const sts = await startLocalSts(cases.identities);
  started(sts.close);
  const store = await startParameterStore({ region: REGION, parameters: ourParameters() });
  started(store.close);
  const bundled = await startFunction({
    entry: BUNDLE,
    clock: sharedClock(),
    environment: {
      CLUSTER_ID,
      CALLER_AUTH: "none",
      RESERVED_PREFIXES: RESERVED_PREFIX,
      ...localServices(REGION, { sts: sts.urls.ours, store: store.url }),
    },
  });
  started(bundled.close);
  const gateway = await startGateway(bundled);
  started(gateway.close);
  // A new connection per request: the gateway could close an idle one during a request.
  const agent = new Agent({ keepAlive: false });
  started(() => agent.destroy());
  const peer = await startPeer(program, folder, sts.urls.theirs, started);
  /** Number of reviews that called STS. */
  const askedFor = { ours: 0, theirs: 0 };

  async function review(index: number): Promise<void> {
    const made = await cases.make(index);
    const expectation = sts.expect(made);
    const request = { headers: KUBE_HEADERS, body: made.body, limitMs: LIMIT_MS };
    const [ours, theirs] = await Promise.all([
      post(`${gateway.url}/authenticate?timeout=30s`, { ...request, agent }),
      post(peer.url, { ...request, agent: peer.agent }),
    ]);
    const asked = expectation.end();
    askedFor.ours += Math.min(1, asked.ours);
    askedFor.theirs += Math.min(1, asked.theirs);
    judge(factsOf(made), ourOutcome(ours), peerOutcome(theirs));
  }

  let next = 0;
  async function goOn(): Promise<void> {
    for (let index = next++; index < total; index = next++) await review(index);
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, goOn));
  return { askedFor, strays: sts.strays, targets: peer.targets };
}
