// Reads a cluster's public keys from kube-apiserver, a JWKS file, or a PEM file such as sa.pub.

import { createPublicKey } from "node:crypto";
import { JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { checkIssuerKey, type IssuerKey, issuerKeyOf, PRIVATE } from "../../../functions/issuer/key.ts";
import { isObject, memberAt, parseJson } from "../../../functions/lib/json.ts";
import { fault, usage } from "../../errors.ts";
import { unverifiedParts } from "../../jwt/unverified-parts.ts";
import { nameOf, readText } from "../../terminal/files.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { type Kubernetes, refused } from "../kubernetes.ts";

/** The keys with which kube-apiserver verifies tokens, including those that no longer sign. */
export async function keysOfKubernetes(kubernetes: Kubernetes): Promise<IssuerKey[]> {
  const { status, body } = await kubernetes.ask("GET", JWKS_PATH);
  if (status !== 200) throw refused(JWKS_PATH, status, body);
  return keysOfJwks(body, `kube-apiserver's ${JWKS_PATH}`);
}

export async function keysOfJwksFile(file: string, io: IOStreams): Promise<IssuerKey[]> {
  return keysOfJwks(parseJson(await readText(file, io)), nameOf(file));
}

export async function keysOfPem(file: string, io: IOStreams): Promise<IssuerKey[]> {
  const pem = await readText(file, io);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw usage(`${nameOf(file)} contains a private key. Give the public key (sa.pub), and do not copy this file.`);
  }
  const blocks = pem.match(/-----BEGIN (RSA )?PUBLIC KEY-----[\s\S]*?-----END (RSA )?PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw usage(`${nameOf(file)} contains no PEM public key.`);
  checkCount(blocks, nameOf(file));
  return blocks.map((block, at) => keyOfPem(block, `${nameOf(file)}, key ${at + 1}`));
}

/** A cluster has a few. Checking a key takes a millisecond, in which Ctrl-C waits. */
function checkCount({ length }: readonly unknown[], where: string): void {
  if (length > 100) throw usage(`${where} has ${length} keys, and may have at most 100.`);
}

/** Other members only describe a key, such as x5c: they are omitted, as in kube-apiserver. */
const READ = ["use", "kty", "kid", "crv", "alg", "n", "e", "x", "y", ...PRIVATE];

function keysOfJwks(jwks: unknown, where: string): IssuerKey[] {
  const keys = memberAt(jwks, "keys");
  if (!Array.isArray(keys)) throw usage(`${where} is not a JWKS: it must be an object with the list "keys".`);
  if (keys.length === 0) throw usage(`${where} contains no key.`);
  checkCount(keys, where);
  return keys.map((jwk: unknown, at) => {
    const which = `${where}, key ${at + 1}`;
    if (!isObject(jwk)) throw usage(`${which} is not a JSON object.`);
    const check = checkIssuerKey(Object.fromEntries(Object.entries(jwk).filter(([name]) => READ.includes(name))));
    if (!check.valid) throw usage(`${which} ${check.problem}.`);
    return check.key;
  });
}

function keyOfPem(pem: string, where: string): IssuerKey {
  const jwk = jwkOf(pem);
  if (jwk === undefined)
    throw usage(`${where} is not a key that kube-apiserver signs with: RSA, P-256, P-384 or P-521.`);
  const check = checkIssuerKey(jwk);
  if (!check.valid) throw usage(`${where}: ${check.problem}.`);
  return check.key;
}

function jwkOf(pem: string): object | undefined {
  try {
    return issuerKeyOf(createPublicKey(pem));
  } catch {
    return undefined;
  }
}

/** Throws a `Failure` if kube-apiserver denies the request. The token is a secret until it expires. */
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
  const [kid, issuer] = [header["kid"], claims["iss"]];
  if (typeof kid === "string" && typeof issuer === "string") return { token: answer, kid, issuer };
  throw fault("kube-apiserver returned a token without kid or iss.");
}
