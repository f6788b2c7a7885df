// HTTPS_PROXY, HTTP_PROXY and NO_PROXY: every request obeys them, and a proxy that fails is named
// without its credentials.

import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { beforeEach, mock, type TestContext, test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { openAgent, sendHttp } from "../../../cli/io/http.ts";
import { processRun } from "../../../cli/io/run.ts";
import { kubeconfigOf } from "../../../cli/kube/kubeconfig.ts";
import { mintToken } from "../../../local/identities.ts";
import { REGION } from "../../../local/sandbox-files.ts";
import { keyVariables } from "../../aws-variables.ts";
import { createHostCertificates, startConnectProxy } from "../../connect-proxy.ts";
import { localIdentity, startSts } from "../../local-aws.ts";
import { type CliOptions, cli, useLocalAws } from "../cli.ts";
import { ADMIN, exits, prints, refuses, useCluster } from "../commands/mappings/cluster.ts";
import { prepare, useFolder, useServer } from "../fixtures.ts";

const SSM = "ssm.us-east-1.amazonaws.com:443";
const certificates = createHostCertificates();
const folder = useFolder();
const cluster = useCluster(ADMIN, "all");
const proxy = useServer(() => startConnectProxy(cluster.store.url, certificates));
prepare(() => {
  setDefaultCACertificates([...getCACertificates(), certificates.ca]);
  // A direct connection ends at a closed port of this machine, and reaches no other.
  mock.method(dns, "lookup", (...words: unknown[]) => {
    const callback = words.at(-1) as (error: null, addresses: object[]) => void;
    callback(null, [{ address: "127.0.0.1", family: 4 }]);
  });
});
beforeEach(() => {
  useLocalAws({ AWS_MAX_ATTEMPTS: "1" });
  for (const name of ["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_STS"]) delete process.env[name];
});

const list = (
  environment: Readonly<Record<string, string>>,
  more: readonly string[] = [],
  options: CliOptions = {},
) => cli(["mappings", "list", "-c", "prod", ...more], { environment, ...options });

/** A proxy that answers every CONNECT with `answer`, or never. */
async function startProxy(
  t: TestContext,
  answer?: string,
): Promise<{ host: string; asked: Promise<unknown> }> {
  const sockets = new Set<Socket>();
  const server = createServer().listen(0, "127.0.0.1");
  const asked = once(server, "connect");
  server.on("connect", (_, socket: Socket) => {
    sockets.add(socket.on("error", () => {}));
    if (answer !== undefined) socket.end(`HTTP/1.1 ${answer}\r\n\r\n`);
  });
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test("requests to AWS go through the proxy, with its credentials", async () => {
  const before = cluster.store.requests.length;
  for (const name of ["HTTPS_PROXY", "https_proxy"]) {
    await prints(list({ [name]: proxy.url.replace("//", "//jane:pass%20word@") }), /clusteradmin/i);
  }
  assert.equal(cluster.store.requests.length, before + 2);
  const basic = `Basic ${Buffer.from("jane:pass word").toString("base64")}`;
  assert.deepEqual([[...proxy.targets], [...proxy.credentials]], [[SSM], [basic]]);
});

test("NO_PROXY excepts a host and its subdomains, and no other", async () => {
  const before = cluster.store.requests.length;
  for (const name of [
    "amazonaws.com",
    ".amazonaws.com",
    "a.example, ssm.us-east-1.amazonaws.com",
    SSM,
    "*",
  ]) {
    for (const variable of ["NO_PROXY", "no_proxy"]) {
      const direct = list({ HTTPS_PROXY: proxy.url, [variable]: name });
      await exits(direct, 3, "No connection to 127.0.0.1 port 443 (ECONNREFUSED).\n");
    }
  }
  assert.equal(cluster.store.requests.length, before);
  for (const NO_PROXY of ["aws.com", "x.amazonaws.com", ""])
    await exits(list({ HTTPS_PROXY: proxy.url, NO_PROXY }), 0);
});

test("loopback, a container's machine and the services of instances for credentials are direct", async () => {
  const closed = "http://127.0.0.1:1";
  // Plain HTTP with secrets is allowed to these.
  for (const host of ["127.0.0.1", "localhost", "host.docker.internal"]) {
    process.env["AWS_ENDPOINT_URL_SSM"] = cluster.store.url.replace("127.0.0.1", host);
    await exits(list({ HTTP_PROXY: closed, HTTPS_PROXY: closed, NO_PROXY: "a.example" }), 0);
  }
  process.env["AWS_ENDPOINT_URL_SSM"] = "http://ssm.example";
  assert.equal(
    (await list({ HTTP_PROXY: closed })).err,
    "No connection to 127.0.0.1 port 1 (ECONNREFUSED).\n",
  );
  const { proxyEnv } = openAgent("http:", {
    ...processRun(),
    environment: { HTTP_PROXY: closed },
  }).options;
  for (const host of ["169.254.0.0-169.254.255.255", "fd00:ec2::254"]) {
    assert.ok(proxyEnv?.["no_proxy"]?.split(",").includes(host));
  }
});

test("a proxy that fails is named without its credentials", async (t) => {
  const echoed = Buffer.from("jane:long-password").toString("base64");
  const url = (host: string) => `http://jane:long-password@${host}`;
  for (const [answer, seen] of [
    [`407 Proxy Authentication Required ${echoed}`, "HTTP 407"],
    ["403 Forbidden long-password", "HTTP 403"],
    ["nonsense", "ERR_PROXY_TUNNEL"],
    ["", "ERR_PROXY_TUNNEL"],
  ] as const) {
    const { host } = await startProxy(t, answer);
    const named = `No connection through the proxy http://${host} (HTTPS_PROXY): ${seen}. Check the proxy and NO_PROXY.\n`;
    await exits(list({ HTTPS_PROXY: url(host) }), 3, named, "");
    const debug = await list({ HTTPS_PROXY: url(host) }, ["--debug"]);
    for (const secret of ["long-password", echoed.slice(4, 20)])
      assert.ok(!debug.err.includes(secret), debug.err);
  }
  const closed =
    /^No connection through the proxy http:\/\/127\.0\.0\.1:1 \(https_proxy\): ECONNREFUSED\. /;
  await exits(list({ https_proxy: url("127.0.0.1:1") }), 3, closed);
});

test("an invalid proxy is refused without its value", async () => {
  const secret = ["socks5://secret@a.example", "http://jane:%zz@a.example"];
  for (const HTTPS_PROXY of ["proxy.example:3128", ...secret, "http://", "http://a b"]) {
    await refuses(
      list({ HTTPS_PROXY }),
      "HTTPS_PROXY must be a URL such as http://proxy.example.com:3128.\n",
    );
  }
});

test("time limits and Ctrl-C apply while the proxy does not answer", async (t) => {
  const { host } = await startProxy(t);
  const run = { ...processRun(), environment: { HTTPS_PROXY: `http://${host}` } };
  const request = {
    method: "GET",
    headers: {},
    agent: openAgent("https:", run),
    limitMs: 100,
    maxBytes: 100,
  };
  const late = { name: "TimeoutError", message: "no answer from a.example within 0.1 s" };
  await assert.rejects(sendHttp(new URL("https://a.example"), request, run), late);
  const { host: second, asked } = await startProxy(t);
  const interrupt = new AbortController();
  const running = list({ HTTPS_PROXY: `http://${second}` }, [], { interrupted: interrupt.signal });
  await asked;
  interrupt.abort();
  assert.deepEqual(await running, { code: 130, out: "", err: "Interrupted.\n" });
});

test("explain proves a token through the proxy, with the function's code", async (t) => {
  const sts = await startSts();
  const stsProxy = await startConnectProxy(sts.url, certificates);
  t.after(() => Promise.all([sts.close(), stsProxy.close()]));
  const identity = localIdentity("carol");
  useLocalAws({ AWS_ENDPOINT_URL_SSM: cluster.store.url, ...keyVariables(identity) });
  delete process.env["AWS_ENDPOINT_URL_STS"];
  const input = await mintToken({ identity, clusterId: "prod", region: REGION });
  const explain = (HTTPS_PROXY: string) =>
    cli("explain -c prod --token-file -", { input, environment: { HTTPS_PROXY } });
  await prints(explain(stsProxy.url), /admin:carol-example\.com/);
  assert.deepEqual([...stsProxy.targets], [`sts.${REGION}.amazonaws.com:443`]);
  const { host } = await startProxy(t, "502 Bad Gateway");
  await exits(
    explain(`http://${host}`),
    3,
    new RegExp(`through the proxy http://${host} \\(HTTPS_PROXY\\): HTTP 502`),
  );
});

test("doctor and irsa doctor use the proxy, and name one that refuses", async (t) => {
  const text = kubeconfigOf("https://auth.example.com/authenticate", undefined, { token: "t" });
  const file = folder.write("a.kubeconfig", text);
  const doctor = (HTTPS_PROXY: string) =>
    cli(`doctor -c prod --kubeconfig ${file} -o json`, { environment: { HTTPS_PROXY } });
  await doctor(proxy.url);
  assert.ok(proxy.targets.has("auth.example.com:443"));
  const { host } = await startProxy(t, "407 Proxy Authentication Required");
  const named = `the proxy http://${host} (HTTPS_PROXY): HTTP 407`;
  const { out } = await exits(doctor(`http://${host}`), 1);
  const advice = "check the proxy and NO_PROXY; kube-apiserver needs the same settings";
  assert.partialDeepStrictEqual(JSON.parse(out), [
    { check: "reachable", seen: `no answer (${named})`, advice },
  ]);
  const words = `irsa doctor -c prod --issuer https://issuer.example.com --kubeconfig ${file}`;
  const irsa = await cli(words, { environment: { HTTPS_PROXY: `http://${host}` } });
  assert.ok(`${irsa.out}${irsa.err}`.replace(/\s+/g, " ").includes(named), irsa.err);
});
