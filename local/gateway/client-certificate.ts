// Describes a TLS client certificate as API Gateway does in its events.
//
// The format follows the example event in AWS's announcement:
// https://aws.amazon.com/blogs/compute/introducing-mutual-tls-authentication-for-amazon-api-gateway/
//   "subjectDN": "C=US,ST=Washington,L=Seattle,O=Amazon Web Services,OU=Security,CN=My Client", "serialNumber": "1",
//   "validity": {"notAfter": "Aug  5 00:28:21 2120 GMT", "notBefore": "Aug 29 00:28:21 2020 GMT"}

import type { X509Certificate } from "node:crypto";
import type { APIGatewayEventClientCertificate } from "aws-lambda";

/** The event's `clientCert`. */
export function describeClientCertificate(certificate: X509Certificate): APIGatewayEventClientCertificate {
  return {
    clientCertPem: certificate.toString(),
    subjectDN: distinguishedName(certificate.subject),
    issuerDN: distinguishedName(certificate.issuer),
    serialNumber: serialNumber(certificate.serialNumber),
    // Node and API Gateway both use OpenSSL's format
    validity: { notBefore: certificate.validFrom, notAfter: certificate.validTo },
  };
}

/**
 * Comma-separated, in the order of the certificate (not the reverse order of RFC 2253).
 * Node escapes special characters in values as RFC 2253 does, including line breaks.
 */
function distinguishedName(lines: string): string {
  return lines.split("\n").join(",");
}

/**
 * OpenSSL's format: decimal up to eight bytes, else hex pairs.
 * The announcement shows `1`, the developer guide `a1:a1:...` (16 bytes).
 */
function serialNumber(hex: string): string {
  if (hex.length <= 16) return BigInt(`0x${hex}`).toString();
  return (hex.toLowerCase().match(/../g) ?? []).join(":");
}
