// A token of a service account, made to look at: which key signs, and for which issuer.

import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { EXIT, Failure } from "../../errors.ts";
import { type Kubernetes, refused } from "../kubernetes.ts";

export interface ServiceAccountToken {
  /** Whole: it is a secret, for as long as it lives. */
  readonly token: string;
  readonly kid: string;
  readonly issuer: string;
}

/** The shortest that kube-apiserver makes. */
const LIFE_S = 600;

/** Throws a `Failure` where kube-apiserver refuses. */
export async function requestToken(kubernetes: Kubernetes, audience: string): Promise<ServiceAccountToken> {
  const path = "/api/v1/namespaces/default/serviceaccounts/default/token";
  const { status, body } = await kubernetes.ask("POST", path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [audience], expirationSeconds: LIFE_S },
  });
  const answer = isObject(body) && isObject(body["status"]) ? body["status"]["token"] : undefined;
  if (status !== 201 || typeof answer !== "string") throw refused(path, status, body);
  const [header, claims] = answer.split(".").map((part) => parseJson(Buffer.from(part, "base64url").toString()));
  const kid = isObject(header) ? header["kid"] : undefined;
  const issuer = isObject(claims) ? claims["iss"] : undefined;
  if (typeof kid === "string" && typeof issuer === "string") return { token: answer, kid, issuer };
  throw new Failure(EXIT.fault, "kube-apiserver made a token without kid or iss.");
}

/** The kid; the token is for nobody. */
export async function signingKeyOf(kubernetes: Kubernetes): Promise<string> {
  return (await requestToken(kubernetes, "iam-authenticator.invalid")).kid;
}
