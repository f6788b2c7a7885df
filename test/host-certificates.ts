// Certificates for any host name, from an authority that only the tested program trusts.

import { type Credential, createCertificateAuthority } from "../local/certificates.ts";

export type HostCertificates = ReturnType<typeof createHostCertificates>;

/** `ca` is PEM. `of`: a certificate for only this host name, cached. */
export function createHostCertificates() {
  const { ca, server } = createCertificateAuthority({ subject: { CN: "Local host CA" } });
  const made = new Map<string, Credential>();
  return {
    ca,
    of(host: string) {
      const credential = made.get(host) ?? server(host);
      made.set(host, credential);
      return credential;
    },
  };
}
