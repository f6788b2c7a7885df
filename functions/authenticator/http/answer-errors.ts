// Turns what was thrown into the answer that makes kube-apiserver act correctly.

import { type AuthenticatorError, Denial, MethodNotAllowed } from "../../errors.ts";
import { type HttpResponse, jsonResponse } from "../../gateway/http-response.ts";
import { asAuthenticatorError } from "../../lib/as-authenticator-error.ts";
import { kubernetesStatus, tokenReview } from "../review/answer.ts";
import type { Middleware } from "./request-context.ts";

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/: `reason` for machines */
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
        error instanceof Denial && review !== undefined
          ? jsonResponse(200, tokenReview(review.apiVersion, { authenticated: false, error: message }))
          : statusResponse(error, message);
    },
  };
}

/** Never with Retry-After, and never 503: kube-apiserver would try 31 times, or not at all. */
function statusResponse(error: AuthenticatorError, message: string): HttpResponse {
  const { status } = error;
  const headers: Record<string, string> = error instanceof MethodNotAllowed ? { allow: "POST" } : {};
  return jsonResponse(status, kubernetesStatus(status, REASONS[status] ?? "InternalError", message), headers);
}
