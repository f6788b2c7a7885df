// The keys that a cluster signs with, and how long tokens of one remain.

import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { JWKS_PATH } from "../../../functions/issuer/documents.ts";
import {
  checkIssuerKey,
  type IssuerKey,
  issuerKeyOf,
  PRIVATE,
} from "../../../functions/issuer/key.ts";
import { isObject, memberAt, parseJson } from "../../../functions/lib/json.ts";
import { awsFailure, Failure, usage } from "../../io/errors.ts";
import { readText, shownFile } from "../../io/files.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { type Kubernetes, refused } from "../../kube/client.ts";
import { isAlive, type KubernetesObject, listAt, nameOf, stringAt } from "../../kube/objects.ts";
import { unverifiedParts } from "../../model/unverified-token.ts";

/**
 * Returns the keys with which kube-apiserver verifies tokens, including those that no longer sign.
 */
export async function keysOfKubernetes(kubernetes: Kubernetes): Promise<IssuerKey[]> {
  const { status, body } = await kubernetes.ask("GET", JWKS_PATH);
  if (status !== 200) throw refused(JWKS_PATH, status, body);
  return keysOfJwks(body, `kube-apiserver's ${JWKS_PATH}`);
}

export async function keysOfJwksFile(file: string, run: Run): Promise<IssuerKey[]> {
  return keysOfJwks(parseJson(await readText(file, run)), shownFile(file));
}

export async function keysOfPem(file: string, run: Run): Promise<IssuerKey[]> {
  const pem = await readText(file, run);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw usage(
      `${shownFile(file)} contains a private key. Give the public key (sa.pub), and do not copy this file.`,
    );
  }
  const blocks =
    pem.match(/-----BEGIN (RSA )?PUBLIC KEY-----[\s\S]*?-----END (RSA )?PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw usage(`${shownFile(file)} contains no PEM public key.`);
  checkCount(blocks, shownFile(file));
  return blocks.map((block, at) => keyOfPem(block, `${shownFile(file)}, key ${at + 1}`));
}

/**
 * Checks the number of keys: a cluster has a few. Checking a key takes a millisecond, in which
 * Ctrl-C waits.
 */
function checkCount({ length }: readonly unknown[], where: string): void {
  if (length > 100) throw usage(`${where} has ${length} keys, and may have at most 100.`);
}

/**
 * The members of a key that are read. Others only describe it, such as x5c: they are omitted, as in
 * kube-apiserver.
 */
const READ = ["use", "kty", "kid", "crv", "alg", "n", "e", "x", "y", ...PRIVATE];

function keysOfJwks(jwks: unknown, where: string): IssuerKey[] {
  const keys = memberAt(jwks, "keys");
  if (!Array.isArray(keys))
    throw usage(`${where} is not a JWKS: it must be an object with the list "keys".`);
  if (keys.length === 0) throw usage(`${where} contains no key.`);
  checkCount(keys, where);
  return keys.map((jwk: unknown, at) => {
    const which = `${where}, key ${at + 1}`;
    if (!isObject(jwk)) throw usage(`${which} is not a JSON object.`);
    const check = checkIssuerKey(
      Object.fromEntries(Object.entries(jwk).filter(([name]) => READ.includes(name))),
    );
    if (!check.valid) throw usage(`${which} ${check.problem}.`);
    return check.value;
  });
}

function keyOfPem(pem: string, where: string): IssuerKey {
  const jwk = jwkOf(pem);
  if (jwk === undefined)
    throw usage(`${where} is not a signing key of kube-apiserver: RSA, P-256, P-384 or P-521.`);
  const check = checkIssuerKey(jwk);
  if (!check.valid) throw usage(`${where}: ${check.problem}.`);
  return check.value;
}

function jwkOf(pem: string): object | undefined {
  try {
    return issuerKeyOf(createPublicKey(pem));
  } catch {
    return undefined;
  }
}

/**
 * Requests a token, which is a secret until it expires. Throws a `Failure` if kube-apiserver denies
 * the request.
 */
export async function requestToken(kubernetes: Kubernetes, audience: string) {
  const path = "/api/v1/namespaces/default/serviceaccounts/default/token";
  const { status, body } = await kubernetes.ask("POST", path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    // The shortest lifetime that kube-apiserver allows.
    spec: { audiences: [audience], expirationSeconds: 600 },
  });
  const answer = memberAt(body, "status", "token");
  if (status !== 201 || typeof answer !== "string") throw refused(path, status, body);
  const { header, claims } = unverifiedParts(answer);
  const kid = header["kid"];
  const issuer = claims["iss"];
  if (typeof kid === "string" && typeof issuer === "string") return { token: answer, kid, issuer };
  throw awsFailure("kube-apiserver returned a token without kid or iss.");
}

const LIFETIMES = "the lifetime of Pods' tokens for AWS";

const ACCEPTED = "which tokens kube-apiserver accepts because of this key";

/**
 * Returns `longestSeconds`, the longest lifetime that a running Pod requests for one of its tokens:
 * 0 if none does, or Pods may not be listed. `lines` are for the user, about the tokens that
 * kube-apiserver still accepts; none if it no longer has the key.
 *
 * @param signedUntil milliseconds since 1970
 */
export async function remainingTokens(kubernetes: Kubernetes, kid: string, signedUntil: number) {
  const pods = await kubernetes.list("/api/v1/pods").catch(asFailure);
  if (pods instanceof Failure)
    return { longestSeconds: 0, lines: [notChecked(`${LIFETIMES}, and ${ACCEPTED}`, pods)] };
  const running = pods.filter(isAlive);
  const longestSeconds = running.flatMap(lifetimes).reduce((a, b) => Math.max(a, b), 0);
  const lines = await linesOnAccepted(kubernetes, kid, signedUntil, running).catch(asFailure);
  return {
    longestSeconds,
    lines: lines instanceof Failure ? [notChecked(ACCEPTED, lines)] : lines,
  };
}

/** Returns the failure of a request. Throws any other error. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

function notChecked(what: string, { message }: Failure): string {
  return `Not checked: ${what}. ${message}`;
}

/** Returns lines about the tokens that kube-apiserver accepts because it has the key. */
async function linesOnAccepted(
  kubernetes: Kubernetes,
  kid: string,
  signedUntil: number,
  pods: readonly KubernetesObject[],
): Promise<string[]> {
  const keys = await keysOfKubernetes(kubernetes);
  if (keys.every((key) => key.kid !== kid)) return [];
  const tokens = await readLegacyTokens(kubernetes, keys);
  const secrets = tokens.filter((token) => token.kid === kid).map(({ secret }) => secret);
  const wasSigned = (pod: KubernetesObject) =>
    Date.parse(stringAt(pod, "metadata", "creationTimestamp")) < signedUntil;
  const extended = pods.filter((pod) => wasSigned(pod) && lifetimes(pod).includes(EXTENDED_S));
  return linesFor(secrets, extended.map(nameOf));
}

function linesFor(secrets: readonly string[], pods: readonly string[]): string[] {
  return [
    "kube-apiserver still accepts this key. Before you remove it there, see docs/irsa.md#rotate-the-signing-key-or-change-the-issuer. It then rejects:",
    ...(secrets.length === 0
      ? []
      : [`- the tokens in these Secrets, which do not expire: ${listed(secrets)}`]),
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
 * https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/serviceaccount/claims.go,
 * WarnOnlyBoundTokenExpirationSeconds
 */
const EXTENDED_S = 3607;

/** Returns the lifetime in seconds of each token that kubelet writes for the Pod. */
function lifetimes(pod: KubernetesObject): number[] {
  return listAt(pod, "spec", "volumes")
    .flatMap((volume) => listAt(volume, "projected", "sources"))
    .map((source) => memberAt(source, "serviceAccountToken", "expirationSeconds"))
    .filter((seconds) => typeof seconds === "number");
}

const SECRETS = `/api/v1/secrets?fieldSelector=${encodeURIComponent("type=kubernetes.io/service-account-token")}`;

/**
 * Reads each Secret with a service account's token, and keeps no token. kube-controller-manager
 * signs these tokens with its own key file, they never expire, and it does not sign them again
 * after a rotation. `keys` are those of kube-apiserver. In the result, `kid` is that of the key
 * that signed the token; `undefined` if none of them did. Throws a `Failure` if kube-apiserver
 * rejects the request.
 * https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 */
export async function readLegacyTokens(
  kubernetes: Pick<Kubernetes, "list">,
  keys: readonly IssuerKey[],
) {
  const candidates = keys.map((key) => ({
    kid: key.kid,
    publicKey: createPublicKey({ key: { ...key }, format: "jwk" }),
  }));
  return (await kubernetes.list(SECRETS)).flatMap((secret) => {
    const token = Buffer.from(stringAt(secret, "data", "token"), "base64").toString();
    // kube-controller-manager has not filled it yet.
    if (token === "") return [];
    return [
      {
        secret: nameOf(secret),
        kid: candidates.find(({ publicKey }) => isSignedBy(token, publicKey))?.kid,
      },
    ];
  });
}

/** Verifies the signature, because tokens of old releases have no kid. */
function isSignedBy(token: string, publicKey: KeyObject): boolean {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const algorithm = unverifiedParts(token).header["alg"];
  // A value that is not a string may not have a text at all: {"toString": 0}.
  const bits =
    typeof algorithm === "string" ? /^(?:RS|ES)(256|384|512)$/.exec(algorithm)?.[1] : undefined;
  if (bits === undefined) return false;
  // dsaEncoding applies to EC keys only: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  return verify(
    `sha${bits}`,
    Buffer.from(`${header}.${claims}`),
    key,
    Buffer.from(signature, "base64url"),
  );
}
