// The TokenReview that kube-apiserver sends: what is read of it, and what is refused.

import { ReviewMalformed } from "../../errors.ts";
import { isObject, parseJson } from "../../lib/json.ts";

export const API_VERSIONS = ["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"] as const;

export interface TokenReviewRequest {
  readonly apiVersion: (typeof API_VERSIONS)[number];
  readonly token: string;
  /** Not empty; `undefined` when the request names none. */
  readonly audiences: readonly string[] | undefined;
}

/**
 * Only `apiVersion`, `kind` and `spec` count; `metadata`, `status` and unknown fields are ignored.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export function parseTokenReview(body: string): TokenReviewRequest {
  const review = parseJson(body);
  if (!isObject(review) || review["kind"] !== "TokenReview")
    throw new ReviewMalformed("the body must be a TokenReview in JSON");
  const apiVersion = API_VERSIONS.find((known) => known === review["apiVersion"]);
  if (apiVersion === undefined) throw new ReviewMalformed(`apiVersion must be ${API_VERSIONS.join(" or ")}`);
  const { token, audiences } = isObject(review["spec"]) ? review["spec"] : {};
  if (typeof token !== "string" || token === "")
    throw new ReviewMalformed("spec.token must be a string that is not empty");
  return { apiVersion, token, audiences: parseAudiences(audiences) };
}

/** kube-apiserver leaves the list out when it is empty; `null` is how Go writes such a list. */
function parseAudiences(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === "string")) {
    throw new ReviewMalformed("spec.audiences must be a list of strings");
  }
  return value.length === 0 ? undefined : value;
}
