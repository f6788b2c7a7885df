// The agents' early connection: used once, only for its endpoint, and never a cause of failure.
// After Lambda thaws an environment, all pooled connections are dead: no review may fail because of
// that.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type Agent, type IncomingMessage, request } from "node:http";
import { createServer as createTlsServer, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openAgents as openCommandAgents } from "../../../cli/io/http.ts";
import { createNodeNames } from "../../../functions/authenticator/aws/ec2-node-name.ts";
import {
  connectHost,
  createAgents,
  get as getText,
  openAgents,
  readText,
  serverName,
} from "../../../functions/aws/connections.ts";
import { createParameterStore } from "../../../functions/parameters/parameter-store.ts";
import { type LocalServer, startHttpServer } from "../../../local/aws/http-server.ts";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { keyVariables } from "../../aws-variables.ts";
import { terminal } from "../../cli/plan/connection.ts";
import { OPERATOR, startParameterStore } from "../../local-aws.ts";
import { until } from "../../time.ts";
import { NAME, node, startNodeServices, within } from "../authenticator/aws/node-services.ts";
import { asked, startRawServer, stsAt } from "./asking.ts";

function agentFor(port: number): Agent {
  const { httpAgent } = openAgents(new URL(`http://127.0.0.1:${port}`));
  assert.ok(httpAgent);
  return httpAgent;
}

/**
 * The status of one request through `agent`. Reads the body, so that the connection becomes idle.
 */
function get(agent: Agent, port: number, host = "127.0.0.1"): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host, port }, (response) => {
      response.resume().on("end", () => setImmediate(() => resolve(response.statusCode)));
    });
    outgoing.on("error", reject).end();
  });
}

for (const [what, isEarly] of [
  ["waits for the early connection instead of opening another one", false],
  ["uses the early connection", true],
] as const) {
  test(`the first request ${what}, which is kept for later ones`, async () => {
    const { port, sockets, requests } = await startRawServer();
    const agent = agentFor(port);
    if (isEarly) await until(() => sockets.length === 1);
    for (let n = 1; n <= 3; n += 1) {
      assert.deepEqual([await get(agent, port), sockets.length, requests.length], [200, 1, n]);
    }
  });
}

test("the connection is used once: a second concurrent request opens its own", async () => {
  const { port, sockets } = await startRawServer();
  const agent = agentFor(port);
  assert.deepEqual(await Promise.all([get(agent, port), get(agent, port)]), [200, 200]);
  assert.equal(sockets.length, 2);
});

test("a request for another host or port does not use it", async () => {
  const server = await startRawServer();
  const other = await startRawServer();
  const agent = agentFor(server.port);
  await until(() => server.sockets.length === 1);
  assert.equal(await get(agent, other.port), 200);
  assert.equal(await get(agent, server.port, "localhost"), 200);
  assert.deepEqual([server.sockets.length, other.sockets.length], [2, 1]);
  assert.equal(await get(agent, server.port), 200);
  assert.equal(server.sockets.length, 2);
});

test("a connection that the server has closed or reset is replaced without an error", async () => {
  for (const end of ["end", "resetAndDestroy"] as const) {
    const { port, sockets, requests } = await startRawServer();
    const agent = agentFor(port);
    await until(() => sockets.length === 1);
    sockets[0]?.[end]();
    await until(() => sockets[0]?.destroyed === true);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    assert.deepEqual([await get(agent, port), sockets.length, requests.length], [200, 2, 1]);
  }
});

test("a failed connection causes no error, and a request reports its own", async () => {
  const { port, close } = await startRawServer();
  close();
  const agent = agentFor(port);
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  await assert.rejects(get(agent, port), { code: "ECONNREFUSED" });
});

test("plain agents are only for http://, and IPv6 addresses have no brackets", () => {
  assert.equal(openAgents(new URL("https://127.0.0.1:9")).httpAgent, undefined);
  const hosts = ["http://[::1]:4566", "https://sts.amazonaws.com"].map((url) =>
    connectHost(new URL(url)),
  );
  assert.deepEqual(hosts, ["::1", "sts.amazonaws.com"]);
  for (const name of ["sts.amazonaws.com", "localhost", "1.2.3.example.com"])
    assert.equal(serverName(name), name);
  for (const address of ["127.0.0.1", "10.0.0.1", "::1", "fe80::1"])
    assert.equal(serverName(address), "");
});

const POOL = 6;

/** A service, and one request to it, which fails the test without a response. */
type Start = () => Promise<{ readonly server: LocalServer; readonly ask: () => Promise<void> }>;

const sts: Start = async () => {
  const server = await startHttpServer(() => ({ status: 200, body: "answer" }));
  const askSts = stsAt(server.url);
  return { server, ask: async () => assert.equal(await asked(askSts), "200 answer") };
};

const parameterStore: Start = async () => {
  const server = await startParameterStore({ parameters: { "/p/a": "one" } });
  Object.assign(process.env, { AWS_ENDPOINT_URL_SSM: server.url, ...keyVariables(OPERATOR) });
  const { fetchParameters } = createParameterStore({
    region: "us-east-1",
    endpoint: new URL(server.url),
    clock: Date.now,
  });
  return {
    server,
    ask: async () => assert.equal((await fetchParameters(["/p/a"], within())).size, 1),
  };
};

const ec2AndIam: Start = async () => {
  const { server } = await startNodeServices();
  const find = createNodeNames({ region: "us-east-1", vpcs: [], clock: Date.now });
  return { server, ask: async () => assert.deepEqual(await find(node, within()), { name: NAME }) };
};

const STARTS = { STS: sts, "Parameter Store": parameterStore, "EC2 and IAM": ec2AndIam };
for (const [name, start] of Object.entries(STARTS)) {
  test(`after a thaw with ${POOL} dead connections to ${name}, the retry uses none`, async (t) => {
    const { server, ask } = await start();
    t.after(() => server.close());
    const askAll = () => Promise.all(Array.from({ length: POOL }, ask));
    const freeze = () => {
      const dead = server.connections();
      server.fail((_, connection) => (connection <= dead ? { kind: "reset" } : undefined));
    };
    await askAll();
    const pooled = server.connections();
    assert.ok(pooled >= POOL, `${pooled} connections`);
    await askAll();
    assert.equal(server.connections(), pooled);
    freeze();
    await ask();
    assert.ok(server.connections() > pooled);
    freeze();
    await askAll();
  });
}

test("NODE_TLS_REJECT_UNAUTHORIZED has no effect: a certificate of an unknown CA is refused", async (t) => {
  const { cert, key } = createCertificateAuthority().server();
  const server = createTlsServer({ cert, key }, (_, response) => response.end("forged"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(`https://127.0.0.1:${port}/`);
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  t.after(() => {
    delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    server.close();
  });
  const refused = { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" };
  const read = (response: IncomingMessage) => readText(response, 100, () => new Error("long"));
  const ahead = openAgents(url);
  for (const agents of [createAgents(false), ahead, {}])
    await assert.rejects(getText(url, agents, { path: "/" }, read), refused);
  const { httpsAgent } = openCommandAgents(terminal().run);
  for (const agent of [httpsAgent, ahead.httpsAgent]) {
    const { promise, resolve, reject } = Promise.withResolvers();
    httpsRequest({ host: url.hostname, port, agent }, resolve).on("error", reject).end();
    await assert.rejects(promise, refused);
    agent.destroy();
  }
});
