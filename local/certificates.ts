// A temporary certificate authority for tests and `npm start`: server and client certificates, in memory only.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  BasicConstraints,
  ExtendedKeyUsage,
  type Extension,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
} from "@peculiar/asn1-x509";
import { extension, type Subject, signCertificate } from "./certificates/certificate.ts";

/** A certificate and its private key, both PEM, named as `node:tls` names them. */
export interface Credential {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** The authority's certificate, PEM: the `ca` of a client, the truststore of a gateway. */
  readonly ca: string;
  /** A server certificate for `localhost` and 127.0.0.1, or for other DNS names. */
  server(...dnsNames: readonly string[]): Credential;
  /** A client certificate; for example `client({ CN: "kube-apiserver", O: "Example" })`. */
  client(subject: Subject): Credential;
}

export interface CertificateAuthorityOptions {
  readonly subject?: Subject;
  readonly now?: () => number;
}

const DAY = 24 * 60 * 60 * 1000;
const SERVER: Subject = { CN: "localhost" };

/** Creates an authority. Its certificates are valid from one day ago for 31 days. */
export function createCertificateAuthority(options: CertificateAuthorityOptions = {}): CertificateAuthority {
  const { subject: issuer = { CN: "Local test CA" }, now = Date.now } = options;
  const issuerKey = newKey();

  function certify(subject: Subject, key: KeyObject, extensions: readonly Extension[]): string {
    const time = now();
    const notBefore = new Date(time - DAY);
    const notAfter = new Date(time + 30 * DAY);
    return signCertificate({ subject, key, issuer, issuerKey, notBefore, notAfter, extensions });
  }

  function credential(subject: Subject, extensions: readonly Extension[]): Credential {
    const key = newKey();
    return { cert: certify(subject, key, extensions), key: key.export({ format: "pem", type: "pkcs8" }).toString() };
  }

  return {
    ca: certify(issuer, issuerKey, [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
    ]),
    server(...dnsNames) {
      const names =
        dnsNames.length > 0
          ? dnsNames.map((dNSName) => new GeneralName({ dNSName }))
          : [new GeneralName({ dNSName: "localhost" }), new GeneralName({ iPAddress: "127.0.0.1" })];
      const alternativeNames = extension(id_ce_subjectAltName, new SubjectAlternativeName(names));
      return credential(SERVER, [...leaf(id_kp_serverAuth), alternativeNames]);
    },
    client: (subject) => credential(subject, leaf(id_kp_clientAuth)),
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** The extensions of every server and client certificate. */
function leaf(purpose: string): Extension[] {
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([purpose])),
  ];
}
