// A local kube-apiserver and issuer over TLS, with the responses that a test sets.

import { type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { kubeconfigOf } from "../../../cli/kubeconfig/webhook.ts";
import { JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { createCertificateAuthority } from "../../../local/certificates.ts";

type Answer = (body: string, authorization: string, query: URLSearchParams) => [status: number, body: unknown];

export interface LocalService {
  readonly url: string;
  readonly ca: string;
  /** Responses by method and path, without the query. Other requests get 404. */
  readonly answers: Map<string, Answer>;
  close(): Promise<void>;
}

export async function startService(): Promise<LocalService> {
  const authority = createCertificateAuthority();
  const answers: LocalService["answers"] = new Map();
  const server = createServer(authority.server(), async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const [path, query] = request.url?.split("?") ?? [];
    const { accept = "", authorization = "" } = request.headers;
    const answer = answers.get(`${request.method} ${path}`);
    const found = answer?.(body, authorization, new URLSearchParams(query)) ?? [404, { message: "not found" }];
    // As in kube-apiserver, the JWKS is available only as application/jwk-set+json.
    const isRefused = request.url === JWKS_PATH && !/\*\/\*|jwk-set/.test(accept);
    const [status, value] = isRefused ? [406, { message: "Not Acceptable" }] : found;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: authority.ca,
    answers,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function kubeconfig({ url, ca }: LocalService): string {
  return kubeconfigOf(url, ca, { token: "admin" });
}

/** The signature is not verified: the command reads only header and claims. */
export function tokenOf(kid: string, issuer: string): string {
  const parts = [
    { alg: "RS256", kid },
    { iss: issuer, sub: "system:serviceaccount:default:default" },
  ];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), "signature"].join(".");
}

/** A Secret as kube-controller-manager fills it. `kid`: without it, a token of an old release. */
export function tokenSecret(name: string, privateKey: KeyObject, kid?: string): object {
  const alg = privateKey.asymmetricKeyType === "rsa" ? "RS256" : "ES256";
  const signed = [{ alg, kid }, { iss: "kubernetes/serviceaccount" }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
  const token = Buffer.from(`${signed}.${signature.toString("base64url")}`).toString("base64");
  return { metadata: { name, namespace: "app" }, type: "kubernetes.io/service-account-token", data: { token } };
}

export function publicPem(key: KeyObject): string {
  return key.export({ format: "pem", type: "spki" }).toString();
}
