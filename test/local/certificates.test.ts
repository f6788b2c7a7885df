// Temporary certificates: their fields and signatures. gateway/client-certificate.test.ts has the TLS handshake.

import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createCertificateAuthority } from "../../local/certificates.ts";

const authority = createCertificateAuthority({ now: () => Date.UTC(2026, 10, 24, 16, 1, 2) });
const ca = new X509Certificate(authority.ca);

test("the authority's certificate is a self-signed CA", () => {
  assert.deepEqual([ca.ca, ca.subject, ca.issuer], [true, "CN=Local test CA", "CN=Local test CA"]);
  assert.equal(ca.verify(ca.publicKey), true);
});

test("a server certificate is for localhost and 127.0.0.1", () => {
  const { cert, key } = authority.server();
  const certificate = new X509Certificate(cert);
  assert.equal(certificate.subjectAltName, "DNS:localhost, IP Address:127.0.0.1");
  assert.deepEqual([certificate.keyUsage, certificate.ca], [["1.3.6.1.5.5.7.3.1"], false]);
  assert.deepEqual([certificate.checkIssued(ca), certificate.verify(ca.publicKey)], [true, true]);
  assert.equal(certificate.checkPrivateKey(createPrivateKey(key)), true);
});

test("a client certificate keeps the requested subject and its order, and is valid from one day ago for 31 days", () => {
  const { cert } = authority.client({ C: "DE", O: "Example, Inc.", OU: "Größe", CN: "kube-apiserver" });
  const certificate = new X509Certificate(cert);
  assert.equal(certificate.subject, "C=DE\nO=Example\\, Inc.\nOU=Größe\nCN=kube-apiserver");
  assert.deepEqual([certificate.issuer, certificate.keyUsage], ["CN=Local test CA", ["1.3.6.1.5.5.7.3.2"]]);
  assert.equal(certificate.verify(ca.publicKey), true);
  assert.equal(certificate.validFrom, "Nov 23 16:01:02 2026 GMT");
  assert.equal(certificate.validTo, "Dec 24 16:01:02 2026 GMT");
});

test("serial numbers are long and unique", () => {
  const serials = [1, 2].map(() => new X509Certificate(authority.client({ CN: "a" }).cert).serialNumber);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
  assert.notEqual(serials[0], serials[1]);
});
