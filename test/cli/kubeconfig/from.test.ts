// `kubeconfig webhook --from`: a new URL, and everything else of the old file.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { kubeconfigOf, webhookKubeconfig } from "../../../cli/kubeconfig/webhook.ts";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { cli } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits, refuses } from "../mappings/cluster.ts";

const folder = useFolder();
const authority = createCertificateAuthority();
const [old, ca] = [folder.write("old.kubeconfig", ""), folder.write("ca.crt", authority.ca)];
const FROM = ["kubeconfig", "webhook", "--from", old, "--endpoint", "https://new.example.com"];
const TOKEN_FILE = webhookKubeconfig({ server: "https://x", token: "t" });
const SERVER = "https://new.example.com/authenticate";

test("the new file has the new URL and the old token, CA and client certificate; --ca replaces the CA", async () => {
  const { cert, key } = authority.client({ CN: "kube-apiserver" });
  for (const webhook of [
    { server: "https://old.example.com/authenticate", token: "secret" },
    { server: "https://old.example.com/authenticate", ca: authority.ca, token: "secret" },
    { server: "https://old.example.com/authenticate", clientCertificate: { certificate: cert, key } },
  ]) {
    writeFileSync(old, webhookKubeconfig(webhook));
    const { out, err } = await exits(cli(FROM), 0);
    assert.deepEqual(parse(out), parse(webhookKubeconfig({ ...webhook, server: SERVER })));
    assert.equal(/keeps the CA of the old one/.test(err), "ca" in webhook);
  }
  writeFileSync(old, webhookKubeconfig({ server: "https://old.example.com", ca: "old", token: "secret" }));
  const { out } = await exits(cli([...FROM, "--ca", ca]), 0);
  assert.match(out, new RegExp(`certificate-authority-data: ${Buffer.from(authority.ca).toString("base64")}`));
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

test("wrong files and options are refused", async () => {
  for (const [text, words, sentence] of [
    ["mappings: []", [], /^\S+old\.kubeconfig: not a kubeconfig whose current context has a server URL\.$/m],
    ["x", ["--token-file", "-"], /'--from <file>' cannot be used with option '--token-file/],
    ["x", ["--no-token"], /'--from <file>' cannot be used with option '--no-token'/],
    [TOKEN_FILE, ["--endpoint", "http://a.example"], /it must be an https:\/\/ URL\.$/m],
  ] as const) {
    writeFileSync(old, text);
    await refuses(cli([...FROM, ...words], { input: "t" }), sentence);
  }
});

test("an old file that turns certificate verification off is rejected: anyone between could answer reviews", async () => {
  const text = webhookKubeconfig({ server: "https://old.example.com/authenticate", token: "secret" });
  writeFileSync(old, text.replace(/^( +)server: .*$/m, "$&\n$1insecure-skip-tls-verify: true"));
  await refuses(cli(FROM), /insecure-skip-tls-verify/);
});
