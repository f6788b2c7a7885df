// Builds the response body: a TokenReview with its status, or a Kubernetes Status for an error.

import type { VerifiedIdentity } from "../identity/identity.ts";
import type { User } from "../user/user.ts";
import type { TokenReviewRequest } from "./token-review.ts";

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

/** kube-apiserver accepts only the version that it sent. `spec` is omitted, since it contains the token. */
export function tokenReview(apiVersion: TokenReviewRequest["apiVersion"], status: TokenReviewStatus): unknown {
  return { apiVersion, kind: "TokenReview", status };
}

/** The status for a token of another kind. Without `error`, kube-apiserver caches it and logs nothing. */
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
 * uid and extra, with the names of aws-iam-authenticator, so that audit rules for it still match. An AWS-signed token has no
 * unique id, so its user has no uid.
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
  return { ...(principalId !== undefined && { uid: `aws-iam-authenticator:${accountId}:${principalId}` }), extra };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export function kubernetesStatus(httpStatus: number, reason: string, message: string): unknown {
  return { apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", reason, message, code: httpStatus };
}
