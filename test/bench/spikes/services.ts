// Local STS and Parameter Store with the latency and limits of the real services.

import type { Fault } from "../../../local/aws/http-server.ts";
import {
  type LocalRequest,
  type LocalResponse,
  startHttpServer,
} from "../../../local/aws/http-server.ts";
import { memoryParameters, writeParameter } from "../../../local/aws/parameter-store/parameter.ts";
import { answerSsm } from "../../../local/aws/parameter-store/parameter-store.ts";
import { stsAnswers } from "../../../local/aws/sts/sts.ts";
import { ssmThrottling, stsThrottling } from "../../local/aws/service-faults.ts";
import { type Crowd, SIGNED } from "../crowd.ts";
import { tokenBucket } from "./endpoint.ts";
import type { Time } from "./time.ts";

/**
 * STS: 600 calls a second for an account and region
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). Parameter Store: 40
 * reads a second, 10,000 with higher throughput
 * (https://docs.aws.amazon.com/general/latest/gr/ssm.html).
 */
const STS_CALLS = 600;

/** Round trip in a region including the service's time, plus a random part of up to half of it. */
const LATENCY_MS = 10;
const LOCATION = { partition: "aws", region: "us-west-2", account: "111122223333" };

type Answer = (request: LocalRequest) => LocalResponse | Promise<LocalResponse>;

export interface ServiceLimits {
  /** Parameter Store reads per second. */
  readonly ssmReads: number;
  /** How long STS does not respond, from the start. Default: 0. */
  readonly stsSilentMs?: number;
  /** How long hosts of STS take to answer. Default: as a service of the same region. */
  readonly stsMs?: Readonly<Record<string, number>>;
  readonly isStoreSilent?: () => boolean;
}

export async function startServices(
  { identities, parameters }: Pick<Crowd, "identities" | "parameters">,
  { ssmReads, stsSilentMs = 0, stsMs = {}, isStoreSilent = () => false }: ServiceLimits,
  time: Time,
  random: () => number,
) {
  /**
   * A server with the service's latency and limit. Counts calls, and does not record them: they
   * would fill the memory.
   */
  async function start(
    perSecond: number,
    answer: Answer,
    throttling: (request: LocalRequest) => Fault,
  ) {
    const calls = { total: 0, throttled: 0 };
    const admit = tokenBucket({ perSecond, burst: perSecond }, time.now);
    const server = await startHttpServer(async (request) => {
      calls.total += 1;
      const admitted = admit();
      await time.sleep(stsMs[request.headers["host"] ?? ""] ?? LATENCY_MS * (1 + random() / 2));
      if (admitted) return answer(request);
      calls.throttled += 1;
      return throttling(request) as Extract<Fault, LocalResponse>;
    });
    server.requests.push = () => 0;
    return { server, calls };
  }

  const stored = memoryParameters(time.now);
  for (const [name, value] of Object.entries(parameters)) {
    writeParameter(stored, LOCATION, { name, value, type: "String", overwrite: true });
  }
  const [storage, done] = [() => stored, () => {}];
  const answerFromStore: Answer = (request) => answerSsm(request, storage, LOCATION, done);
  const sts = await start(
    STS_CALLS,
    stsAnswers({ identities, now: time.now, signedTokens: SIGNED }),
    stsThrottling,
  );
  const ssm = await start(ssmReads, answerFromStore, ssmThrottling);
  const ends = time.now() + stsSilentMs;
  sts.server.fail(() => (time.now() < ends ? { kind: "silent" } : undefined));
  ssm.server.fail(() => (isStoreSilent() ? { kind: "silent" } : undefined));
  return {
    urls: { sts: sts.server.url, store: ssm.server.url },
    calls: { sts: sts.calls, ssm: ssm.calls },
    async close() {
      await Promise.all([sts.server.close(), ssm.server.close()]);
    },
  };
}
