// The gateway over real HTTP and TLS: events, responses, limits, failing functions and client
// certificates.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { type GatewayOptions, startGateway } from "../../../local/gateway/gateway.ts";
import { describeClientCertificate } from "../../../local/gateway/request.ts";
import { post } from "../../post.ts";

const NOW = Date.UTC(2026, 10, 24, 16, 1, 2);
const JSON_BODY = ["Content-Type", "application/json"];

async function start(t: TestContext, options: Partial<GatewayOptions> = {}) {
  const gateway = await startGateway({
    handler: async () => ({ statusCode: 200 }),
    now: () => NOW,
    ...options,
  });
  t.after(() => gateway.close());
  return gateway;
}

test("an HTTP API passes the event to the handler and its result to the client", async (t) => {
  const seen: unknown[] = [];
  const gateway = await start(t, {
    handler: async (event) => {
      seen.push(event);
      return { statusCode: 201, headers: { "Content-Type": "application/json" }, body: '{"a":1}' };
    },
  });
  const reply = await post(`${gateway.url}/authenticate?timeout=30s`, {
    headers: JSON_BODY,
    body: "{}\n",
  });
  assert.deepEqual(
    [reply.status, reply.text, reply.headers["content-type"]],
    [201, '{"a":1}', "application/json"],
  );
  assert.deepEqual(seen, gateway.events);
  assert.partialDeepStrictEqual(seen, [
    {
      ...{ rawPath: "/authenticate", queryStringParameters: { timeout: "30s" }, body: "{}\n" },
      requestContext: { timeEpoch: NOW, http: { sourceIp: "127.0.0.1" } },
    },
  ]);
  const [event] = gateway.events as unknown as APIGatewayProxyEventV2[];
  assert.match(event?.requestContext.requestId ?? "", /^[\w-]{15}=$/);
  assert.match(event?.headers["x-amzn-trace-id"] ?? "", /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
});

test("requests without a route do not reach the function, unless $default is a route", async (t) => {
  const gateway = await start(t, { routes: ["POST /authenticate"] });
  const path = `${gateway.url}/authenticate`;
  const other = `${gateway.url}/other`;
  for (const reply of [await post(other), await post(path, { method: "GET" })]) {
    assert.deepEqual([reply.status, reply.text], [404, '{"message":"Not Found"}']);
  }
  assert.equal((await post(path)).status, 200);
  const all = await start(t);
  for (const sent of ["/authenticate", "/other"]) await post(all.url + sent);
  const keys = [...gateway.events, ...all.events].map(
    (event) => (event as APIGatewayProxyEventV2).routeKey,
  );
  assert.deepEqual(keys, ["POST /authenticate", "POST /authenticate", "$default"]);
});

test("headers are limited to 10,240 bytes, and a body to 10 MB", async (t) => {
  const gateway = await start(t);
  const limit = 10 * 1024 * 1024;
  const sent = (headers: readonly string[], size: number) =>
    post(`${gateway.url}/authenticate`, { headers, body: Buffer.alloc(size, " ") });
  assert.equal((await sent([], limit)).status, 200);
  for (const [headers, size, status, message] of [
    [["X-Fill", "x".repeat(10_240)], 0, 431, "Request Header Fields Too Large"],
    [[], limit + 1, 413, "Request Entity Too Large"],
    [["Transfer-Encoding", "chunked"], limit + 1, 413, "Request Entity Too Large"],
  ] as const) {
    const reply = await sent(headers, size);
    assert.deepEqual([reply.status, reply.text], [status, JSON.stringify({ message })]);
  }
  assert.equal(gateway.events.length, 1);
});

const { promise: never } = Promise.withResolvers<unknown>();
for (const [name, handler, error] of [
  ["rejects", () => Promise.reject(new Error("secret reason")), /secret reason/],
  ["throws", () => assert.fail("secret reason"), /secret reason/],
  ["returns a value that JSON cannot represent", async () => ({ statusCode: 1n }), /BigInt/],
  ["times out", () => never, /Task timed out after 0\.01 seconds/],
] as const) {
  test(`a function that ${name} is a 500 without the reason`, async (t) => {
    const gateway = await start(t, { handler, timeoutMs: 10 });
    const { status, text } = await post(`${gateway.url}/authenticate`);
    assert.deepEqual(
      [status, text, gateway.errors.length],
      [500, '{"message":"Internal Server Error"}', 1],
    );
    assert.match(String(gateway.errors[0]), error);
  });
}

test("failoverUrl redirects what the function cannot answer", async (t) => {
  const failoverUrl = "https://standby.example.com/authenticate";
  for (const [handler, status] of [
    ...[200, 307, 400, 401, 429, 500].map(
      (statusCode) => [async () => ({ statusCode }), statusCode] as const,
    ),
    ...[502, 503, 504].map((statusCode) => [async () => ({ statusCode }), "mapped"] as const),
    [
      () =>
        Promise.reject(
          Object.assign(new Error("Rate exceeded"), { name: "TooManyRequestsException" }),
        ),
      "mapped",
    ],
    [() => Promise.reject(new Error("crashed")), 500],
  ] as const) {
    for (const url of [failoverUrl, undefined]) {
      const gateway = await start(t, { handler, failoverUrl: url });
      const { status: seen, headers } = await post(`${gateway.url}/authenticate`);
      const expected =
        status === "mapped" ? [url === undefined ? 500 : 307, url] : [status, undefined];
      assert.deepEqual([seen, headers["location"]], expected);
    }
  }
});

const authority = createCertificateAuthority();
const { ca } = authority;
const client = authority.client({ CN: "kube-apiserver", O: "Example" });
const stranger = createCertificateAuthority({ subject: { CN: "Another CA" } });
const past = createCertificateAuthority({ now: () => Date.UTC(2020, 0, 1) });

for (const [what, trusted, certificate, status] of [
  ["of the authority is in the event", ca, client, 200],
  [
    "of another authority is refused",
    ca,
    stranger.client({ CN: "kube-apiserver", O: "Example" }),
    403,
  ],
  ["that has expired is refused", past.ca, past.client({ CN: "kube-apiserver" }), 403],
  ["that is missing closes the connection", ca, undefined, undefined],
  ["is not asked for without client authentication", undefined, client, 200],
] as const) {
  test(`a client certificate ${what}`, async (t) => {
    const asking = trusted === undefined ? {} : { ca: trusted, requireClientCertificate: true };
    const tls = { ...authority.server(), ...asking };
    const gateway = await startGateway({
      handler: async () => ({ statusCode: 200, body: "ok" }),
      tls,
    });
    t.after(() => gateway.close());
    const sent = post(`${gateway.url}/authenticate`, { tls: { ca, ...certificate } });
    if (status === undefined) await assert.rejects(sent, /ECONNRESET|EPIPE|socket hang up/);
    else assert.equal((await sent).status, status);
    const [event] = gateway.events as unknown as APIGatewayProxyEventV2[];
    assert.equal(event !== undefined, status === 200);
    const { clientCert } = event?.requestContext.authentication ?? {};
    assert.equal(
      clientCert?.subjectDN,
      status === 200 && trusted ? "CN=kube-apiserver,O=Example" : undefined,
    );
  });
}

test("the event has the certificate's issuer, serial number, validity and subject", () => {
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
