// Temporary certificates: their fields and signatures, and a real TLS handshake.

import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { createCertificateAuthority } from "../../local/certificates.ts";

const NOW = Date.UTC(2026, 10, 24, 16, 1, 2);
const authority = createCertificateAuthority({ now: () => NOW });
const ca = new X509Certificate(authority.ca);

test("the authority's certificate is a self-signed CA", () => {
  assert.equal(ca.ca, true);
  assert.equal(ca.subject, "CN=Local test CA");
  assert.equal(ca.issuer, "CN=Local test CA");
  assert.equal(ca.verify(ca.publicKey), true);
});

test("a server certificate is for localhost and 127.0.0.1", () => {
  const { cert, key } = authority.server();
  const certificate = new X509Certificate(cert);
  assert.equal(certificate.subjectAltName, "DNS:localhost, IP Address:127.0.0.1");
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
  assert.equal(certificate.ca, false);
  assert.equal(certificate.checkIssued(ca), true);
  assert.equal(certificate.verify(ca.publicKey), true);
  assert.equal(certificate.checkPrivateKey(createPrivateKey(key)), true);
});

test("a client certificate keeps the requested subject and its order", () => {
  const { cert } = authority.client({ C: "DE", O: "Example, Inc.", OU: "Größe", CN: "kube-apiserver" });
  const certificate = new X509Certificate(cert);
  assert.equal(certificate.subject, "C=DE\nO=Example\\, Inc.\nOU=Größe\nCN=kube-apiserver");
  assert.equal(certificate.issuer, "CN=Local test CA");
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  assert.equal(certificate.verify(ca.publicKey), true);
});

test("a certificate is valid from one day ago for 31 days", () => {
  const certificate = new X509Certificate(authority.client({ CN: "a" }).cert);
  assert.equal(certificate.validFrom, "Nov 23 16:01:02 2026 GMT");
  assert.equal(certificate.validTo, "Dec 24 16:01:02 2026 GMT");
});

test("serial numbers are long and unique", () => {
  const serials = [1, 2].map(() => new X509Certificate(authority.client({ CN: "a" }).cert).serialNumber);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
  assert.notEqual(serials[0], serials[1]);
});

test("server and client authenticate each other", async (t) => {
  const live = createCertificateAuthority();
  const server = createServer({ ...live.server(), ca: live.ca, requestCert: true, rejectUnauthorized: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;

  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", ca: live.ca, ...live.client({ CN: "kube-apiserver" }) });
  t.after(() => client.destroy());
  await once(client, "secureConnect");
  const [socket] = await accepted;
  t.after(() => socket.destroy());

  assert.equal(client.authorized, true);
  assert.equal(socket.authorized, true);
  assert.equal(socket.getPeerX509Certificate()?.subject, "CN=kube-apiserver");
});
