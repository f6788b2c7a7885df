// Secrets of kubeconfigs: rejected files, file modes, and no secret over plain HTTP.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { startHttpServer } from "../../../local/http-server.ts";
import { cli, useLocalAws } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { refuses } from "../mappings/cluster.ts";

const { write: file } = useFolder();
const authority = createCertificateAuthority();
const { cert, key } = authority.client({ CN: "kube-apiserver" });
const [certFile, keyFile] = [file("a.crt", cert), file("a.key", key)];

const CLIENT = ["kubeconfig", "client", "-c", "prod", "--server", "https://10.0.0.1:6443"];
const WEBHOOK = ["kubeconfig", "webhook", "--endpoint", "https://a.example"];

test("a private key is rejected in place of a certificate", async () => {
  for (const words of [CLIENT, WEBHOOK]) {
    for (const [name, text, reason] of [
      ["key", key, "it contains a private key"],
      ["both", authority.ca + key, "it contains a private key"],
      ["text", "hello", "it contains no certificate"],
      ["empty", "", "it contains no certificate"],
      ["fake", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1 is not valid X.509"],
    ] as const) {
      const path = file(name, text);
      await refuses(cli([...words, "--ca", path]), `--ca ${path}: ${reason}. Give the CA's certificate as PEM.\n`);
    }
  }
  const swapped = cli([...WEBHOOK, "--client-cert", keyFile, "--client-key", certFile]);
  await refuses(swapped, /^--client-cert \S+a\.key: it contains a private key\. /);
});

test("text around a CA's certificates is dropped", async () => {
  const bundle = file("bundle", `Certificate:\n  Data: x\n${authority.ca}${createCertificateAuthority().ca}`);
  const { clusters } = parse((await cli([...CLIENT, "--ca", bundle])).out);
  const text = Buffer.from(clusters[0].cluster["certificate-authority-data"], "base64").toString();
  assert.equal(text.match(/BEGIN/g)?.length, 2);
  assert.match(text, /^-----BEGIN CERTIFICATE-----\n/);
});

test("a --server without https and a --role that is not a role's ARN are rejected", async () => {
  for (const server of ["http://10.0.0.1:6443", "10.0.0.1:6443", "prod", "", "https://"]) {
    const message = /It must be an https:\/\/ URL, such as https:\/\/10\.0\.0\.1:6443\.\n$/;
    await refuses(cli(["kubeconfig", "client", "-c", "prod", "--server", server]), message);
  }
  for (const role of ["Admin", "arn:r", "arn:aws:iam::111122223333:user/a", ""]) {
    for (const words of [CLIENT, ["token", "-c", "prod"]]) {
      const message = /It must be an IAM role's ARN, such as arn:aws:iam::111122223333:role\/Admin\.\n$/;
      await refuses(cli([...words, "--role", role]), message);
    }
  }
  assert.equal((await cli([...CLIENT, "--role", "arn:aws-cn:iam::111122223333:role/team/Admin"])).code, 0);
});

test("doctor sends no secret over plain HTTP", async () => {
  useLocalAws({});
  const server = await startHttpServer(() => ({ status: 400, body: "" }));
  // The loopback address under a name that does not count as local.
  const url = server.url.replace("127.0.0.1", "[::ffff:127.0.0.1]");
  const kubeconfig = file(
    "plain.kubeconfig",
    `{clusters: [{name: a, cluster: {server: "${url}/authenticate"}}], users: [{name: a, user: {token: the-secret}}],
      contexts: [{name: a, context: {cluster: a, user: a}}], current-context: a}`,
  );
  const { code, out } = await cli(["doctor", "-c", "prod", "--kubeconfig", kubeconfig, "-o", "json"]);
  await server.close();
  assert.equal(code, 1);
  const checks: { check: string; state: string; seen: string; advice: string }[] = JSON.parse(out);
  const { state, seen, advice } = checks.find(({ check }) => check === "reachable") ?? assert.fail(out);
  assert.deepEqual([state, seen], ["failed", "plain HTTP: no token was sent"]);
  assert.match(advice, /https:\/\//);
  assert.ok(checks.every(({ check }) => !/caller|review/.test(check)));
  for (const { headers, body } of server.requests) {
    assert.ok(!JSON.stringify(headers).includes("the-secret"));
    assert.ok(!body.includes("k8s-aws-v1."));
  }
});
