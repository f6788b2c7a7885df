// The Lambda handler: checks path, method, caller, size and body in this order, then runs the
// review.

import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { type HttpResponse, jsonResponse } from "../gateway/http.ts";
import type { Clock, Deadline } from "../lib/deadline.ts";
import type { Guarded } from "../lib/guard.ts";
import { isObject } from "../lib/json.ts";
import { callersParameter } from "../parameters/names.ts";
import { cachedParameters, type FetchParameters } from "../parameters/parameter-cache.ts";
import { MAPPING_FOUND_MS } from "../parameters/stored-parameter.ts";
import { callerIdOf } from "../settings/common.ts";
import { answerCheck } from "./answer-check.ts";
import { cachedCallers } from "./caller/iam-callers.ts";
import { answerErrors } from "./http/answer-errors.ts";
import { authenticateCaller } from "./http/authenticate-caller.ts";
import { logReview } from "./http/log-review.ts";
import { checkRoute, readReview } from "./http/read-review.ts";
import { openReviewRequest, type ReviewRequest } from "./http/review-request.ts";
import { withHostBudget } from "./identity/host-budget.ts";
import { cachedProofs } from "./identity/identity-cache.ts";
import { type AskSts, proveIdentity } from "./identity/prove-identity.ts";
import type { SignedTokens } from "./jwt/signed-tokens.ts";
import { type ReviewServices, reviewToken } from "./review/review.ts";
import { tokenReview } from "./review/token-review.ts";
import type { Settings } from "./settings.ts";

const CALLERS_FOUND_MS = 60_000;

/** Services outside of the function. */
export interface Dependencies {
  readonly askSts: Guarded<AskSts>;
  readonly fetchParameters: Guarded<FetchParameters>;
  readonly findNodeName: ReviewServices["findNodeName"];
  /** `undefined` without JWT_ISSUERS. */
  readonly signedTokens?: Pick<SignedTokens, "parse" | "prove"> | undefined;
  readonly clock: Clock;
  /** Prints a line of JSON. `line` does not end with a newline. */
  readonly print: (line: string) => void;
}

export interface Authenticator {
  /**
   * Answers API Gateway events (payload 1.0 and 2.0) and the deployment check. Concurrent reviews
   * share only caches.
   */
  readonly handler: (event: unknown, context: unknown) => Promise<HttpResponse>;
  /**
   * For `bearer`: makes the first review's call for the callers early, so that the review finds
   * them in the cache.
   */
  readonly prefetchCallers: (deadline: Deadline) => Promise<void>;
}

export function createAuthenticator(
  settings: Settings,
  { askSts, fetchParameters, findNodeName, signedTokens, clock, print }: Dependencies,
): Authenticator {
  const { clusterId, partition, mappingPrefix } = settings;
  const scope = `${partition.id}/${clusterId}`;
  const readCallers = cachedParameters(fetchParameters, CALLERS_FOUND_MS, clock);
  const proveUser = proveIdentity(askSts, partition.id, clusterId);
  const services: ReviewServices = {
    proofs: cachedProofs(withHostBudget(proveUser, settings, clock), scope, clock),
    signedTokens: signedTokens && {
      parse: signedTokens.parse,
      proofs: cachedProofs(signedTokens.prove, scope, clock),
    },
    readParameters: cachedParameters(fetchParameters, MAPPING_FOUND_MS, clock),
    findNodeName,
  };

  const provesCaller = proveIdentity(askSts, partition.id, callerIdOf(clusterId));
  const proveCaller = cachedCallers(provesCaller, settings.stsHosts, clock);

  async function answerReview({ review, record, deadline }: ReviewRequest): Promise<HttpResponse> {
    if (review === undefined) throw new Error("no middleware has read the review");
    const status = await reviewToken(review, settings, services, record, deadline);
    return jsonResponse(200, tokenReview(review.apiVersion, status));
  }

  // The review's deadline ends before Lambda's timeout, so middy's early timeout is not needed.
  const chain = middy<ReviewRequest, HttpResponse>({ timeoutEarlyInMillis: 0 })
    .use(openReviewRequest(clock))
    .use(logReview(settings, print))
    .use(answerErrors(settings, fetchParameters.isFailing))
    .use(checkRoute())
    .use(authenticateCaller(settings, readCallers, proveCaller))
    .use(readReview())
    .handler<ReviewRequest, HttpResponse>(answerReview);
  return {
    async handler(event, context) {
      // Only the deployment check sends this key: callers of API Gateway cannot add keys to the
      // event.
      const parameters = isObject(event) ? event["storedParameters"] : undefined;
      if (Array.isArray(parameters)) return jsonResponse(200, answerCheck(parameters, settings));
      // The first middleware replaces API Gateway's event with a ReviewRequest.
      return chain(event as ReviewRequest, context as Context);
    },
    prefetchCallers: async (deadline) => {
      await readCallers([callersParameter(mappingPrefix)], deadline);
    },
  };
}
