// Describes the tokens that kube-apiserver accepts only because of one key, after that key has stopped signing.

import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { memberAt } from "../../../functions/lib/json.ts";
import { Failure } from "../../errors.ts";
import { unverifiedParts } from "../../jwt/unverified-parts.ts";
import { listed } from "../../terminal/print.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { isAlive, type KubernetesObject, listAt, nameOf, stringAt } from "../kubernetes-object.ts";
import { keysOfKubernetes } from "./key-source.ts";

/**
 * `longestSeconds`: the longest lifetime that a running Pod requests for one of its tokens. 0: none, or Pods may not be
 * listed. `lines`: for the user, about the tokens that kube-apiserver still accepts; none if it no longer has the key.
 *
 * @param signedUntil milliseconds since 1970
 */
export async function remainingTokens(kubernetes: Kubernetes, kid: string, signedUntil: number) {
  let longestSeconds = 0;
  let unread = "the lifetime of Pods' tokens for AWS, and which tokens kube-apiserver accepts because of this key";
  try {
    const pods = (await kubernetes.list("/api/v1/pods")).filter(isAlive);
    longestSeconds = pods.flatMap(lifetimes).reduce((a, b) => Math.max(a, b), 0);
    unread = "which tokens kube-apiserver accepts because of this key";
    const keys = await keysOfKubernetes(kubernetes);
    if (keys.every((key) => key.kid !== kid)) return { longestSeconds, lines: [] };
    const tokens = await readLegacyTokens(kubernetes, keys);
    const secrets = tokens.filter((token) => token.kid === kid).map(({ secret }) => secret);
    const wasSigned = (pod: KubernetesObject) =>
      Date.parse(stringAt(pod, "metadata", "creationTimestamp")) < signedUntil;
    const extended = pods.filter((pod) => wasSigned(pod) && lifetimes(pod).includes(EXTENDED_S));
    return { longestSeconds, lines: linesFor(secrets, extended.map(nameOf)) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { longestSeconds, lines: [`Not checked: ${unread}. ${error.message}`] };
  }
}

function linesFor(secrets: readonly string[], pods: readonly string[]): string[] {
  return [
    "kube-apiserver still accepts this key. Before you remove it there, see docs/irsa-rotation.md. It then rejects:",
    ...(secrets.length === 0 ? [] : [`- the tokens in these Secrets, which do not expire: ${listed(secrets)}`]),
    ...(pods.length === 0
      ? []
      : [
          "- the first tokens of these Pods, which may be valid for a year and which other services that read the " +
            `issuer's keys reject as soon as you retire the key: ${listed(pods)}`,
        ]),
    "- tokens of kubectl create token --duration, which are not stored anywhere",
  ];
}

/**
 * With this lifetime, kube-apiserver makes a Pod's token for its own API valid for a year, unless
 * --service-account-extend-token-expiration=false.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/serviceaccount/claims.go, WarnOnlyBoundTokenExpirationSeconds
 */
const EXTENDED_S = 3607;

/** In seconds, of each token that kubelet writes for the Pod. */
function lifetimes(pod: KubernetesObject): number[] {
  return listAt(pod, "spec", "volumes")
    .flatMap((volume) => listAt(volume, "projected", "sources"))
    .map((source) => memberAt(source, "serviceAccountToken", "expirationSeconds"))
    .filter((seconds) => typeof seconds === "number");
}

const SECRETS = `/api/v1/secrets?fieldSelector=${encodeURIComponent("type=kubernetes.io/service-account-token")}`;

/**
 * Reads each Secret with a service account's token, and keeps no token. kube-controller-manager signs these tokens with
 * its own key file, they never expire, and it does not sign them again after a rotation. `keys` are those of
 * kube-apiserver. `kid`: of the key that signed it; `undefined` if it is none of them. Throws a `Failure` if kube-apiserver
 * rejects the request.
 * https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 */
export async function readLegacyTokens(kubernetes: Pick<Kubernetes, "list">, keys: readonly IssuerKey[]) {
  const candidates = keys.map((key) => ({
    kid: key.kid,
    publicKey: createPublicKey({ key: { ...key }, format: "jwk" }),
  }));
  return (await kubernetes.list(SECRETS)).flatMap((secret) => {
    const token = Buffer.from(stringAt(secret, "data", "token"), "base64").toString();
    // kube-controller-manager has not filled it yet.
    if (token === "") return [];
    return [{ secret: nameOf(secret), kid: candidates.find(({ publicKey }) => isSignedBy(token, publicKey))?.kid }];
  });
}

/** Verifies the signature, because tokens of old releases have no kid. */
function isSignedBy(token: string, publicKey: KeyObject): boolean {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const algorithm = unverifiedParts(token).header["alg"];
  // A value that is not a string may not have a text at all: {"toString": 0}.
  const bits = typeof algorithm === "string" ? /^(?:RS|ES)(256|384|512)$/.exec(algorithm)?.[1] : undefined;
  if (bits === undefined) return false;
  // dsaEncoding applies to EC keys only: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  return verify(`sha${bits}`, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"));
}
