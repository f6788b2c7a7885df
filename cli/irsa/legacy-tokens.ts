// Finds which keys signed the tokens in Secrets. kube-controller-manager signs them with its own key file, they never
// expire, and it does not sign them again after a rotation.

import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { IssuerKey } from "../../functions/issuer/key.ts";
import { unverifiedParts } from "../jwt-parts.ts";
import type { Kubernetes } from "./kubernetes.ts";
import { nameOf, stringAt } from "./kubernetes-object.ts";

export interface LegacyToken {
  /** `<namespace>/<name>` of its Secret. */
  readonly secret: string;
  /** The key that signed it; `undefined` if it is not one of the given keys. */
  readonly kid: string | undefined;
}

type SecretLister = Pick<Kubernetes, "list">;

const PATH = `/api/v1/secrets?fieldSelector=${encodeURIComponent("type=kubernetes.io/service-account-token")}`;

/**
 * Reads each Secret with a service account's token, and keeps no token. `keys` are those of kube-apiserver.
 * Throws a `Failure` if kube-apiserver rejects the request.
 * https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 */
export async function readLegacyTokens(kubernetes: SecretLister, keys: readonly IssuerKey[]): Promise<LegacyToken[]> {
  const candidates = keys.map((key) => ({
    kid: key.kid,
    publicKey: createPublicKey({ key: { ...key }, format: "jwk" }),
  }));
  return (await kubernetes.list(PATH)).flatMap((secret): LegacyToken[] => {
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
