// The agents' early connection: used once, only for its endpoint, and never a cause of failure.

import assert from "node:assert/strict";
import { type Agent, request } from "node:http";
import { test } from "node:test";
import { connectHost, openAgents, serverName } from "../../../functions/aws/connections.ts";
import { until } from "../../time.ts";
import { startRawServer } from "./raw-server.ts";

function agentFor(port: number): Agent {
  const { httpAgent } = openAgents(new URL(`http://127.0.0.1:${port}`));
  assert.ok(httpAgent);
  return httpAgent;
}

/** The status of one request through `agent`. Reads the body, so that the connection becomes idle. */
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
      assert.equal(await get(agent, port), 200);
      assert.deepEqual([sockets.length, requests.length], [1, n]);
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
  const [server, other] = [await startRawServer(), await startRawServer()];
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
    // Gives the client time to notice
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    assert.equal(await get(agent, port), 200);
    assert.deepEqual([sockets.length, requests.length], [2, 1]);
  }
});

test("a failed connection causes no error, and a request reports its own", async () => {
  const { port, close } = await startRawServer();
  close();
  const agent = agentFor(port);
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  await assert.rejects(get(agent, port), { code: "ECONNREFUSED" });
});

test("plain agents are only for http://, IPv6 addresses have no brackets, and only host names a server name for TLS", () => {
  assert.equal(openAgents(new URL("https://127.0.0.1:9")).httpAgent, undefined);
  const hosts = ["http://[::1]:4566", "https://sts.amazonaws.com"].map((url) => connectHost(new URL(url)));
  assert.deepEqual(hosts, ["::1", "sts.amazonaws.com"]);
  for (const name of ["sts.amazonaws.com", "localhost", "1.2.3.example.com"]) assert.equal(serverName(name), name);
  for (const address of ["127.0.0.1", "10.0.0.1", "::1", "fe80::1"]) assert.equal(serverName(address), "");
});
