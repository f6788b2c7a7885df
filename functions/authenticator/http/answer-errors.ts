// Turns an error into the HTTP response that kube-apiserver handles correctly.

import {
  type AuthenticatorError,
  asAuthenticatorError,
  errorText,
  hasCode,
  isDenial,
} from "../../errors.ts";
import { type HttpResponse, jsonResponse } from "../../gateway/http.ts";
import { kubernetesStatus, tokenReview } from "../review/token-review.ts";
import type { Settings } from "../settings.ts";
import type { Middleware } from "./review-request.ts";

/**
 * `reason` of a Status:
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  404: "NotFound",
  405: "MethodNotAllowed",
  413: "RequestEntityTooLarge",
  429: "TooManyRequests",
  500: "InternalError",
};

/**
 * A standby calls the same STS host, and EC2 of the same region (NODE_REGION): a token must not
 * select the region.
 */
const SAME_AT_STANDBY = /^(sts|instances)_/;

/** `isStoreFailing`: whether Parameter Store failed last. */
export function answerErrors({ failoverUrl }: Settings, isStoreFailing: () => boolean): Middleware {
  /**
   * A host that is busy here need not be at the standby. While Parameter Store answers, a login
   * succeeds here in one of kube-apiserver's tries.
   */
  function isRedirected(error: AuthenticatorError): boolean {
    if (error.code === "host_busy") return isStoreFailing();
    return error.outcome === "fault" && !SAME_AT_STANDBY.test(error.code);
  }
  return {
    onError: (middy) => {
      const error = asAuthenticatorError(middy.error);
      middy.error = error;
      const { review } = middy.event;
      const message = errorText(error);
      middy.response =
        isDenial(error) && review !== undefined
          ? jsonResponse(
              200,
              tokenReview(review.apiVersion, { authenticated: false, error: message }),
            )
          : statusResponse(error, message, isRedirected(error) ? failoverUrl : undefined);
    },
  };
}

/**
 * Returns the response to an error, or a redirect to `location`. Never sends Retry-After or 503:
 * kube-apiserver would try 31 times, or not at all. Its client repeats body and token after a 307,
 * but not after a 302.
 */
function statusResponse(
  error: AuthenticatorError,
  message: string,
  location: string | undefined,
): HttpResponse {
  const status = location === undefined ? error.status : 307;
  const allow: Record<string, string> = hasCode(error, "method_not_allowed")
    ? { allow: "POST" }
    : {};
  const headers = location === undefined ? allow : { location };
  return jsonResponse(
    status,
    kubernetesStatus(status, REASONS[status] ?? "InternalError", message),
    headers,
  );
}
