// Existing files: `kubeconfig webhook --from` keeps everything but the URL; private keys, plain
// HTTP and unverified TLS are refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { kubeconfigOf, webhookKubeconfig } from "../../../../cli/kube/kubeconfig.ts";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import { createCertificateAuthority } from "../../../../local/certificates.ts";
import { cli, useLocalAws } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { exits, refuses } from "../mappings/cluster.ts";

const { write: file } = useFolder();
const authority = createCertificateAuthority();
const { cert, key } = authority.client({ CN: "kube-apiserver" });
const ca = file("ca.crt", authority.ca);
const SERVER = "https://new.example.com/authenticate";
const OLD = "https://old.example.com/authenticate";

function from(old: string | object, ...words: string[]) {
  const path = file("old.kubeconfig", typeof old === "string" ? old : stringify(old));
  const all = [
    "kubeconfig",
    "webhook",
    "--from",
    path,
    "--endpoint",
    "https://new.example.com",
    ...words,
  ];
  return cli(all, { input: "t" });
}

test("the new file has the new URL and the old credentials; --ca replaces the CA", async () => {
  for (const webhook of [
    { server: OLD, token: "secret" },
    { server: OLD, ca: authority.ca, token: "secret" },
    { server: OLD, clientCertificate: { certificate: cert, key } },
  ]) {
    const { out, err } = await exits(from(webhookKubeconfig(webhook)), 0);
    assert.deepEqual(parse(out), parse(webhookKubeconfig({ ...webhook, server: SERVER })));
    assert.equal(/keeps the CA of the old one/.test(err), "ca" in webhook);
  }
  const { out } = await exits(
    from(webhookKubeconfig({ server: OLD, ca: "old", token: "secret" }), "--ca", ca),
    0,
  );
  assert.match(
    out,
    new RegExp(`certificate-authority-data: ${Buffer.from(authority.ca).toString("base64")}`),
  );
});

test("it keeps paths, other clusters and users, and a way to log in that it does not know", async () => {
  const config = parse(kubeconfigOf(OLD, undefined, {}));
  config.clusters.push({ name: "other", cluster: { server: "https://other.example.com" } });
  config.clusters[0].cluster = { server: OLD, "certificate-authority": "ca.crt" };
  config.users[0].user = { tokenFile: "caller-token", exec: { command: "x", apiVersion: "v1" } };
  const { out } = await from(config);
  config.clusters[0].cluster.server = SERVER;
  assert.deepEqual(parse(out), config);
});

test("the name of the server's certificate moves with the URL", async () => {
  const named = "new.example.com";
  for (const [cluster, user, name] of [
    [{ "tls-server-name": "old.example.com" }, { token: "secret" }, named],
    [{}, { token: "secret" }, named],
    [{ "certificate-authority": "" }, { exec: { command: "x" } }, named],
    [{ "tls-server-name": "old.example.com", "certificate-authority": "ca.crt" }, {}, undefined],
    [{}, { "client-certificate": "client.crt", "client-key": "client.key" }, undefined],
  ] as const) {
    const config = parse(kubeconfigOf(OLD, undefined, {}));
    Object.assign(config.clusters[0].cluster, cluster);
    if (!("tls-server-name" in cluster)) delete config.clusters[0].cluster["tls-server-name"];
    config.users[0].user = user;
    const { "tls-server-name": _, ...others } = { "tls-server-name": undefined, ...cluster };
    const moved = {
      ...others,
      server: SERVER,
      ...(name !== undefined && { "tls-server-name": name }),
    };
    assert.deepEqual(parse((await from(config)).out).clusters[0].cluster, moved);
  }
});

const WITH_TOKEN = webhookKubeconfig({ server: OLD, token: "secret" });
const withField = (field: string) => WITH_TOKEN.replace(/^( +)server: .*$/m, `$&\n$1${field}`);

test("wrong files and options are refused, and a file without verification", async () => {
  for (const [text, words, sentence] of [
    [
      "mappings: []",
      [],
      /^\S+old\.kubeconfig: not a kubeconfig whose current context has a server URL\.$/m,
    ],
    ["x", ["--token-file", "-"], /'--from <file>' cannot be used with option '--token-file/],
    ["x", ["--no-token"], /'--from <file>' cannot be used with option '--no-token'/],
    [WITH_TOKEN, ["--endpoint", "http://a.example"], /it must be an https:\/\/ URL\.$/m],
  ] as const) {
    await refuses(from(text, ...words), sentence);
  }
  // kubectl reads YAML 1.1: yes and on are true.
  for (const value of ["true", "yes", "Y", "on", "TRUE", '"false"', "1", "{}"]) {
    await refuses(
      from(withField(`insecure-skip-tls-verify: ${value}`)),
      /insecure-skip-tls-verify: anyone on the net/,
    );
  }
  for (const value of ["false", "no", "off"])
    await exits(from(withField(`insecure-skip-tls-verify: ${value}`)), 0);
});

test("a boolean of YAML 1.1 stays one, and a shared anchor does not change the other cluster", async () => {
  assert.match(
    (await from(withField("disable-compression: yes"))).out,
    /^ +disable-compression: true$/m,
  );
  const config = parse(WITH_TOKEN);
  config.clusters.push({ name: "other", cluster: config.clusters[0].cluster });
  assert.match(stringify(config), /cluster: \*/);
  const { clusters } = parse((await exits(from(config), 0)).out);
  assert.deepEqual([clusters[0].cluster.server, clusters[1].cluster.server], [SERVER, OLD]);
});

const CLIENT = ["kubeconfig", "client", "-c", "prod", "--server", "https://10.0.0.1:6443"];
const WEBHOOK = ["kubeconfig", "webhook", "--endpoint", "https://a.example"];

test("a private key is rejected in place of a certificate", async () => {
  for (const words of [CLIENT, WEBHOOK]) {
    for (const [text, reason] of [
      [key, "it contains a private key"],
      [authority.ca + key, "it contains a private key"],
      ["hello", "it contains no certificate"],
      ["", "it contains no certificate"],
      [
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "certificate 1 is not valid X.509",
      ],
    ] as const) {
      const path = file("wrong.crt", text);
      await refuses(
        cli([...words, "--ca", path]),
        `--ca ${path}: ${reason}. Give the CA's certificate as PEM.\n`,
      );
    }
  }
  const swapped = ["--client-cert", file("a.key", key), "--client-key", file("a.crt", cert)];
  await refuses(
    cli([...WEBHOOK, ...swapped]),
    /^--client-cert \S+a\.key: it contains a private key\. /,
  );
  const bundle = file(
    "bundle",
    `Certificate:\n  Data: x\n${authority.ca}${createCertificateAuthority().ca}`,
  );
  const [{ cluster }] = parse((await cli([...CLIENT, "--ca", bundle])).out).clusters;
  const text = Buffer.from(cluster["certificate-authority-data"], "base64").toString();
  assert.deepEqual(
    [text.match(/BEGIN/g)?.length, text.startsWith("-----BEGIN CERTIFICATE-----\n")],
    [2, true],
  );
});

test("a --server without https and a --role that is not a role's ARN are rejected", async () => {
  for (const server of ["http://10.0.0.1:6443", "10.0.0.1:6443", "prod", "https://"]) {
    const message = /It must be an https:\/\/ URL, such as https:\/\/10\.0\.0\.1:6443\.\n$/;
    await refuses(cli(["kubeconfig", "client", "-c", "prod", "--server", server]), message);
  }
  for (const role of ["Admin", "arn:r", "arn:aws:iam::111122223333:user/a"]) {
    for (const words of [CLIENT, ["token", "-c", "prod"]]) {
      const message =
        /It must be an IAM role's ARN, such as arn:aws:iam::111122223333:role\/Admin\.\n$/;
      await refuses(cli([...words, "--role", role]), message);
    }
  }
  await exits(cli([...CLIENT, "--role", "arn:aws-cn:iam::111122223333:role/team/Admin"]), 0);
});

test("doctor sends no secret over plain HTTP", async () => {
  useLocalAws({});
  const server = await startHttpServer(() => ({ status: 400, body: "" }));
  // The loopback address under a name that does not count as local.
  const url = server.url.replace("127.0.0.1", "[::ffff:127.0.0.1]");
  const path = file(
    "plain.kubeconfig",
    kubeconfigOf(`${url}/authenticate`, undefined, { token: "the-secret" }),
  );
  const { out } = await exits(cli(["doctor", "-c", "prod", "--kubeconfig", path, "-o", "json"]), 1);
  await server.close();
  const failed =
    /"reachable",\s+"state": "failed",\s+"seen": "plain HTTP: no token was sent",\s+"advice": ".*https:/;
  assert.match(out, failed);
  assert.doesNotMatch(out, /"check": "(caller|.*review)/);
  for (const { headers, body } of server.requests) {
    assert.doesNotMatch(`${JSON.stringify(headers)}${body}`, /the-secret|k8s-aws-v1\./);
  }
});
