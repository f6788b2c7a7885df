// Parses the TokenReview that kube-apiserver sends, decides which of its audiences a token is valid
// for, and builds the response body: a TokenReview with its status, or a Kubernetes Status for an
// error.

import { denial, httpError } from "../../errors.ts";
import { isObject, parseJson } from "../../lib/json.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { User } from "../user/user.ts";

export const API_VERSIONS = ["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"] as const;

export interface TokenReviewRequest {
  readonly apiVersion: (typeof API_VERSIONS)[number];
  readonly token: string;
  /** Not empty; `undefined` if the request has none. */
  readonly audiences: readonly string[] | undefined;
}

/**
 * Reads only `apiVersion`, `kind` and `spec`. Ignores `metadata`, `status` and unknown fields.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export function parseTokenReview(body: string): TokenReviewRequest {
  const review = parseJson(body);
  if (!isObject(review) || review["kind"] !== "TokenReview")
    throw httpError("review_malformed", "the body must be a JSON TokenReview");
  const apiVersion = API_VERSIONS.find((known) => known === review["apiVersion"]);
  if (apiVersion === undefined)
    throw httpError("review_malformed", `apiVersion must be ${API_VERSIONS.join(" or ")}`);
  const { token, audiences } = isObject(review["spec"]) ? review["spec"] : {};
  if (typeof token !== "string" || token === "")
    throw httpError("review_malformed", "spec.token must be a non-empty string");
  return { apiVersion, token, audiences: parseAudiences(audiences) };
}

/**
 * Returns the audiences; `undefined` without any. kube-apiserver omits an empty list. Go can also
 * encode one as `null`.
 */
function parseAudiences(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === "string")) {
    throw httpError("review_malformed", "spec.audiences must be a list of strings");
  }
  return value.length === 0 ? undefined : value;
}

/**
 * Returns the requested audiences that are configured. `undefined` omits `status.audiences`, which
 * kube-apiserver treats as its own audience. Echoing the request would make a token for this
 * cluster valid for a foreign service that asks kube-apiserver to review it.
 */
export function acceptedAudiences(
  requested: readonly string[] | undefined,
  configured: readonly string[],
): readonly string[] | undefined {
  if (requested === undefined || configured.length === 0) return undefined;
  const accepted = requested.filter((audience) => configured.includes(audience));
  if (accepted.length === 0)
    throw denial("audience_foreign", "none of the requested audiences is in AUDIENCES");
  return accepted;
}

export interface TokenReviewStatus {
  readonly authenticated: boolean;
  readonly user?: UserInfo;
  readonly audiences?: readonly string[];
  readonly error?: string;
}

interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Returns the body of a response. kube-apiserver accepts only the version that it sent. `spec` is
 * omitted, since it contains the token.
 */
export function tokenReview(
  apiVersion: TokenReviewRequest["apiVersion"],
  status: TokenReviewStatus,
): unknown {
  return { apiVersion, kind: "TokenReview", status };
}

/**
 * The status for a token of another kind. Without `error`, kube-apiserver caches it and logs
 * nothing.
 */
export const NOT_OURS: TokenReviewStatus = { authenticated: false };

export function granted(
  user: User,
  identity: VerifiedIdentity,
  audiences: readonly string[] | undefined,
  full: boolean,
) {
  return {
    authenticated: true,
    user: {
      username: user.username,
      ...(full && provenance(identity)),
      ...(user.groups.length > 0 && { groups: user.groups }),
    },
    ...(audiences !== undefined && { audiences }),
  } satisfies TokenReviewStatus;
}

/**
 * Returns uid and extra, with the names of aws-iam-authenticator, so that audit rules for it still
 * match. An AWS-signed token has no unique id, so its user has no uid.
 */
function provenance(identity: VerifiedIdentity): Pick<UserInfo, "uid" | "extra"> {
  const { accountId, principalId, arn, canonicalArn, sessionName, accessKeyId } = identity;
  const values = {
    arn,
    canonicalArn,
    accountId,
    principalId,
    sessionName,
    accessKeyId,
    "sigs.k8s.io/aws-iam-authenticator/principalId": principalId,
  };
  const extra: Record<string, readonly string[]> = {};
  for (const [key, value] of Object.entries(values)) if (value) extra[key] = [value];
  return {
    ...(principalId !== undefined && { uid: `aws-iam-authenticator:${accountId}:${principalId}` }),
    extra,
  };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export function kubernetesStatus(httpStatus: number, reason: string, message: string): unknown {
  return {
    apiVersion: "v1",
    kind: "Status",
    metadata: {},
    status: "Failure",
    reason,
    message,
    code: httpStatus,
  };
}
