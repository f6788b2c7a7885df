// The request of a review, which middlewares share: its deadline, its record and the function's
// version.

import type { MiddlewareObj } from "@middy/core";
import { type GatewayRequest, gatewayRequest, type HttpResponse } from "../../gateway/http.ts";
import { type Clock, type Deadline, deadlineIn } from "../../lib/deadline.ts";
import { isObject } from "../../lib/json.ts";
import { newRecord, type ReviewRecord } from "../review/record.ts";
import type { TokenReviewRequest } from "../review/token-review.ts";

/** kube-apiserver makes five tries in 30 s, with 4.5 s of waits between them. */
const REVIEW_MS = 5_000;

export interface ReviewRequest {
  readonly request: GatewayRequest;
  readonly deadline: Deadline;
  readonly record: ReviewRecord;
  /** The function's version, if it was invoked through an alias. */
  readonly version: string | undefined;
  /** Set once the body has been read. */
  review?: TokenReviewRequest;
}

export type Middleware = MiddlewareObj<ReviewRequest, HttpResponse>;

/** Returns the first middleware of the chain, which replaces `event` with a `ReviewRequest`. */
export function openReviewRequest(clock: Clock): Middleware {
  let coldStart = true;
  return {
    before: (middy) => {
      const request = gatewayRequest(middy.event);
      const deadline = deadlineIn(REVIEW_MS, clock);
      const record = newRecord(clock(), request.requestId, coldStart);
      coldStart = false;
      record.unverifiedProbe = request.unverifiedProbe;
      middy.event = { request, deadline, record, version: versionBehindAlias(middy.context) };
    },
  };
}

/**
 * Returns the number of the function's version; `undefined` outside of Lambda, and if the version
 * was invoked directly, as by the deployment check. `context` is Lambda's:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */
function versionBehindAlias(context: unknown): string | undefined {
  const { functionVersion, invokedFunctionArn } = isObject(context) ? context : {};
  if (typeof functionVersion !== "string" || !/^\d+$/.test(functionVersion)) return undefined;
  const qualifier =
    typeof invokedFunctionArn === "string" ? invokedFunctionArn.split(":")[7] : undefined;
  return qualifier === undefined || qualifier === functionVersion ? undefined : functionVersion;
}
