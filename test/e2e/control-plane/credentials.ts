// The credentials that kube-apiservers of a cluster share: authority, server certificate, service account key.

import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificateAuthority } from "../../../local/certificates.ts";

export type ControlPlaneCredentials = ReturnType<typeof createCredentials>;

export function createCredentials(folder: string) {
  const authority = createCertificateAuthority({ subject: { CN: "Kubernetes" } });
  const server = authority.server();
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  mkdirSync(folder, { recursive: true });

  function write(name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  return {
    /** PEM. */
    ca: authority.ca,
    /** Of a user in system:masters. */
    admin: authority.client({ O: "system:masters", CN: "admin" }),
    files: {
      ca: write("ca.crt", authority.ca),
      serverCert: write("server.crt", server.cert),
      serverKey: write("server.key", server.key),
      serviceAccountKey: write("service-accounts.key", privateKey.export({ format: "pem", type: "sec1" }).toString()),
    },
  };
}
