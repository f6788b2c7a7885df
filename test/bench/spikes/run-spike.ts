// Runs one load spike: every client sends its token and retries until it is logged in.

import { fileURLToPath } from "node:url";
import { localServices } from "../../../local/function.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { mintToken } from "../../../local/token.ts";
import { people } from "../crowd.ts";
import { CALLERS } from "../review-event.ts";
import { openEndpoint } from "./endpoint.ts";
import { kubeApiserver, type LookUp } from "./kube-apiserver.ts";
import { startLambda } from "./lambda.ts";
import type { Limit } from "./limit.ts";
import { type Expected, mistake } from "./mistake.ts";
import type { SpikeResult } from "./result.ts";
import { type Outage, startServices } from "./services.ts";
import type { Time } from "./time.ts";

export interface Spike {
  /** They log in at every kube-apiserver. */
  readonly who: { readonly people: number; readonly roles: number };
  readonly apiservers: number;
  /** First logins are spread evenly over this time. */
  readonly withinMs: number;
  readonly throttle: Limit;
  /** Reserved concurrency, or the account's limit. */
  readonly maxEnvironments: number;
  readonly ssmReads: number;
  readonly stsOutage?: Outage;
  readonly seed: number;
}

const CLUSTER_ID = "spike";
const PREFIX = `/iam-authenticator/${CLUSTER_ID}`;
const REGION = "us-west-2";
const ENTRY = fileURLToPath(new URL("../../../dist/authenticator/index.mjs", import.meta.url));
const MEMORY_GIGABYTES = 0.5;
/** Clients (controllers, or people) retry after this time plus a random part of it. */
const AGAIN_MS = 1_000;
/** Clients that are not logged in after this time count as failed. */
const GIVE_UP_MS = 300_000;

export async function runSpike(spike: Spike, time: Time, random: () => number): Promise<SpikeResult> {
  const crowd = people(spike.who.people, spike.who.roles, PREFIX);
  const parameters = { ...crowd.parameters, [`${PREFIX}/callers`]: CALLERS };
  const { ssmReads, stsOutage } = spike;
  const services = await startServices({ crowd: { ...crowd, parameters }, time, random, ssmReads, stsOutage });
  Object.assign(process.env, {
    CLUSTER_ID,
    CALLER_AUTH: "bearer",
    ...localServices(REGION, services.urls),
  });
  const { maxEnvironments, throttle } = spike;
  const lambda = startLambda({ entry: ENTRY, maxEnvironments, memoryGigabytes: MEMORY_GIGABYTES, time });
  const endpoint = openEndpoint({ lambda, throttle, time });
  const apiservers = Array.from({ length: spike.apiservers }, () => kubeApiserver(endpoint, time, random));

  const start = time.now();
  const mint = (identity: LocalIdentity) => mintToken({ identity, clusterId: CLUSTER_ID, region: REGION, now: start });
  const tokens = await Promise.all(crowd.identities.map(mint));
  const took: number[] = [];
  const wrong: string[] = [];
  let lookUps = 0;
  let failed = 0;
  let out = 0;

  async function come(lookUp: LookUp, token: string, expected: Expected): Promise<void> {
    await time.sleep(random() * spike.withinMs);
    for (;;) {
      lookUps += 1;
      const body = await lookUp(token);
      if (body !== undefined) {
        const problem = mistake(body, expected);
        if (problem !== undefined) wrong.push(problem);
        took.push(time.now() - start);
        return;
      }
      failed += 1;
      await time.sleep(AGAIN_MS * (1 + random()));
      if (time.now() > start + GIVE_UP_MS) break;
    }
    out += 1;
  }

  await Promise.all(
    crowd.members.flatMap(({ expected }, index) => {
      const token = tokens[index] ?? "";
      return apiservers.map((lookUp) => come(lookUp, token, expected));
    }),
  );
  took.sort((a, b) => a - b);
  const at = (share: number): number => (took[Math.ceil(took.length * share) - 1] ?? Number.NaN) / 1000;
  await services.close();
  return {
    half: at(0.5),
    most: at(0.99),
    all: at(1),
    curve: Array.from({ length: 20 }, (_, index) => at((index + 1) / 20)),
    lookUps,
    failed,
    requests: endpoint.requests(),
    gatewayThrottled: endpoint.throttled(),
    lambdaThrottled: lambda.throttled(),
    calls: services.calls,
    environments: lambda.environments(),
    usd: cost(endpoint.requests(), lambda.gigabyteSeconds(), ssmReads > 40 ? services.calls.ssm.total : 0),
    wrong,
    out,
  };
}

/**
 * List prices in us-east-1, in USD (https://aws.amazon.com/api-gateway/pricing/, .../lambda/pricing/ for arm64,
 * .../systems-manager/pricing/): all requests of the HTTP API; the function's requests and duration; reads
 * with higher throughput.
 */
function cost(requests: number, gigabyteSeconds: number, paidReads: number): number {
  return requests * (1.0e-6 + 0.2e-6) + gigabyteSeconds * 0.000_013_333_4 + paidReads * 0.05e-4;
}
