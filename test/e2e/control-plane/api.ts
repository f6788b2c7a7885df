// Calls a kube-apiserver without kubectl, for requests that kubectl does not support or that are
// too many.

import { Agent } from "node:https";
import { post } from "../../post.ts";
import type { User } from "../../system/answers.ts";

export interface ApiEndpoint {
  readonly url: string;
  readonly ca: string;
}

type ApiCredential = { readonly token: string } | { readonly cert: string; readonly key: string };

const LIMIT_MS = 60_000;

const agent = new Agent({ keepAlive: true });

/** `body` is sent as JSON. Returns a Kubernetes object, or a text such as "ok". */
export async function callApi(
  { url, ca }: ApiEndpoint,
  credential: ApiCredential,
  method: string,
  path: string,
  body?: object,
) {
  const { status, headers, text } = await post(`${url}${path}`, {
    method,
    agent,
    limitMs: LIMIT_MS,
    tls: { ca, ...("cert" in credential && credential) },
    headers: {
      // the JWKS has a different content type
      accept: "application/json, */*",
      "content-type": "application/json",
      ...("token" in credential && { authorization: `Bearer ${credential.token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const isJson = headers["content-type"]?.startsWith("application/json");
  return { status, body: (isJson ? JSON.parse(text) : text) as unknown };
}

/** The user that kube-apiserver authenticates by `token`; `undefined` for a 401. */
export async function whoIs(endpoint: ApiEndpoint, token: string): Promise<User | undefined> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const { status, body } = await callApi(endpoint, { token }, "POST", path, review);
  if (status === 401) return undefined;
  if (status !== 201) throw new Error(`kube-apiserver answered ${status}: ${JSON.stringify(body)}`);
  return (body as { status: { userInfo: User } }).status.userInfo;
}
