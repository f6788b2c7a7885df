// Whether a token that kube-apiserver makes is one that AWS takes, and kube-apiserver itself does not.

import { isObject } from "../../../functions/lib/json.ts";
import type { Check } from "../../doctor/check.ts";
import { Failure } from "../../errors.ts";
import { requestToken } from "../keys/signing-key.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { STS_AUDIENCE } from "../names.ts";

const WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

export async function checkToken(
  kubernetes: Kubernetes,
  issuer: string,
  served: readonly string[] | undefined,
): Promise<Check[]> {
  try {
    const { token, ...made } = await requestToken(kubernetes, STS_AUDIENCE);
    return [
      checkIssuer(made.issuer, issuer),
      ...(served === undefined ? [] : [checkSigner(made.kid, served)]),
      await checkAudiences(kubernetes, token),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = "allow create on serviceaccounts/token in default, or run this as an administrator";
    return [{ check: "token", state: "warning", seen: `not made: ${error.message}`, advice }];
  }
}

function checkIssuer(found: string, issuer: string): Check {
  const check = "token issuer";
  if (found === issuer) return { check, state: "ok", seen: found };
  const advice = "name this issuer first in --service-account-issuer (irsa flags), and keep the old one second";
  return { check, state: "failed", seen: `kube-apiserver signs for ${found}`, advice };
}

function checkSigner(kid: string, served: readonly string[]): Check {
  const check = "signing key";
  if (served.includes(kid)) return { check, state: "ok", seen: kid };
  return {
    check,
    state: "failed",
    seen: `${kid} is not served`,
    advice: "publish it (irsa keys publish --kubeconfig)",
  };
}

/** By trying it: the flag itself cannot be read from outside. */
async function checkAudiences(kubernetes: Kubernetes, token: string): Promise<Check> {
  const check = "audiences";
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const { status, body } = await kubernetes.ask("POST", WHO_AM_I, review, token);
  if (status === 401) return { check, state: "ok", seen: "kube-apiserver refuses a token for AWS" };
  if (status !== 201 || !isObject(body)) {
    return { check, state: "warning", seen: `not told: HTTP ${status}`, advice: "run this again" };
  }
  const advice = `remove ${STS_AUDIENCE} from --api-audiences: with it, anybody who gets a Pod's AWS token can log in to the cluster as that Pod`;
  return { check, state: "failed", seen: "a token for AWS logs in to kube-apiserver", advice };
}
