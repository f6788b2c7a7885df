// Describes the tokens that kube-apiserver accepts only because of one key, after that key has stopped signing.

import { Failure } from "../../errors.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { at, isAlive, type KubernetesObject, listAt, nameOf, shortList, stringAt } from "../kubernetes-object.ts";
import { readLegacyTokens } from "../legacy-tokens.ts";
import { keysOfKubernetes } from "./key-source.ts";

/** Lines for the user; none if kube-apiserver no longer has the key. `signedUntil`: milliseconds since 1970. */
export async function remainingTokens(kubernetes: Kubernetes, kid: string, signedUntil: number): Promise<string[]> {
  try {
    const keys = await keysOfKubernetes(kubernetes);
    if (keys.every((key) => key.kid !== kid)) return [];
    const tokens = await readLegacyTokens(kubernetes, keys);
    const secrets = tokens.filter((token) => token.kid === kid).map(({ secret }) => secret);
    const pods = await podsSince(kubernetes, signedUntil);
    return [
      "kube-apiserver still accepts this key. Before you remove it there, see docs/irsa-rotation.md. It then rejects:",
      ...(secrets.length === 0 ? [] : [`- the tokens in these Secrets, which do not expire: ${shortList(secrets)}`]),
      ...(pods.length === 0
        ? []
        : [
            "- the first tokens of these Pods, which may be valid for a year and which other services that read the " +
              `issuer's keys reject as soon as you retire the key: ${shortList(pods)}`,
          ]),
      "- tokens of kubectl create token --duration, which are not stored anywhere",
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [`Not checked: which tokens kube-apiserver accepts because of this key. ${error.message}`];
  }
}

/**
 * With this lifetime, kube-apiserver makes a Pod's token for its own API valid for a year, unless
 * --service-account-extend-token-expiration=false.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/serviceaccount/claims.go, WarnOnlyBoundTokenExpirationSeconds
 */
const EXTENDED_S = 3607;

/** The Pods that started before `time` and whose processes may still use their first token. */
async function podsSince(kubernetes: Kubernetes, time: number): Promise<string[]> {
  const pods = await kubernetes.list("/api/v1/pods");
  const isOlder = (pod: KubernetesObject) => Date.parse(stringAt(pod, "metadata", "creationTimestamp")) < time;
  return pods.filter((pod) => isAlive(pod) && isOlder(pod) && hasExtendedToken(pod)).map(nameOf);
}

function hasExtendedToken(pod: KubernetesObject): boolean {
  return listAt(pod, "spec", "volumes")
    .flatMap((volume) => listAt(volume, "projected", "sources"))
    .some((source) => at(source, "serviceAccountToken", "expirationSeconds") === EXTENDED_S);
}
