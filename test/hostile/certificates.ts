// Server certificates: a valid one, and those that a client must refuse.

import { createCertificateAuthority } from "../../local/certificates.ts";

const DAY = 86_400_000;

/** `trusted`: the authorities of all but the last certificate, PEM. */
export function hostileCertificates() {
  const authority = createCertificateAuthority();
  const former = createCertificateAuthority({ subject: { CN: "Former CA" }, now: () => Date.now() - 60 * DAY });
  const certificates = {
    usual: authority.server(),
    expired: former.server(),
    "other-name": authority.server("other.example.com"),
    "unknown-authority": createCertificateAuthority({ subject: { CN: "Unknown" } }).server(),
  };
  return { trusted: [authority.ca, former.ca], certificates };
}
