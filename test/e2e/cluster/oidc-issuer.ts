// An OpenID Connect issuer for users, and the kube-apiserver flags to trust it.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSigningKey, signIdToken, startOidcIssuer } from "../../oidc-issuer.ts";

export type UserIssuer = Awaited<ReturnType<typeof startUserIssuer>>;

const CLIENT_ID = "kubernetes";
const LIFE_S = 600;

export async function startUserIssuer() {
  const key = await createSigningKey();
  const { url, ca, stop } = await startOidcIssuer([key]);
  const folder = mkdtempSync(join(tmpdir(), "oidc-issuer-"));
  const caFile = join(folder, "ca.crt");
  writeFileSync(caFile, ca);

  return {
    /** Flags of a kube-apiserver that trusts it; usernames have the prefix `oidc:`. */
    flags: [
      `--oidc-issuer-url=${url}`,
      `--oidc-client-id=${CLIENT_ID}`,
      `--oidc-ca-file=${caFile}`,
      "--oidc-username-prefix=oidc:",
      "--oidc-signing-algs=ES256",
    ],
    /** An ID token for this user, valid for some minutes. */
    token(user: string) {
      const now = Math.floor(Date.now() / 1000);
      return signIdToken({ iss: url, aud: CLIENT_ID, sub: user, iat: now, exp: now + LIFE_S }, key);
    },
    async stop() {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}
