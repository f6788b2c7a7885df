// Client certificates over real TLS: the event's fields, and rejected clients.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { describeClientCertificate } from "../../../local/gateway/client-certificate.ts";
import { type GatewayOptions, startGateway } from "../../../local/gateway/gateway.ts";
import { post } from "../../post.ts";

const authority = createCertificateAuthority();
const stranger = createCertificateAuthority({ subject: { CN: "Another CA" } });
const { ca } = authority;
const client = authority.client({ CN: "kube-apiserver", O: "Example" });
const described = {
  clientCertPem: client.cert,
  subjectDN: "CN=kube-apiserver,O=Example",
  issuerDN: "CN=Local test CA",
  serialNumber: new X509Certificate(client.cert).serialNumber.toLowerCase().replace(/..(?=.)/g, "$&:"),
  validity: {
    notBefore: new X509Certificate(client.cert).validFrom,
    notAfter: new X509Certificate(client.cert).validTo,
  },
};

async function start(t: TestContext, options: Partial<GatewayOptions> = {}) {
  const gateway = await startGateway({
    handler: async () => ({ statusCode: 200, body: "ok" }),
    tls: { ...authority.server(), ca, requireClientCertificate: true },
    ...options,
  });
  t.after(() => gateway.close());
  return gateway;
}

test("an HTTP API puts the certificate in requestContext.authentication", async (t) => {
  const gateway = await start(t);
  const reply = await post(`${gateway.url}/authenticate`, { tls: { ca, ...client } });
  assert.equal(reply.status, 200);
  const [event] = gateway.events as unknown as APIGatewayProxyEventV2[];
  assert.deepEqual(event?.requestContext.authentication, { clientCert: described });
});

test("the gateway closes the connection of a client without a certificate", async (t) => {
  const gateway = await start(t);
  await assert.rejects(post(`${gateway.url}/authenticate`, { tls: { ca } }), /ECONNRESET|EPIPE|socket hang up/);
  assert.deepEqual(gateway.events, []);
});

test("a certificate of another authority returns 403", async (t) => {
  const gateway = await start(t);
  const outsider = stranger.client({ CN: "kube-apiserver", O: "Example" });
  const reply = await post(`${gateway.url}/authenticate`, { tls: { ca, ...outsider } });
  assert.deepEqual([reply.status, reply.text], [403, '{"message":"Forbidden"}']);
  assert.deepEqual(gateway.events, []);
});

test("an expired certificate returns 403", async (t) => {
  const gateway = await start(t);
  const past = createCertificateAuthority({ now: () => Date.UTC(2020, 0, 1) });
  const expired = await start(t, { tls: { ...authority.server(), ca: past.ca, requireClientCertificate: true } });
  const reply = await post(`${expired.url}/authenticate`, { tls: { ca, ...past.client({ CN: "kube-apiserver" }) } });
  assert.equal(reply.status, 403);
  assert.deepEqual(gateway.events, []);
});

test("without client authentication, the gateway does not request a certificate", async (t) => {
  const gateway = await start(t, { tls: authority.server() });
  const reply = await post(`${gateway.url}/authenticate`, { tls: { ca, ...client } });
  assert.equal(reply.status, 200);
  const [event] = gateway.events as unknown as APIGatewayProxyEventV2[];
  assert.equal(event?.requestContext.authentication, undefined);
});

test("names keep the order of the certificate, with special characters escaped", () => {
  const { cert } = authority.client({ C: "US", ST: "Washington", O: "Example, Inc.", CN: "a" });
  const { subjectDN } = describeClientCertificate(new X509Certificate(cert));
  assert.equal(subjectDN, "C=US,ST=Washington,O=Example\\, Inc.,CN=a");
});
