// Certificates for any host name, from an authority that only the tested program trusts.

import { type Credential, createCertificateAuthority } from "../local/certificates.ts";

export interface HostCertificates {
  /** PEM. */
  readonly ca: string;
  /** A certificate for only this host name; cached. */
  of(host: string): Credential;
}

export function createHostCertificates(): HostCertificates {
  const { ca, server } = createCertificateAuthority({ subject: { CN: "Local host CA" } });
  const made = new Map<string, Credential>();
  return {
    ca,
    of(host) {
      const credential = made.get(host) ?? server(host);
      made.set(host, credential);
      return credential;
    },
  };
}
