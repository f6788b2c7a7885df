// The credentials that kube-apiservers of a cluster share: authority, server certificate, service account key.

import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Credential, createCertificateAuthority } from "../../../local/certificates.ts";

export interface ControlPlaneCredentials {
  /** PEM. */
  readonly ca: string;
  /** Of a user in system:masters. */
  readonly admin: Credential;
  readonly files: {
    readonly ca: string;
    readonly serverCert: string;
    readonly serverKey: string;
    readonly serviceAccountKey: string;
  };
}

export function createCredentials(folder: string): ControlPlaneCredentials {
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
    ca: authority.ca,
    admin: authority.client({ O: "system:masters", CN: "admin" }),
    files: {
      ca: write("ca.crt", authority.ca),
      serverCert: write("server.crt", server.cert),
      serverKey: write("server.key", server.key),
      serviceAccountKey: write("service-accounts.key", privateKey.export({ format: "pem", type: "sec1" }).toString()),
    },
  };
}
