// A small OpenID Connect issuer: as much as kube-apiserver needs to check an ID token.
// https://openid.net/specs/openid-connect-discovery-1_0.html

import { createPublicKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority } from "../../../local/certificates.ts";

export interface OidcIssuer {
  /** Of a kube-apiserver that trusts it; usernames get the prefix `oidc:`. */
  readonly flags: readonly string[];
  /** An ID token for this user, good for some minutes. */
  token(user: string): string;
  stop(): Promise<void>;
}

const CLIENT_ID = "kubernetes";
const LIFE_S = 600;

export async function startOidcIssuer(): Promise<OidcIssuer> {
  const authority = createCertificateAuthority();
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), "oidc-issuer-"));
  const caFile = join(folder, "ca.crt");
  writeFileSync(caFile, authority.ca);

  const server = createServer(authority.server(), ({ url: path }, response) => {
    const document = path === "/keys" ? { keys: [{ ...jwk(), kid, use: "sig", alg: "ES256" }] } : discovery();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(document));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function jwk() {
    return createPublicKey(privateKey).export({ format: "jwk" });
  }

  function discovery(): object {
    return { issuer: url, jwks_uri: `${url}/keys`, id_token_signing_alg_values_supported: ["ES256"] };
  }

  return {
    flags: [
      `--oidc-issuer-url=${url}`,
      `--oidc-client-id=${CLIENT_ID}`,
      `--oidc-ca-file=${caFile}`,
      "--oidc-username-prefix=oidc:",
      "--oidc-signing-algs=ES256",
    ],
    token(user) {
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: url, aud: CLIENT_ID, sub: user, iat: now, exp: now + LIFE_S };
      const signed = [{ alg: "ES256", typ: "JWT", kid }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      // JSON web signatures are the two numbers side by side: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
      const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${signed}.${signature.toString("base64url")}`;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      rmSync(folder, { recursive: true });
    },
  };
}
