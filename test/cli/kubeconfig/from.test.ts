// `kubeconfig webhook --from`: a new URL, and everything else of the old file.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parse, stringify } from "yaml";
import { kubeconfigOf, webhookKubeconfig } from "../../../cli/kubeconfig/webhook.ts";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { cli } from "../cli.ts";

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
after(() => rmSync(folder, { recursive: true }));
const authority = createCertificateAuthority();
const [old, ca] = [join(folder, "old.kubeconfig"), join(folder, "ca.crt")];
writeFileSync(ca, authority.ca);
const FROM = ["kubeconfig", "webhook", "--from", old, "--endpoint", "https://new.example.com"];
const SERVER = "https://new.example.com/authenticate";

test("the new file has the new URL and the old token, CA and client certificate", async () => {
  const { cert, key } = authority.client({ CN: "kube-apiserver" });
  for (const webhook of [
    { server: "https://old.example.com/authenticate", token: "secret" },
    { server: "https://old.example.com/authenticate", ca: authority.ca, token: "secret" },
    { server: "https://old.example.com/authenticate", clientCertificate: { certificate: cert, key } },
  ]) {
    writeFileSync(old, webhookKubeconfig(webhook));
    const { code, out, err } = await cli(FROM);
    assert.equal(code, 0, err);
    assert.deepEqual(parse(out), parse(webhookKubeconfig({ ...webhook, server: SERVER })));
    assert.equal(/keeps the CA of the old one/.test(err), "ca" in webhook);
  }
});

test("it keeps paths, other clusters and users, and a way to log in that it does not know", async () => {
  const config = parse(kubeconfigOf("https://old.example.com/authenticate", undefined, {}));
  config.clusters.push({ name: "other", cluster: { server: "https://other.example.com" } });
  config.clusters[0].cluster = { server: "https://old.example.com/authenticate", "certificate-authority": "ca.crt" };
  config.users[0].user = { tokenFile: "caller-token", exec: { command: "x", apiVersion: "y" } };
  writeFileSync(old, stringify(config));
  const { out } = await cli(FROM);
  config.clusters[0].cluster.server = SERVER;
  assert.deepEqual(parse(out), config);
});

test("the name of the server's certificate moves with the URL, and is added only if there is no other TLS setting", async () => {
  const before = { server: "https://old.example.com/authenticate" };
  const named = "new.example.com";
  for (const [cluster, user, name] of [
    [{ ...before, "tls-server-name": "old.example.com" }, { token: "secret" }, named],
    [before, { token: "secret" }, named],
    [{ ...before, "certificate-authority": "" }, { exec: { command: "x" } }, named],
    [{ ...before, "tls-server-name": "old.example.com", "certificate-authority": "ca.crt" }, {}, undefined],
    [before, { "client-certificate": "client.crt", "client-key": "client.key" }, undefined],
  ] as const) {
    const config = parse(kubeconfigOf(before.server, undefined, {}));
    config.clusters[0].cluster = cluster;
    config.users[0].user = user;
    writeFileSync(old, stringify(config));
    const { "tls-server-name": _, ...others } = { "tls-server-name": undefined, ...cluster };
    const moved = { ...others, server: SERVER, ...(name !== undefined && { "tls-server-name": name }) };
    assert.deepEqual(parse((await cli(FROM)).out).clusters[0].cluster, moved);
  }
});

test("--ca replaces the CA, and --out writes a file that only its owner can read", async () => {
  writeFileSync(old, webhookKubeconfig({ server: "https://old.example.com", ca: "old", token: "secret" }));
  const out = join(folder, "new.kubeconfig");
  const { code, err } = await cli([...FROM, "--ca", ca, "--out", out]);
  assert.deepEqual([code, err], [0, `Wrote ${out}, which only you can read.\n`]);
  assert.equal(statSync(out).mode & 0o777, 0o600);
});

test("wrong files and options are refused", async () => {
  for (const [text, words, sentence] of [
    ["mappings: []", [], /^\S+old\.kubeconfig: not a kubeconfig whose current context has a server URL\.$/m],
    ["x", ["--token-file", "-"], /'--from <file>' cannot be used with option '--token-file/],
    ["x", ["--no-token"], /'--from <file>' cannot be used with option '--no-token'/],
    [
      webhookKubeconfig({ server: "https://x", token: "t" }),
      ["--endpoint", "http://a.example"],
      /it must be an https:\/\/ URL\.$/m,
    ],
  ] as const) {
    writeFileSync(old, text);
    const { code, out, err } = await cli([...FROM, ...words], { input: "t" });
    assert.deepEqual([code, out], [2, ""], text);
    assert.match(err, sentence);
  }
});

test("an old file that turns certificate verification off is rejected: anyone between could answer reviews", async () => {
  const text = webhookKubeconfig({ server: "https://old.example.com/authenticate", token: "secret" });
  writeFileSync(old, text.replace(/^( +)server: .*$/m, "$&\n$1insecure-skip-tls-verify: true"));
  const { code, out, err } = await cli(FROM);
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /insecure-skip-tls-verify/);
});
