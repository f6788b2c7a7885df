// The contents of the files that `kubeconfig webhook` and `kubeconfig client` create.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { cli } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits, refuses } from "../mappings/cluster.ts";

const folder = useFolder();
const authority = createCertificateAuthority();
const PEM = authority.ca;
const pem = folder.write("some.pem", PEM);
const key = folder.write("some.key", authority.client({ CN: "kube-apiserver" }).key);
const CERTIFICATE = ["--client-cert", pem];
const WEBHOOK = ["kubeconfig", "webhook", "--endpoint", "https://a.example:8443"];
const SERVER = "https://a.example:8443/authenticate";

test("webhook reads a bearer token from standard input and keeps the endpoint's path, with or without /authenticate", async () => {
  for (const path of ["", "/", "/authenticate", "/authenticate/", "/live/authenticate//"]) {
    const { out } = await cli(`kubeconfig webhook --endpoint https://a.example${path} --no-token`);
    const stage = path.startsWith("/live") ? "/live" : "";
    assert.equal(parse(out).clusters[0].cluster.server, `https://a.example${stage}/authenticate`);
  }
  const words = `kubeconfig webhook --endpoint https://a.example/prod --ca ${pem} --token-file -`;
  const { out } = await cli(words, { input: "secret\n" });
  const { clusters, users, contexts, "current-context": current } = parse(out);
  assert.equal(clusters[0].cluster.server, "https://a.example/prod/authenticate");
  assert.equal(Buffer.from(clusters[0].cluster["certificate-authority-data"], "base64").toString(), PEM);
  assert.deepEqual(users[0].user, { token: "secret" });
  assert.deepEqual(contexts[0], { name: current, context: { cluster: clusters[0].name, user: users[0].name } });
});

test("webhook always has a TLS setting: the CA, a client certificate, or the name of the server's certificate", async () => {
  const clusterOf = async (...words: string[]) => parse((await cli([...WEBHOOK, ...words])).out).clusters[0].cluster;
  assert.deepEqual(await clusterOf("--no-token"), { server: SERVER, "tls-server-name": "a.example" });
  assert.deepEqual(Object.keys(await clusterOf("--no-token", "--ca", pem)), ["server", "certificate-authority-data"]);
  assert.deepEqual(await clusterOf("--client-cert", pem, "--client-key", key), { server: SERVER });
  const local = await cli(["kubeconfig", "webhook", "--endpoint", "http://localhost:8443", "--no-token"]);
  assert.deepEqual(parse(local.out).clusters[0].cluster, { server: "http://localhost:8443/authenticate" });
});

test("webhook --token-file-path names a file that need not exist here, and contains no token", async () => {
  const path = "/etc/kubernetes/iam-authenticator/caller-token";
  const words = ["kubeconfig", "webhook", "--endpoint", "https://a.example", "--token-file-path"];
  const { code, out } = await cli([...words, path]);
  assert.deepEqual([code, parse(out).users[0].user], [0, { tokenFile: path }]);
  for (const wrong of ["caller-token", "./caller-token", "", "/etc/kubernetes/"]) {
    await refuses(cli([...words, wrong]), /It must be an absolute path on kube-apiserver's machine, such as \/etc\//);
  }
  for (const other of [["--token-file", "-"], CERTIFICATE, ["--no-token"]]) {
    await exits(cli([...words, path, ...other], { input: "secret\n" }), 2, /cannot be used with option/);
  }
});

test("webhook requires either credentials or --no-token", async () => {
  await refuses(cli(WEBHOOK), /^The kubeconfig would have no credentials, and the function would reject it\. Give /);
  const { out } = await exits(cli([...WEBHOOK, "--no-token"]), 0);
  assert.deepEqual(parse(out).users[0].user, {});
  for (const other of [["--token-file", "-"], CERTIFICATE]) {
    const both = cli([...WEBHOOK, "--no-token", ...other], { input: "secret\n" });
    await refuses(both, /'--no-token' cannot be used with option '--(token-file|client-cert) <file>'/);
  }
});

test("webhook rejects a file without a token, and does not print its content", async () => {
  const bad = "standard input contains no bearer token: it must be one line of ASCII characters without spaces.\n";
  for (const input of ["", "two words", "mappings:\n  - secret", "sécret"]) {
    await refuses(cli([...WEBHOOK, "--token-file", "-"], { input }), input === "" ? "Standard input is empty.\n" : bad);
  }
});

test("webhook inlines the client certificate, and omits the CA if none is given", async () => {
  const words = [...WEBHOOK, ...CERTIFICATE];
  const { clusters, users } = parse((await cli([...words, "--client-key", key])).out);
  assert.deepEqual(clusters[0].cluster, { server: SERVER });
  assert.deepEqual(Object.keys(users[0].user), ["client-certificate-data", "client-key-data"]);
  assert.match((await cli(words)).err, /--client-cert and --client-key must be given together/);
  for (const wrong of ["a.example", "", "ftp://a.example", "http://a.example", "http://127.0.0.1.example"]) {
    assert.equal((await cli(["kubeconfig", "webhook", "--endpoint", wrong])).code, 2, wrong);
  }
  assert.match((await cli([...words, "--client-key", "/none"])).err, /^Cannot read \/none: there is no such file\.\n$/);
});

const ROLE = "arn:aws:iam::111122223333:role/Admin";
const CLIENT = ["kubeconfig", "client", "-c", "prod", "--server", "https://10.0.0.1:6443", "--region", "eu-west-1"];

test("client uses the environment's region without --region", async () => {
  const words = CLIENT.slice(0, -2);
  const regionOf = async (environment: Record<string, string>, ...others: string[]) => {
    const { args } = parse((await cli([...words, ...others], { environment })).out).users[0].user.exec;
    return args.includes("--region") ? args[args.indexOf("--region") + 1] : undefined;
  };
  assert.equal(await regionOf({ AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" }), "eu-west-1");
  assert.equal(await regionOf({ AWS_REGION: "", AWS_DEFAULT_REGION: "eu-west-2" }), "eu-west-2");
  assert.equal(await regionOf({ AWS_REGION: "eu-west-1" }, "--region", "us-east-1"), "us-east-1");
  assert.equal(await regionOf({}), undefined);
});

test("client warns without a region or the cluster's CA, and still prints the file", async () => {
  for (const [words, warning] of [
    [[...CLIENT.slice(0, -2), "--ca", pem], /^Without --region, the program uses the region of each user's .*\n$/],
    [CLIENT, /^Without --ca, kubectl trusts only the CAs of its machine\. .*\n$/],
    [[...CLIENT, "--ca", pem], /^$/],
  ] as const) {
    const { code, out, err } = await cli(words);
    assert.deepEqual([code, /get-token/.test(out)], [0, true]);
    assert.match(err, warning);
  }
});

test("client sets the exec plugin of each program, with v1beta1 for clients that request no version", async () => {
  const exec = async (...words: string[]) => parse((await cli([...CLIENT, ...words])).out).users[0].user.exec;
  assert.deepEqual(await exec(), {
    apiVersion: "client.authentication.k8s.io/v1beta1",
    command: "aws",
    args: ["eks", "get-token", "--cluster-name", "prod", "--region", "eu-west-1", "--output", "json"],
    interactiveMode: "IfAvailable",
  });
  const own = await exec("--exec", "iam-authenticator", "--role", ROLE, "--profile", "p");
  assert.equal(own.apiVersion, "client.authentication.k8s.io/v1beta1");
  assert.deepEqual(own.args, ["token", "--cluster", "prod", "--region", "eu-west-1", "--role", ROLE]);
  assert.deepEqual(own.env, [{ name: "AWS_PROFILE", value: "p" }]);
  const peer = await exec("--exec", "aws-iam-authenticator");
  assert.equal(peer.apiVersion, "client.authentication.k8s.io/v1beta1");
  assert.deepEqual(peer.args, ["token", "--cluster-id", "prod"]);
  assert.deepEqual(peer.env, [{ name: "AWS_REGION", value: "eu-west-1" }]);
});

test("client --jwt gets AWS-signed tokens from this command, and refuses other programs", async () => {
  const words = [...CLIENT, "--ca", pem, "--jwt"];
  const { command, args, apiVersion } = parse((await cli([...words, "--role", ROLE])).out).users[0].user.exec;
  assert.deepEqual([command, apiVersion], ["iam-authenticator", "client.authentication.k8s.io/v1beta1"]);
  assert.deepEqual(args, ["token", "--cluster", "prod", "--jwt", "--region", "eu-west-1", "--role", ROLE]);
  await exits(cli([...words, "--exec", "iam-authenticator"]), 0);
  for (const program of ["aws", "aws-iam-authenticator"]) {
    const message = new RegExp(`--jwt needs --exec iam-authenticator: ${program} makes no`);
    await refuses(cli([...words, "--exec", program]), message);
  }
});
