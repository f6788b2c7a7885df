// Runs one load spike: every client sends its token and retries until it is logged in.

import { fileURLToPath } from "node:url";
import { localServices } from "../../../local/function.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { mintToken } from "../../../local/token.ts";
import { type Expected, people } from "../crowd.ts";
import { CALLERS } from "../review-event.ts";
import { openEndpoint } from "./endpoint.ts";
import { kubeApiserver, type LookUp } from "./kube-apiserver.ts";
import { startLambda } from "./lambda.ts";
import type { Limit } from "./limit.ts";
import { type Calls, type ServiceName, startServices } from "./services.ts";
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
  /** How long STS does not respond, from the start. */
  readonly stsSilentMs?: number;
  readonly seed: number;
}

export interface SpikeResult {
  /** Seconds from the start. */
  readonly half: number;
  readonly most: number;
  readonly all: number;
  /** By when 5 %, 10 %, ... 100 % are logged in. */
  readonly curve: readonly number[];
  readonly lookUps: number;
  readonly failed: number;
  readonly requests: number;
  readonly gatewayThrottled: number;
  readonly lambdaThrottled: number;
  readonly calls: Readonly<Record<ServiceName, Calls>>;
  readonly environments: number;
  /** Responses that do not match the identity. */
  readonly wrong: readonly string[];
  /** Clients that never logged in. */
  readonly out: number;
}

const CLUSTER_ID = "spike";
const PREFIX = `/iam-authenticator/${CLUSTER_ID}`;
const REGION = "us-west-2";
const ENTRY = fileURLToPath(new URL("../../../dist/authenticator/index.mjs", import.meta.url));
/** Clients (controllers, or people) retry after this time plus a random part of it. */
const AGAIN_MS = 1_000;
/** Clients that are not logged in after this time count as failed. */
const GIVE_UP_MS = 300_000;

export async function runSpike(spike: Spike, time: Time, random: () => number): Promise<SpikeResult> {
  const crowd = people(spike.who.people, spike.who.roles, PREFIX);
  const parameters = { ...crowd.parameters, [`${PREFIX}/callers`]: CALLERS };
  const { ssmReads, stsSilentMs = 0 } = spike;
  const services = await startServices({ crowd: { ...crowd, parameters }, time, random, ssmReads, stsSilentMs });
  Object.assign(process.env, {
    CLUSTER_ID,
    CALLER_AUTH: "bearer",
    ...localServices(REGION, services.urls),
  });
  const { maxEnvironments, throttle } = spike;
  const lambda = startLambda({ entry: ENTRY, maxEnvironments, time });
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
    wrong,
    out,
  };
}

/** The error in the body of a 200, or `undefined`. */
function mistake(body: string, expected: Expected): string | undefined {
  const { status } = JSON.parse(body);
  const { authenticated, user, error } = status;
  const right =
    "denial" in expected
      ? authenticated === false && user === undefined && error?.startsWith(`${expected.denial}:`)
      : authenticated === true && user?.username === expected.username && user.groups.join() === expected.groups.join();
  return right ? undefined : `${JSON.stringify(expected)} got ${JSON.stringify(status)}`;
}
