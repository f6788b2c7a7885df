// The CA of a webhook kubeconfig for a stack with a failoverUrl: tls-server-name would break the
// redirect.

import assert from "node:assert/strict";
import { hash, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { parse } from "yaml";
import { webhookKubeconfig } from "../../../../cli/kube/kubeconfig.ts";
import { amazonRoots } from "../../../../cli/kube/server.ts";
import { createCertificateAuthority } from "../../../../local/certificates.ts";
import { useFolder } from "../../fixtures.ts";
import { useTwoRegions } from "../../two-regions.ts";
import { exits } from "../mappings/cluster.ts";

/** SHA-256 of each public key: https://www.amazontrust.com/repository/ */
const ROOTS = [
  "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92",
  "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
  "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
  "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
  "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
];
const SERVER = "https://one.example/authenticate";
const outputs: Record<string, string> = {};
const regions = useTwoRegions({ callers: [] }, outputs);
beforeEach(() =>
  Object.assign(outputs, { Endpoint: SERVER, FailoverUrl: "https://other.example/authenticate" }),
);
const authority = createCertificateAuthority();
const ca = useFolder().write("ca.crt", authority.ca);
const webhook = (...words: string[]) =>
  regions.run(["kubeconfig", "webhook", ...words], { input: "token\n" });
const IN_ONE = ["-c", "one"];

const keysIn = (pem: string) =>
  (pem.match(/-----BEGIN [\s\S]+?-----END CERTIFICATE-----/g) ?? [])
    .map((certificate) =>
      new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" }),
    )
    .map((key) => hash("sha256", key, "hex"))
    .sort();

function read(kubeconfig: string) {
  const { "certificate-authority-data": data = "", ...others } =
    parse(kubeconfig).clusters[0].cluster;
  return { ...others, keys: keysIn(Buffer.from(data, "base64").toString()) };
}

let count = 0;
async function added(...words: string[]) {
  count += 1;
  const file = join(regions.home, `${count}.kubeconfig`);
  const { err } = await exits(
    regions.run(["callers", "add", `caller-${count}`, "--out", file, "-y", ...words]),
    0,
  );
  return { ...read(readFileSync(file, "utf8")), err };
}

test("with a failoverUrl, commands trust all roots of Amazon, and set no tls-server-name", async () => {
  const { out, err } = await exits(webhook(...IN_ONE, "--token-file", "-"), 0);
  assert.deepEqual(read(out), { server: SERVER, keys: ROOTS });
  assert.match(
    err,
    /^The stack has a failoverUrl: the file trusts the roots of Amazon Trust Services, .*--ca\.\n$/,
  );
  assert.equal(parse(out).users[0].user.token, "token");
  for (const words of [IN_ONE, ["-c", "prod"], ["-c", "other", "-c", "one"]]) {
    const { err: log, ...file } = await added(...words);
    assert.deepEqual(file, { server: SERVER, keys: ROOTS });
    assert.match(log, /roots of Amazon/);
  }
});

test("a Node.js that lacks one of Amazon's roots is not used", () => {
  const roots = amazonRoots().match(/-----BEGIN [\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const [amazon, others] = [true, false].map((isAmazon) =>
    roots.filter(
      (pem) => new X509Certificate(pem).subject.includes("CN=Amazon Root CA ") === isAmazon,
    ),
  ) as [string[], string[]];
  assert.deepEqual([amazon.length, others.length], [4, 1]);
  assert.equal(keysIn(amazonRoots(amazon)).length, 4);
  for (const missing of amazon) {
    const known = roots.filter((pem) => pem !== missing);
    assert.throws(
      () => amazonRoots(known),
      /^Failure: This Node\.js lacks roots of Amazon .* Give --ca\.$/,
    );
  }
});

test("kubeconfig webhook --from replaces the tls-server-name or CA of an old file by the roots", async () => {
  const old = join(regions.home, "old.kubeconfig");
  for (const trust of [{ ca: authority.ca }, {}]) {
    writeFileSync(
      old,
      webhookKubeconfig({ server: "https://before.example", token: "kept", ...trust }),
    );
    const { out } = await exits(webhook(...IN_ONE, "--from", old), 0);
    assert.deepEqual(
      [read(out), parse(out).users[0].user],
      [{ server: SERVER, keys: ROOTS }, { token: "kept" }],
    );
  }
});

test("with --ca, the file trusts only that CA", async () => {
  const own = { server: SERVER, keys: keysIn(authority.ca) };
  const { out } = await exits(webhook(...IN_ONE, "--no-token", "--ca", ca), 0, "");
  assert.deepEqual(read(out), own);
  const { err, ...file } = await added(...IN_ONE, "--ca", ca);
  assert.deepEqual(file, own);
  assert.doesNotMatch(err, /Amazon/);
  assert.deepEqual(
    (await added(...IN_ONE, "--ca", ca, "--endpoint", "https://b.example")).keys,
    own.keys,
  );
  const { out: printed } = await exits(
    regions.run(["callers", "add", "printed", "-y", "--ca", ca, ...IN_ONE]),
    0,
  );
  assert.deepEqual(read(printed.slice(printed.indexOf("apiVersion"))), own);
});

test("without a failoverUrl, the file has tls-server-name", async () => {
  delete outputs["FailoverUrl"];
  const named = { server: SERVER, "tls-server-name": "one.example", keys: [] };
  assert.deepEqual(read((await exits(webhook(...IN_ONE, "--no-token"), 0, "")).out), named);
  const { err: _, ...file } = await added(...IN_ONE);
  assert.deepEqual(file, named);
  await exits(regions.run(`callers add b --out ${regions.home}/b -y -c prod`), 2, /^Give --end/);
});

const UNREAD =
  "Give --endpoint: the endpoint cannot be read from the stack IamAuthenticator-prod. If the stack has a failoverUrl, " +
  "give --ca too: without it, the file has tls-server-name, which breaks the redirect.\n";

test("if the stack's endpoint is not known, no file is written", async () => {
  const file = join(regions.home, "webhook.kubeconfig");
  const commands = [
    "kubeconfig webhook --no-token -c one",
    "callers add a -y -c one",
    "callers add a -y -c prod",
  ];
  for (const breakIt of [
    () => delete outputs["Endpoint"],
    () => regions.strike("one", ["cloudformation"]),
  ]) {
    breakIt();
    for (const words of commands) await exits(regions.run(`${words} --out ${file}`), 2, UNREAD, "");
  }
  assert.deepEqual([existsSync(file), await regions.values("callers")], [false, [[], []]]);
});

test("with --endpoint, no stack is read, and the file has tls-server-name", async () => {
  const endpoint = ["--endpoint", "https://b.example"];
  const named = {
    server: "https://b.example/authenticate",
    "tls-server-name": "b.example",
    keys: [],
  };
  const words = ["kubeconfig", "webhook", "--no-token", ...endpoint];
  const { out } = await exits(regions.run(words, { environment: { CLUSTER_ID: "prod" } }), 0, "");
  const { err: _, ...file } = await added(...IN_ONE, ...endpoint);
  assert.deepEqual([read(out), file, regions.stackCalls], [named, named, []]);
});

test("kubeconfig webhook needs an endpoint or a cluster", async () => {
  await exits(webhook("--no-token"), 2, "Give --endpoint or --cluster.\n");
  await exits(
    webhook("--no-token", "-c", "prod"),
    2,
    /several contexts for the cluster prod\. .*: one, other\.\n$/,
  );
  await exits(
    webhook("--no-token", "-c", "one", "--endpoint", "https://a.example"),
    2,
    /cannot be used with option/,
  );
});
