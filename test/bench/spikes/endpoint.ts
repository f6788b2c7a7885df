// Models the gateway: its token bucket, and its response for a throttled function.

import { reviewEvent } from "../review-event.ts";
import type { Lambda } from "./lambda.ts";
import { type Limit, tokenBucket } from "./limit.ts";
import type { Time } from "./time.ts";

export interface EndpointOptions {
  readonly lambda: Lambda;
  readonly throttle: Limit;
  readonly time: Time;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export type Endpoint = ReturnType<typeof openEndpoint>;

/** Round trip between kube-apiserver and gateway, including the gateway's time. */
const LATENCY_MS = 20;

export function openEndpoint(options: EndpointOptions) {
  const { lambda, throttle, time } = options;
  const admit = tokenBucket(throttle, time.now);
  let requests = 0;
  let throttled = 0;

  async function answer(token: string): Promise<HttpAnswer> {
    requests += 1;
    if (!admit()) {
      throttled += 1;
      return { status: 429, body: '{"message":"Too Many Requests"}' };
    }
    const handled = await lambda.invoke(reviewEvent(token, time.now()));
    if (handled === undefined) return { status: 500, body: '{"message":"Internal Server Error"}' };
    return { status: handled.statusCode, body: handled.body };
  }

  return {
    /** Sends a review of this token. */
    async post(token: string): Promise<HttpAnswer> {
      await time.sleep(LATENCY_MS / 2);
      const answered = await answer(token);
      await time.sleep(LATENCY_MS / 2);
      return answered;
    },
    requests: () => requests,
    throttled: () => throttled,
  };
}
