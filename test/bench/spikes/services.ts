// Local STS and Parameter Store with the latency and limits of the real services.

import type { Fault } from "../../../local/faults.ts";
import {
  type LocalRequest,
  type LocalResponse,
  type LocalServer,
  startHttpServer,
} from "../../../local/http-server.ts";
import { memoryParameters } from "../../../local/parameter-store/parameter.ts";
import { answerSsm } from "../../../local/parameter-store/protocol.ts";
import { writeParameter } from "../../../local/parameter-store/write.ts";
import { stsAnswers } from "../../../local/sts/start-sts.ts";
import { ssmThrottling, stsThrottling } from "../../local/service-faults.ts";
import type { Crowd } from "../crowd.ts";
import { type Limit, tokenBucket } from "./limit.ts";
import type { Time } from "./time.ts";

export type ServiceName = "sts" | "ssm";

export interface Calls {
  total: number;
  throttled: number;
}

export interface ServiceOptions {
  readonly crowd: Crowd;
  readonly time: Time;
  readonly random: () => number;
  /** Parameter Store reads per second. */
  readonly ssmReads: number;
  /** How long STS does not respond, from the start. */
  readonly stsSilentMs: number;
}

/**
 * Parameter Store: 40 reads a second, 10,000 with higher throughput (https://docs.aws.amazon.com/general/latest/gr/ssm.html).
 * STS: 600 a second for an account and region (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
 */
const STS_LIMIT: Limit = { perSecond: 600, burst: 600 };

/** Round trip in a region including the service's time, plus a random part of up to half of it. */
const LATENCY_MS = 10;
const LOCATION = { partition: "aws", region: "us-west-2", account: "111122223333" };

export async function startServices({ crowd, time, random, ssmReads, stsSilentMs }: ServiceOptions) {
  const calls: Record<ServiceName, Calls> = {
    sts: { total: 0, throttled: 0 },
    ssm: { total: 0, throttled: 0 },
  };
  const limits = { sts: STS_LIMIT, ssm: { perSecond: ssmReads, burst: ssmReads } };

  /** Wraps a request handler with the service's latency and limits. */
  function limited(name: ServiceName, answer: Answer, throttling: (request: LocalRequest) => Fault): Answer {
    const admit = tokenBucket(limits[name], time.now);
    return async (request) => {
      calls[name].total += 1;
      const admitted = admit();
      await time.sleep(LATENCY_MS * (1 + random() / 2));
      if (admitted) return answer(request);
      calls[name].throttled += 1;
      return asResponse(throttling(request));
    };
  }

  const parameters = memoryParameters(time.now);
  for (const [name, value] of Object.entries(crowd.parameters)) {
    writeParameter(parameters, LOCATION, { name, value, type: "String", overwrite: true });
  }
  const sts = limited("sts", stsAnswers({ identities: crowd.identities, now: time.now }), stsThrottling);
  const ssm = limited(
    "ssm",
    (request) =>
      answerSsm(
        request,
        () => parameters,
        LOCATION,
        () => {},
      ),
    ssmThrottling,
  );
  const servers = { sts: await startHttpServer(sts), ssm: await startHttpServer(ssm) };
  for (const server of Object.values(servers)) forgetRequests(server);
  const ends = time.now() + stsSilentMs;
  servers.sts.fail(() => (time.now() < ends ? { kind: "silent" } : undefined));
  return {
    urls: { sts: servers.sts.url, store: servers.ssm.url },
    calls: calls as Readonly<Record<ServiceName, Readonly<Calls>>>,
    async close() {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    },
  };
}

type Answer = (request: LocalRequest) => LocalResponse | Promise<LocalResponse>;

function asResponse(fault: Fault): LocalResponse {
  if (fault.kind !== "answer") throw new Error("throttling must be a response");
  return fault;
}

/** Does not record requests, since their bodies would fill the memory. */
function forgetRequests({ requests }: LocalServer): void {
  requests.push = () => 0;
}
