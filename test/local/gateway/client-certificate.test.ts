// Client certificates: their fields in the event, and rejected clients over real TLS.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { describeClientCertificate } from "../../../local/gateway/client-certificate.ts";
import { startGateway } from "../../../local/gateway/gateway.ts";
import { post } from "../../post.ts";

const authority = createCertificateAuthority();
const { ca } = authority;
const client = authority.client({ CN: "kube-apiserver", O: "Example" });
const stranger = createCertificateAuthority({ subject: { CN: "Another CA" } });
const past = createCertificateAuthority({ now: () => Date.UTC(2020, 0, 1) });

for (const [what, trusted, certificate, status] of [
  ["of the authority is in the event", ca, client, 200],
  ["of another authority is refused", ca, stranger.client({ CN: "kube-apiserver", O: "Example" }), 403],
  ["that has expired is refused", past.ca, past.client({ CN: "kube-apiserver" }), 403],
  ["that is missing closes the connection", ca, undefined, undefined],
  ["is not asked for without client authentication", undefined, client, 200],
] as const) {
  test(`a client certificate ${what}`, async (t) => {
    const asking = trusted === undefined ? {} : { ca: trusted, requireClientCertificate: true };
    const tls = { ...authority.server(), ...asking };
    const gateway = await startGateway({ handler: async () => ({ statusCode: 200, body: "ok" }), tls });
    t.after(() => gateway.close());
    const sent = post(`${gateway.url}/authenticate`, { tls: { ca, ...certificate } });
    if (status === undefined) await assert.rejects(sent, /ECONNRESET|EPIPE|socket hang up/);
    else assert.equal((await sent).status, status);
    const [event] = gateway.events as unknown as APIGatewayProxyEventV2[];
    assert.equal(event !== undefined, status === 200);
    const { clientCert } = event?.requestContext.authentication ?? {};
    assert.equal(clientCert?.subjectDN, status === 200 && trusted ? "CN=kube-apiserver,O=Example" : undefined);
  });
}

test("the event has the issuer, serial number, validity and subject, whose order is kept and special characters escaped", () => {
  const dated = createCertificateAuthority({ now: () => Date.UTC(2026, 10, 24, 16, 1, 2) });
  const { cert } = dated.client({ C: "US", ST: "Größe", O: "Example, Inc.", CN: "a" });
  const certificate = new X509Certificate(cert);
  assert.match(certificate.serialNumber, /^[4-7][0-9A-F]{31}$/);
  assert.deepEqual(describeClientCertificate(certificate), {
    clientCertPem: cert,
    subjectDN: "C=US,ST=Größe,O=Example\\, Inc.,CN=a",
    issuerDN: "CN=Local test CA",
    serialNumber: certificate.serialNumber.toLowerCase().replace(/..(?=.)/g, "$&:"),
    validity: { notBefore: "Nov 23 16:01:02 2026 GMT", notAfter: "Dec 24 16:01:02 2026 GMT" },
  });
});
