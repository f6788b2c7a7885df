// `doctor` over real TLS: expiry, unknown CAs, and invalid client certificates.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createCertificateAuthority } from "../../../../local/certificates.ts";
import { cli } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { exits } from "../mappings/cluster.ts";
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

const doctor = (words: readonly string[], now = Date.now()) =>
  endpoint.doctor("bob", ["--endpoint", gateway.url, ...words], { now });
const withCertificate = ["--ca", ca, "--client-cert", cert, "--client-key", key];

test("with mTLS, all checks pass, and a caller without a certificate is rejected", async () => {
  const { code, states, said } = await doctor(withCertificate);
  assert.equal(code, 0);
  assert.match(
    states.join(", "),
    /^version ok, client cert ok, reachable ok, tls ok, clock ok, caller.*mapping ok/,
  );
  assert.match(said("client cert"), /^ok: CN=kube-apiserver,O=Example until \d{4}-\d\d-\d\d$/);
  assert.match(said("tls"), /^ok: TLSv1\.3, certificate of localhost until \d{4}-\d\d-\d\d$/);
  assert.equal(said("caller"), "ok: accepted, and an unknown caller is rejected");
});

test("a kubeconfig can contain the certificates or name files relative to it", async () => {
  const inline = await cli([
    "kubeconfig",
    "webhook",
    "--endpoint",
    gateway.url,
    ...withCertificate,
  ]);
  const fileOf = {
    "certificate-authority": "ca.crt",
    "client-certificate": "client.crt",
    "client-key": "client.key",
  };
  const files = inline.out.replaceAll(
    /([\w-]+)-data: .*/g,
    (_, key: keyof typeof fileOf) => `${key}: ${fileOf[key]}`,
  );
  for (const text of [inline.out, files]) {
    const { code, check } = await endpoint.doctor("bob", [
      "--kubeconfig",
      file("webhook.kubeconfig", text),
    ]);
    assert.deepEqual([code, check("caller")?.state], [0, "ok"]);
  }
  const missing = file("missing.kubeconfig", files.replace("client.key", "nowhere.key"));
  await exits(
    endpoint.doctor("bob", ["--kubeconfig", missing]),
    2,
    /^Cannot read \S+nowhere\.key: /,
  );
});

test("a kubeconfig without a TLS setting is a warning, and without verification fails", async () => {
  const { out } = await cli(["kubeconfig", "webhook", "--endpoint", gateway.url, "--no-token"]);
  const { out: full } = await cli([
    "kubeconfig",
    "webhook",
    "--endpoint",
    gateway.url,
    ...withCertificate,
  ]);
  const withKey = (text: string, key: string) => text.replace(/^( +)server: .*$/m, `$&\n$1${key}`);
  const read = (text: string) =>
    endpoint.doctor("bob", ["--kubeconfig", file("webhook.kubeconfig", text)]);
  assert.equal((await read(out)).check("kubeconfig"), undefined);
  const because =
    "no tls-server-name, CA or client certificate: after packet loss, logins fail for 15 minutes";
  const advice = `write a new file: kubeconfig webhook --from <this file> --endpoint ${gateway.url}/authenticate`;
  const bare = await read(out.replace(/ +tls-server-name: .*\n/, ""));
  assert.equal(bare.said("kubeconfig"), `warning: ${because} -> ${advice}`);
  const { code, check } = await read(withKey(out, "insecure-skip-tls-verify: true"));
  assert.deepEqual([code, check("kubeconfig")?.state], [1, "failed"]);
  for (const [name, state] of Object.entries({ localhost: "ok", "other.example": "failed" })) {
    const renamed = await read(withKey(full, `tls-server-name: ${name}`));
    assert.equal(renamed.check("reachable")?.state, state, name);
  }
});

test("no client certificate, an unknown CA, and a certificate of another CA, subject or key fail", async () => {
  const none = await doctor(["--ca", ca]);
  assert.match(
    none.said("reachable"),
    /^failed: .* -> .*client certificate \(--client-cert, --client-key\)/,
  );
  const unknown = await doctor([]);
  assert.match(
    unknown.said("reachable"),
    /^failed: no answer \((\w*CERT\w*|UNABLE_\w+)\) -> .*--ca/,
  );
  for (const [{ cert, key }, check, message] of [
    [
      createCertificateAuthority().client(subject),
      "caller",
      /^failed: HTTP 403, .* -> .*truststore/,
    ],
    [
      authority.client({ CN: "somebody" }),
      "caller",
      /^failed: HTTP 401, caller_refused: .*CN=somebody -> .*CALLER_/,
    ],
    [{ ...client, key: authority.client(subject).key }, "reachable", /^failed: .*--client-key/],
  ] as const) {
    const words = [
      "--ca",
      ca,
      "--client-cert",
      file("other.crt", cert),
      "--client-key",
      file("other.key", key),
    ];
    assert.match((await doctor(words)).said(check), message);
  }
});

test("certificates that expire soon are warnings, and expired ones fail", async () => {
  const soon = await doctor(withCertificate, Date.now() + 5 * DAY_MS);
  for (const check of ["tls", "client cert"])
    assert.match(soon.said(check), /^warning: .*, in 2\d d -> /);
  const over = await doctor(withCertificate, Date.now() + 40 * DAY_MS);
  assert.match(over.said("client cert"), /^failed: .*: it has expired -> /);
  const past = createCertificateAuthority({ now: () => Date.UTC(2020, 0, 1) });
  const expired = await endpoint.gateway({ CALLER_AUTH: "none" }, { tls: past.server() });
  const { said } = await endpoint.doctor("bob", [
    "--endpoint",
    expired.url,
    "--ca",
    file("past.crt", past.ca),
  ]);
  await expired.close();
  assert.equal(
    said("reachable"),
    "failed: no answer (CERT_HAS_EXPIRED) -> renew the endpoint's certificate",
  );
});

test("a file that is not PEM and a certificate without its key are wrong usage", async () => {
  const text = file("text", "no certificate");
  for (const words of [`--ca ${text}`, `--client-cert ${cert}`, `--ca ${folder}`])
    await exits(doctor(words.split(" ")), 2);
  const fake = file("fake.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const { code, check } = await doctor(["--ca", ca, "--client-cert", fake, "--client-key", key]);
  assert.deepEqual(
    [code, check("client cert")?.state, check("reachable")?.state],
    [1, "failed", "failed"],
  );
});
