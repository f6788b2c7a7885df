// Certificates for any host name, from an authority that only the tested program trusts.

import { generateKeyPairSync } from "node:crypto";
import {
  BasicConstraints,
  ExtendedKeyUsage,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  SubjectAlternativeName,
} from "@peculiar/asn1-x509";
import { extension, signCertificate } from "../local/certificates/certificate.ts";
import type { Credential } from "../local/certificates.ts";

export interface HostCertificates {
  /** PEM. */
  readonly ca: string;
  /** A certificate for only this host name; cached. */
  of(host: string): Credential;
}

const DAY = 24 * 60 * 60 * 1000;
const ISSUER = { CN: "Local host CA" };

export function createHostCertificates(): HostCertificates {
  const issuer = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  // One key for all hosts, since creating thousands of keys would be slow.
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const key = own.export({ format: "pem", type: "pkcs8" }).toString();
  const made = new Map<string, Credential>();
  const validity = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + DAY) };

  function make(host: string): Credential {
    const extensions = [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, new SubjectAlternativeName([new GeneralName({ dNSName: host })])),
    ];
    const subject = { CN: "Local host" };
    const cert = signCertificate({ subject, key: own, issuer: ISSUER, issuerKey: issuer, ...validity, extensions });
    return { cert, key };
  }

  return {
    ca: signCertificate({
      subject: ISSUER,
      key: issuer,
      issuer: ISSUER,
      issuerKey: issuer,
      ...validity,
      extensions: [extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true)],
    }),
    of(host) {
      const credential = made.get(host) ?? make(host);
      made.set(host, credential);
      return credential;
    },
  };
}
