// A local OpenID Connect issuer: serves its two documents over TLS and signs tokens.
// https://openid.net/specs/openid-connect-discovery-1_0.html

import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";
import type { LocalResponse } from "../local/aws/http-server.ts";
import { createCertificateAuthority } from "../local/certificates.ts";

export type SigningKey = Awaited<ReturnType<typeof createSigningKey>>;

/** `jwk` is the published form. */
export async function createSigningKey(alg = "ES256") {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk = await exportJWK(publicKey);
  return {
    privateKey,
    alg,
    jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), use: "sig", alg },
  };
}

/** Signs any claims and header. */
export function signIdToken(
  claims: JWTPayload,
  { privateKey, alg, jwk: { kid } }: SigningKey,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: "JWT" }).sign(privateKey);
}

export type OidcIssuer = Awaited<ReturnType<typeof startOidcIssuer>>;
type Decide = (path: string) => LocalResponse | Promise<LocalResponse> | undefined;

export async function startOidcIssuer(keys: readonly SigningKey[], algorithms = ["ES256"]) {
  const authority = createCertificateAuthority();
  const published = keys.map(({ jwk }): JWK => jwk);
  let decide: Decide = () => undefined;

  const server = createServer(authority.server(), async ({ url: path = "" }, response) => {
    const { status, headers, body } = (await decide(path)) ?? documentAt(path);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function documentAt(path: string): LocalResponse {
    // biome-ignore format: a table
    const documents: Readonly<Record<string, object>> = {
      "/.well-known/openid-configuration": { issuer: url, jwks_uri: `${url}/openid/v1/jwks`, id_token_signing_alg_values_supported: algorithms },
      "/openid/v1/jwks": { keys: published },
    };
    const document = documents[path];
    return { status: document === undefined ? 404 : 200, body: JSON.stringify(document ?? {}) };
  }

  return {
    url,
    /** The authority of its certificate, PEM. */
    ca: authority.ca,
    /** The published keys; tests may change them. */
    keys: published,
    /**
     * Sets the response of a path. A promise that never settles sends no response; `undefined`
     * restores the document.
     */
    answer(next: Decide) {
      decide = next;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
