// The body that goes back: a TokenReview with its status, or a Kubernetes Status where there is no answer.

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

/** kube-apiserver takes only the version that it asked for; `spec` is left out, since it holds the token. */
export function tokenReview(apiVersion: TokenReviewRequest["apiVersion"], status: TokenReviewStatus): unknown {
  return { apiVersion, kind: "TokenReview", status };
}

/** A token of another kind. Without `error`, kube-apiserver caches the answer and logs nothing. */
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

/** uid and extra, named as aws-iam-authenticator names them, so that audit rules written for it go on working. */
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
  return { uid: `aws-iam-authenticator:${accountId}:${principalId}`, extra };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export function kubernetesStatus(httpStatus: number, reason: string, message: string): unknown {
  return { apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", reason, message, code: httpStatus };
}
