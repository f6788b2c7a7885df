// `doctor` over real TLS: expiry, unknown CAs, and invalid client certificates.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { cli } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits } from "../mappings/cluster.ts";
import { useServer } from "../use-server.ts";
import { startEndpoint } from "./endpoint.ts";

const DAY_MS = 86_400_000;
const { path: folder, write: file } = useFolder();
/** Its certificates expire 30 days after the given time. */
const authority = createCertificateAuthority({ now: () => Date.now() + DAY_MS - 60_000 });
const subject = { CN: "kube-apiserver", O: "Example" };
const client = authority.client(subject);

const ca = file("ca.crt", authority.ca);
const cert = file("client.crt", client.cert);
const key = file("client.key", client.key);

const endpoint = useServer(startEndpoint);
const tls = { ...authority.server(), ca: authority.ca, requireClientCertificate: true };
const settings = { CALLER_AUTH: "mtls", CALLER_SUBJECTS: "CN=kube-apiserver,O=Example" };
const gateway = useServer(() => endpoint.gateway(settings, { tls }));

const doctor = (words: readonly string[], now?: number) =>
  endpoint.doctor("bob", ["--endpoint", gateway.url, ...words], now === undefined ? {} : { now });
const withCertificate = ["--ca", ca, "--client-cert", cert, "--client-key", key];

test("with mTLS, all checks pass, and a caller without a certificate is rejected", async () => {
  const { code, states, said } = await doctor(withCertificate);
  assert.equal(code, 0);
  assert.match(states.join(", "), /^version ok, client cert ok, reachable ok, tls ok, clock ok, caller.*mapping ok/);
  assert.match(said("client cert"), /^ok: CN=kube-apiserver,O=Example until \d{4}-\d\d-\d\d$/);
  assert.match(said("tls"), /^ok: TLSv1\.3, certificate of localhost until \d{4}-\d\d-\d\d$/);
  assert.equal(said("caller"), "ok: accepted, and an unknown caller is rejected");
});

test("a kubeconfig can contain the certificates or name files relative to it", async () => {
  const inline = await cli(["kubeconfig", "webhook", "--endpoint", gateway.url, ...withCertificate]);
  const files = inline.out
    .replace(/certificate-authority-data: .*/, "certificate-authority: ca.crt")
    .replace(/client-certificate-data: .*/, "client-certificate: client.crt")
    .replace(/client-key-data: .*/, "client-key: client.key");
  for (const text of [inline.out, files]) {
    const { code, check } = await endpoint.doctor("bob", ["--kubeconfig", file("webhook.kubeconfig", text)]);
    assert.deepEqual([code, check("caller")?.state], [0, "ok"]);
  }
  const missing = file("missing.kubeconfig", files.replace("client.key", "nowhere.key"));
  await exits(endpoint.doctor("bob", ["--kubeconfig", missing]), 2, /^Cannot read \S+nowhere\.key: /);
});

test("a kubeconfig without a TLS setting is a warning, and tls-server-name is the name that the certificate must have", async () => {
  const { out } = await cli(["kubeconfig", "webhook", "--endpoint", gateway.url, "--no-token"]);
  const named = await endpoint.doctor("bob", ["--kubeconfig", file("named.kubeconfig", out)]);
  assert.equal(named.check("kubeconfig"), undefined);
  const unnamed = file("bare.kubeconfig", out.replace(/ +tls-server-name: .*\n/, ""));
  const bare = await endpoint.doctor("bob", ["--kubeconfig", unnamed]);
  const because = "no tls-server-name, CA or client certificate: after packet loss, logins fail for 15 minutes";
  const advice = `write a new file: kubeconfig webhook --from <this file> --endpoint ${gateway.url}/authenticate`;
  assert.equal(bare.said("kubeconfig"), `warning: ${because} -> ${advice}`);
  const full = (await cli(["kubeconfig", "webhook", "--endpoint", gateway.url, ...withCertificate])).out;
  for (const [name, state] of Object.entries({ localhost: "ok", "other.example": "failed" })) {
    const text = full.replace(/^( +)server: .*$/m, `$&\n$1tls-server-name: ${name}`);
    const { check } = await endpoint.doctor("bob", ["--kubeconfig", file("renamed.kubeconfig", text)]);
    assert.equal(check("reachable")?.state, state, name);
  }
});

test("a kubeconfig that turns certificate verification off fails, although the certificate is valid", async () => {
  const { out } = await cli(["kubeconfig", "webhook", "--endpoint", gateway.url, "--no-token"]);
  const unverified = out.replace(/^( +)server: .*$/m, "$&\n$1insecure-skip-tls-verify: true");
  const { code, check } = await endpoint.doctor("bob", ["--kubeconfig", file("unverified.kubeconfig", unverified)]);
  assert.deepEqual([code, check("kubeconfig")?.state], [1, "failed"]);
});

test("no client certificate, one of another CA and one of another subject fail", async () => {
  const none = await doctor(["--ca", ca]);
  assert.match(none.said("reachable"), /^failed: .* -> .*client certificate \(--client-cert, --client-key\)/);
  const other = createCertificateAuthority().client(subject);
  const [stray, strayKey] = [file("other.crt", other.cert), file("other.key", other.key)];
  const refused = await doctor(["--ca", ca, "--client-cert", stray, "--client-key", strayKey]);
  assert.match(refused.said("caller"), /^failed: HTTP 403, .* -> .*truststore/);
  const neighbour = authority.client({ CN: "somebody" });
  const [near, nearKey] = [file("near.crt", neighbour.cert), file("near.key", neighbour.key)];
  const pinned = await doctor(["--ca", ca, "--client-cert", near, "--client-key", nearKey]);
  assert.match(pinned.said("caller"), /^failed: HTTP 401, caller_refused: .*CN=somebody -> .*CALLER_SUBJECTS/);
});

test("an unknown CA and the key of another certificate fail", async () => {
  const unknown = await doctor([]);
  assert.match(unknown.said("reachable"), /^failed: no answer \((\w*CERT\w*|UNABLE_\w+)\) -> .*--ca/);
  const otherKey = file("k", authority.client(subject).key);
  const mixed = await doctor(["--ca", ca, "--client-cert", cert, "--client-key", otherKey]);
  assert.match(mixed.said("reachable"), /^failed: .*--client-key/);
});

test("certificates that expire soon are warnings, and expired ones fail", async () => {
  const soon = await doctor(withCertificate, Date.now() + 5 * DAY_MS);
  for (const check of ["tls", "client cert"]) assert.match(soon.said(check), /^warning: .*, in 2\d d -> /);
  const over = await doctor(withCertificate, Date.now() + 40 * DAY_MS);
  assert.match(over.said("client cert"), /^failed: .*: it has expired -> /);
  const past = createCertificateAuthority({ now: () => Date.UTC(2020, 0, 1) });
  const expired = await endpoint.gateway({ CALLER_AUTH: "none" }, { tls: past.server() });
  const { said } = await endpoint.doctor("bob", ["--endpoint", expired.url, "--ca", file("past.crt", past.ca)]);
  await expired.close();
  assert.equal(said("reachable"), "failed: no answer (CERT_HAS_EXPIRED) -> renew the endpoint's certificate");
});

test("a file that is not PEM and a certificate without its key are wrong usage", async () => {
  for (const words of [
    ["--ca", file("text", "no certificate")],
    ["--client-cert", cert],
    ["--ca", folder],
  ]) {
    await exits(doctor(words), 2);
  }
  const fake = file("fake.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const { code, check } = await doctor(["--ca", ca, "--client-cert", fake, "--client-key", key]);
  assert.deepEqual([code, check("client cert")?.state, check("reachable")?.state], [1, "failed", "failed"]);
});
