// A local kube-apiserver and issuer over TLS, with the responses that a test sets.

import { type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { kubeconfigOf } from "../../../../cli/kube/kubeconfig.ts";
import { JWKS_PATH } from "../../../../functions/issuer/documents.ts";
import { createCertificateAuthority } from "../../../../local/certificates.ts";

type Answer = (
  body: string,
  authorization: string,
  query: URLSearchParams,
) => [status: number, body: unknown];

export type LocalService = Awaited<ReturnType<typeof startService>>;

export async function startService() {
  const authority = createCertificateAuthority();
  /** By method and path, without the query. Other requests get 404. */
  const answers = new Map<string, Answer>();
  const server = createServer(authority.server(), async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const [path, query] = request.url?.split("?") ?? [];
    const { accept = "", authorization = "" } = request.headers;
    const answer = answers.get(`${request.method} ${path}`);
    const found = answer?.(body, authorization, new URLSearchParams(query)) ?? [
      404,
      { message: "not found" },
    ];
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

export const kubeconfig = ({ url, ca }: LocalService) => kubeconfigOf(url, ca, { token: "admin" });

/** The signature is not verified: the command reads only header and claims. */
export function tokenOf(kid: string, issuer: string): string {
  return `${encode({ alg: "RS256", kid }, { iss: issuer, sub: "system:serviceaccount:default:default" })}.signature`;
}

const encode = (...parts: readonly object[]) =>
  parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");

/** A Secret as kube-controller-manager fills it. `kid`: without it, a token of an old release. */
export function tokenSecret(name: string, privateKey: KeyObject, kid?: string): object {
  const alg = privateKey.asymmetricKeyType === "rsa" ? "RS256" : "ES256";
  const signed = encode({ alg, kid }, { iss: "kubernetes/serviceaccount" });
  const signature = sign("sha256", Buffer.from(signed), {
    key: privateKey,
    dsaEncoding: "ieee-p1363",
  });
  const token = Buffer.from(`${signed}.${signature.toString("base64url")}`).toString("base64");
  return {
    metadata: { name, namespace: "app" },
    type: "kubernetes.io/service-account-token",
    data: { token },
  };
}

export const publicPem = (key: KeyObject) => key.export({ format: "pem", type: "spki" }).toString();
