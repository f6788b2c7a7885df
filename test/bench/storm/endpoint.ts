// The gateway in a storm: its token bucket, the event it makes of a request, and what it answers for a throttled function.

import { httpApiEvent } from "../../../local/gateway/http-api-event.ts";
import { type Api, DEFAULT_STAGE } from "../../../local/gateway/route.ts";
import { SAMPLE_REQUEST } from "../../local/gateway/sample-request.ts";
import { reviewBody, V1 } from "../../review/token-review.ts";
import type { Lambda } from "./lambda.ts";
import { type Limit, tokenBucket } from "./limit.ts";
import type { Time } from "./time.ts";

export interface EndpointOptions {
  readonly lambda: Lambda;
  readonly throttle: Limit;
  /** Where Lambda throttles. */
  readonly throttledStatus: number;
  readonly callerToken: string;
  readonly time: Time;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface Endpoint {
  /** A review of this token. */
  post(token: string): Promise<HttpAnswer>;
  readonly requests: () => number;
  readonly throttled: () => number;
}

/** From kube-apiserver to the gateway and back, with what the gateway itself takes. */
const LATENCY_MS = 20;
const KEY = "POST /authenticate";
const API: Api = { payload: "2.0", stage: DEFAULT_STAGE, routes: [KEY] };

export function openEndpoint(options: EndpointOptions): Endpoint {
  const { lambda, throttle, throttledStatus, callerToken, time } = options;
  const rawHeaders = ["Authorization", `Bearer ${callerToken}`, "Content-Type", "application/json"];
  const admit = tokenBucket(throttle, time.now);
  let requests = 0;
  let throttled = 0;

  async function answer(token: string): Promise<HttpAnswer> {
    requests += 1;
    if (!admit()) {
      throttled += 1;
      return { status: 429, body: '{"message":"Too Many Requests"}' };
    }
    const request = { ...SAMPLE_REQUEST, rawHeaders, body: Buffer.from(reviewBody(V1, token)), time: time.now() };
    const handled = await lambda.invoke(httpApiEvent(request, API, { key: KEY, path: request.path }));
    if (handled === undefined) return { status: throttledStatus, body: '{"message":"Internal Server Error"}' };
    return { status: handled.statusCode, body: handled.body };
  }

  return {
    async post(token) {
      await time.sleep(LATENCY_MS / 2);
      const answered = await answer(token);
      await time.sleep(LATENCY_MS / 2);
      return answered;
    },
    requests: () => requests,
    throttled: () => throttled,
  };
}
