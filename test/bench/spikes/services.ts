// Local STS, Parameter Store, EC2 and IAM with the latency and limits of the real services.

import { ec2Answers } from "../../../local/ec2/ec2.ts";
import { readForm } from "../../../local/ec2/query-protocol.ts";
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
import { keysOf } from "../../../local/sts/signed-token.ts";
import { stsAnswers } from "../../../local/sts/start-sts.ts";
import { ec2Throttling, iamThrottling, ssmThrottling, stsThrottling } from "../../local/service-faults.ts";
import { type Crowd, SIGNED_TOKENS } from "./crowd.ts";
import { type Limit, tokenBucket } from "./limit.ts";
import type { Time } from "./time.ts";

export type ServiceName = "sts" | "ssm" | "ec2" | "iam";

export interface Calls {
  total: number;
  throttled: number;
}

export interface Services {
  /** Settings that point the function at them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly calls: Readonly<Record<ServiceName, Calls>>;
  close(): Promise<void>;
}

export type Outage = { readonly endsMs: number; readonly kind: "reset" | "silent" };

export interface ServiceOptions {
  readonly crowd: Crowd;
  readonly time: Time;
  readonly random: () => number;
  /** Parameter Store reads per second. */
  readonly ssmReads: number;
  /** A fault of STS, and its duration from the start. */
  readonly stsOutage: Outage | undefined;
}

/**
 * Parameter Store: 40 reads a second, 10,000 with higher throughput (https://docs.aws.amazon.com/general/latest/gr/ssm.html).
 * STS: 600 a second for an account and region (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
 * EC2: a burst of 100 and 20 per second for each read-only action
 * (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). IAM publishes no limit; assumes 20 per second.
 */
const LIMITS = {
  sts: { perSecond: 600, burst: 600 },
  ec2: { perSecond: 20, burst: 100 },
  iam: { perSecond: 20, burst: 20 },
} satisfies Record<string, Limit>;

/** Round trip in a region including the service's time, plus a random part of up to half of it. */
const LATENCY_MS = 10;
const LOCATION = { partition: "aws", region: "us-west-2", account: "111122223333" };

export async function startServices({ crowd, time, random, ssmReads, stsOutage }: ServiceOptions): Promise<Services> {
  const calls: Record<ServiceName, Calls> = {
    sts: { total: 0, throttled: 0 },
    ssm: { total: 0, throttled: 0 },
    ec2: { total: 0, throttled: 0 },
    iam: { total: 0, throttled: 0 },
  };
  const limits = { ...LIMITS, ssm: { perSecond: ssmReads, burst: ssmReads } };

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
  /** Has no limit of its own: each environment reads it once. */
  const keys = async (request: LocalRequest): Promise<LocalResponse> => {
    await time.sleep(LATENCY_MS * (1 + random() / 2));
    return (await keysOf(request, { issuers: SIGNED_TOKENS })) ?? { status: 404, body: "" };
  };
  const answer = ec2Answers({ ...crowd.nodes, account: LOCATION.account });
  const ec2 = limited("ec2", answer, ec2Throttling);
  const iam = limited("iam", answer, iamThrottling);

  const servers = {
    sts: await startHttpServer(sts),
    ssm: await startHttpServer(ssm),
    keys: await startHttpServer(keys),
    ec2: await startHttpServer((request) => (readForm(request).get("Version") === "2010-05-08" ? iam : ec2)(request)),
  };
  for (const server of Object.values(servers)) forgetRequests(server);
  if (stsOutage !== undefined) {
    const ends = time.now() + stsOutage.endsMs;
    servers.sts.fail(() => (time.now() < ends ? { kind: stsOutage.kind } : undefined));
  }
  return {
    environment: {
      AWS_ENDPOINT_URL_STS: servers.sts.url,
      AWS_ENDPOINT_URL_SSM: servers.ssm.url,
      AWS_ENDPOINT_URL_EC2: servers.ec2.url,
      AWS_ENDPOINT_URL_IAM: servers.ec2.url,
      JWT_KEYS_ENDPOINT: servers.keys.url,
    },
    calls,
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
