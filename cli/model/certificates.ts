// Reads certificates in PEM, and describes them.

import { X509Certificate } from "node:crypto";

/** https://www.rfc-editor.org/rfc/rfc7468 */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----\r?\n[\s\S]*?-----END CERTIFICATE-----/g;

/** Returns the blocks of certificates in a text, which need not be valid certificates. */
export function certificateBlocks(text: string): string[] {
  return [...text.matchAll(CERTIFICATE)].map(([block]) => block);
}

/** Returns the certificate; `undefined` if the block is not valid X.509. */
export function readCertificate(block: string): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(block);
    return certificate.subject === undefined ? undefined : certificate;
  } catch {
    return undefined;
  }
}

/**
 * Returns a phrase with the name and the SHA-256 fingerprint of each certificate, as `openssl x509
 * -fingerprint -sha256` prints it. Two texts have the same phrase if they have the same
 * certificates. `text` has valid certificates only.
 */
export function describeCertificates(text: string): string {
  const shown = certificateBlocks(text).map((block) => {
    const { subject = "", fingerprint256 } = new X509Certificate(block);
    // Anyone may choose the name: other characters could forge a line of the terminal.
    const [, name] = /^CN=([\w .:@*-]{1,64})$/m.exec(subject) ?? [];
    return `${name === undefined ? "" : `${name}, `}SHA-256 ${fingerprint256}`;
  });
  return shown.join("; ");
}
