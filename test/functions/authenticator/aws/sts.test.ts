// The request to STS on the wire and the response that is read; over TLS, certificates and their
// names are verified.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import tls from "node:tls";
import { createSts } from "../../../../functions/authenticator/aws/sts.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { type Credential, createCertificateAuthority } from "../../../../local/certificates.ts";
import { createHostCertificates } from "../../../connect-proxy.ts";
import { until } from "../../../time.ts";
import {
  asked,
  assertUnreachable,
  CLUSTER_ID,
  OK,
  type RawServer,
  response,
  startRawServer,
  stsAt,
  TOKEN,
} from "../../aws/asking.ts";
import { HOST } from "../token/samples.ts";

test("the request is a GET of the rebuilt target, byte for byte", async () => {
  const { url, requests } = await startRawServer();
  const hosts = [TOKEN.host, "sts.amazonaws.com", "sts-fips.eu-west-1.api.aws"];
  for (const host of hosts) assert.equal(await asked(stsAt(url), { ...TOKEN, host }), "200 {}");
  const requestTo = (host: string) =>
    `GET ${TOKEN.target} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\n` +
    `x-k8s-aws-id: ${CLUSTER_ID}\r\nConnection: keep-alive\r\n\r\n`;
  assert.deepEqual(requests, hosts.map(requestTo));
});

test("a request id is returned only if it looks like one", async () => {
  for (const id of ["0123-ab_C", "a".repeat(64), "a".repeat(65), "a b", '"', "\xe9", ""]) {
    const { url } = await startRawServer(() => response(200, "{}", `x-amzn-requestid: ${id}\r\n`));
    const { requestId } = await stsAt(url)(
      { ...TOKEN, signedId: CLUSTER_ID },
      deadlineIn(5_000, Date.now),
    );
    assert.equal(requestId, /^[\w-]{1,64}$/.test(id) ? id : undefined);
  }
});

test("a response of 64 KiB is read, and one byte more is a failure without a retry", async () => {
  const full = "a".repeat(64 * 1024);
  const { url } = await startRawServer(() => response(200, full));
  assert.equal(await asked(stsAt(url)), `200 ${full}`);
  const over = await startRawServer(() => response(200, `${full}a`));
  assert.equal(
    String(await asked(stsAt(over.url))),
    "sts_answer_unusable: STS answered more than 65536 bytes",
  );
  assert.equal(over.requests.length, 1);
});

test("an endless response is aborted at 64 KiB with its connection, whatever its status", async () => {
  for (const status of [200, 403, 500]) {
    const chunk = `4000\r\n${"a".repeat(0x4000)}\r\n`;
    const { url, sockets } = await startRawServer((_, socket) => {
      socket.on("drain", () => socket.write(chunk));
      socket.write(`HTTP/1.1 ${status} Reason\r\ntransfer-encoding: chunked\r\n\r\n`);
      while (socket.write(chunk)) {}
      return undefined;
    });
    assert.ok(hasCode(await asked(stsAt(url)), "sts_answer_unusable"));
    await until(() => sockets[0]?.destroyed === true);
  }
});

test("a body with multi-byte characters is read correctly", async () => {
  const text = Buffer.from("é€\u{1F600}").toString("latin1");
  const { url } = await startRawServer((_, socket) => {
    const [first = "", ...rest] = [
      ...`${OK.slice(0, OK.indexOf("content-length"))}content-length: 9\r\n\r\n${text}`,
    ];
    for (const byte of [first, ...rest]) socket.write(byte, "latin1");
    return undefined;
  });
  assert.equal(await asked(stsAt(url)), "200 é€\u{1F600}");
});

const authority = createCertificateAuthority();
const hosts = createHostCertificates();
const trustedBefore = tls.getCACertificates();

afterEach(() => {
  mock.restoreAll();
  tls.setDefaultCACertificates(trustedBefore);
});
const tlsServer = (credential: Credential) => startRawServer(undefined, credential);

test("an endpoint's own name is verified, and the Host header stays the token's", async () => {
  const server = await tlsServer(authority.server());
  tls.setDefaultCACertificates([authority.ca]);
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
    tls.setDefaultCACertificates([trusted]);
    for (const name of ["localhost", "127.0.0.1"])
      assertUnreachable(await asked(stsAt(`https://${name}:${server.port}`)), kind);
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

test("without an endpoint, the connection is to the token's host at port 443", async () => {
  const server = await tlsServer(hosts.of(HOST));
  tls.setDefaultCACertificates([hosts.ca]);
  const names = rerouteTo(server);
  const askSts = createSts({ regionalHost: HOST, endpoint: undefined, clock: Date.now });
  assert.equal(await asked(askSts), "200 {}");
  assert.equal(await asked(askSts), "200 {}");
  assert.deepEqual(names, [`${HOST}:443 ${HOST}`]);
  assertUnreachable(
    await asked(askSts, { ...TOKEN, host: "sts.amazonaws.com" }),
    "ERR_TLS_CERT_ALTNAME_INVALID",
  );
  assert.deepEqual(names.slice(1), Array(2).fill("sts.amazonaws.com:443 sts.amazonaws.com"));
  assert.equal(server.requests.length, 2);
});
