// TLS to STS: certificates and their names are verified, independently of the Host header.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import tls from "node:tls";
import { createSts } from "../../../../functions/authenticator/aws/sts.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { type Credential, createCertificateAuthority } from "../../../../local/certificates.ts";
import { createHostCertificates } from "../../../host-certificates.ts";
import { asked, stsAt, TOKEN } from "../../aws/asking.ts";
import { type RawServer, startRawServer } from "../../aws/raw-server.ts";
import { HOST } from "../token/samples.ts";

const authority = createCertificateAuthority();
const hosts = createHostCertificates();
const trustedBefore = tls.getCACertificates();

afterEach(() => {
  mock.restoreAll();
  tls.setDefaultCACertificates(trustedBefore);
});
const tlsServer = (credential: Credential) => startRawServer(undefined, credential);

function trust(certificate: string): void {
  tls.setDefaultCACertificates([certificate]);
}

async function assertRefused(asking: ReturnType<typeof asked>, kind: string): Promise<void> {
  const error = await asking;
  assert.ok(hasCode(error, "sts_unreachable"), String(error));
  assert.equal(error.message, `no answer from STS (${kind})`);
}

test("an endpoint's own name is verified, the Host header stays the token's, and the connection is kept", async () => {
  const server = await tlsServer(authority.server());
  trust(authority.ca);
  for (const name of ["localhost", "127.0.0.1"]) {
    const askSts = stsAt(`https://${name}:${server.port}`);
    const before = server.sockets.length;
    for (let n = 0; n < 3; n += 1) assert.equal(await asked(askSts), "200 {}");
    assert.equal(server.sockets.length, before + 1, name);
  }
  assert.equal(server.requests.length, 6);
  for (const request of server.requests) {
    assert.ok(request.startsWith(`GET ${TOKEN.target} HTTP/1.1\r\nhost: ${HOST}\r\n`), request);
  }
});

const old = createCertificateAuthority({ now: () => Date.now() - 90 * 24 * 3_600_000 });
const another = createCertificateAuthority({ subject: { CN: "Another CA" } });
for (const [what, credential, trusted, kind] of [
  ["for the token's host", hosts.of(HOST), hosts.ca, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ["of an untrusted authority", authority.server(), another.ca, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ["that has expired", old.server(), old.ca, "CERT_HAS_EXPIRED"],
] as const) {
  test(`a certificate ${what} is refused at an endpoint before anything is sent`, async () => {
    const server = await tlsServer(credential);
    trust(trusted);
    for (const name of ["localhost", "127.0.0.1"])
      await assertRefused(asked(stsAt(`https://${name}:${server.port}`)), kind);
    assert.deepEqual(server.requests, []);
  });
}

/** Redirects every connection to the local `server`, like an attacker's name server. */
function rerouteTo(server: RawServer): string[] {
  const names: string[] = [];
  const { connect } = tls;
  mock.method(tls, "connect", (options: tls.ConnectionOptions, callback?: () => void) => {
    names.push(`${options.host}:${options.port} ${options.servername}`);
    return connect({ ...options, host: "127.0.0.1", port: server.port }, callback);
  });
  return names;
}

test("without an endpoint, the connection is to the token's host at port 443, and its name is verified", async () => {
  const server = await tlsServer(hosts.of(HOST));
  trust(hosts.ca);
  const names = rerouteTo(server);
  const askSts = createSts({ regionalHost: HOST, endpoint: undefined });
  assert.equal(await asked(askSts), "200 {}");
  assert.equal(await asked(askSts), "200 {}");
  // Once, before the first request
  assert.deepEqual(names, [`${HOST}:443 ${HOST}`]);
  await assertRefused(asked(askSts, { ...TOKEN, host: "sts.amazonaws.com" }), "ERR_TLS_CERT_ALTNAME_INVALID");
  assert.deepEqual(names.slice(1), Array(2).fill("sts.amazonaws.com:443 sts.amazonaws.com"));
  assert.equal(server.requests.length, 2);
});
