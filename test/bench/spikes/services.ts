// Local STS, Parameter Store, EC2 and IAM with the latency and limits of the real services.

import type { NodeServices } from "../../../local/aws/ec2.ts";
import type { Fault } from "../../../local/aws/http-server.ts";
import {
  type LocalRequest,
  type LocalResponse,
  startHttpServer,
} from "../../../local/aws/http-server.ts";
import { memoryParameters, writeParameter } from "../../../local/aws/parameter-store/parameter.ts";
import { answerSsm } from "../../../local/aws/parameter-store/parameter-store.ts";
import { queryAnswers } from "../../../local/aws/query-services.ts";
import { stsAnswers } from "../../../local/aws/sts/sts.ts";
import { ec2Throttling, ssmThrottling, stsThrottling } from "../../local/aws/service-faults.ts";
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
/** More than any run calls: what EC2 allows depends on the account. */
const EC2_CALLS = 1_000;

/** Round trip in a region including the service's time, plus a random part of up to half of it. */
const LATENCY_MS = 10;
const LOCATION = { partition: "aws", region: "us-west-2", account: "111122223333" };

type Answer = (request: LocalRequest) => LocalResponse | Promise<LocalResponse>;

export interface ServiceLimits {
  /** Parameter Store reads per second. */
  readonly ssmReads: number;
  /** How long hosts of STS take to answer. Default: as a service of the same region. */
  readonly stsMs?: Readonly<Record<string, number>>;
  /** How long EC2 takes to answer. Default: as the other services. */
  readonly ec2Ms?: number;
  /** The fault that a request gets, if any. Default: none. */
  readonly faultOf?: (service: Service, request: LocalRequest) => Fault | undefined;
}

/** `keys`: of the issuer of AWS-signed tokens, which the local STS serves too. */
export type Service = "sts" | "keys" | "ssm" | "ec2" | "iam";

/** The version of IAM's API, which each of its requests contains. EC2's are another. */
const IAM_VERSION = "Version=2010-05-08";

const NO_NODES: NodeServices = { account: LOCATION.account, instances: [], profiles: [] };

export async function startServices(
  {
    identities,
    parameters,
    nodes = NO_NODES,
  }: Pick<Crowd, "identities" | "parameters"> & { readonly nodes?: NodeServices },
  { ssmReads, stsMs = {}, ec2Ms, faultOf = () => undefined }: ServiceLimits,
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
    serviceOf: (request: LocalRequest) => Service,
  ) {
    const calls = { total: 0, throttled: 0 };
    const admit = tokenBucket({ perSecond, burst: perSecond }, time.now);
    const server = await startHttpServer(async (request) => {
      calls.total += 1;
      const admitted = admit();
      const slow = serviceOf(request) === "ec2" ? ec2Ms : stsMs[request.headers["host"] ?? ""];
      await time.sleep(slow ?? LATENCY_MS * (1 + random() / 2));
      if (admitted) return answer(request);
      calls.throttled += 1;
      return throttling(request) as Extract<Fault, LocalResponse>;
    });
    server.requests.push = () => 0;
    server.fail((request) => faultOf(serviceOf(request), request));
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
    ({ target }) => (target.includes("/.well-known/") ? "keys" : "sts"),
  );
  const ssm = await start(ssmReads, answerFromStore, ssmThrottling, () => "ssm");
  const ec2 = await start(
    EC2_CALLS,
    queryAnswers(nodes, () => {}),
    ec2Throttling,
    ({ body }) => (body.includes(IAM_VERSION) ? "iam" : "ec2"),
  );
  return {
    urls: { sts: sts.server.url, store: ssm.server.url, ec2: ec2.server.url },
    calls: { sts: sts.calls, ssm: ssm.calls },
    async close() {
      await Promise.all([sts, ssm, ec2].map(({ server }) => server.close()));
    },
  };
}
