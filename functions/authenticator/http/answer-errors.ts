// Turns an error into the HTTP response that kube-apiserver handles correctly.

import { type AuthenticatorError, asAuthenticatorError, hasCode, isDenial } from "../../errors.ts";
import { type HttpResponse, jsonResponse } from "../../gateway/http-response.ts";
import { kubernetesStatus, tokenReview } from "../review/answer.ts";
import type { Middleware } from "./request-context.ts";

/** `reason` of a Status: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  404: "NotFound",
  405: "MethodNotAllowed",
  413: "RequestEntityTooLarge",
  429: "TooManyRequests",
  500: "InternalError",
};

export function answerErrors(): Middleware {
  return {
    onError: (middy) => {
      const error = asAuthenticatorError(middy.error);
      middy.error = error;
      const { review } = middy.event;
      const message = `${error.code}: ${error.message}`;
      middy.response =
        isDenial(error) && review !== undefined
          ? jsonResponse(200, tokenReview(review.apiVersion, { authenticated: false, error: message }))
          : statusResponse(error, message);
    },
  };
}

/** Never sends Retry-After or 503: kube-apiserver would try 31 times, or not at all. */
function statusResponse(error: AuthenticatorError, message: string): HttpResponse {
  const { status } = error;
  const headers: Record<string, string> = hasCode(error, "method_not_allowed") ? { allow: "POST" } : {};
  return jsonResponse(status, kubernetesStatus(status, REASONS[status] ?? "InternalError", message), headers);
}
