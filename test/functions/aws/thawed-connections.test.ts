// After Lambda thaws an environment, all pooled connections are dead. No review may fail because of that.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { createNodeNames } from "../../../functions/authenticator/aws/ec2-node-name.ts";
import { createParameterStore } from "../../../functions/parameters/parameter-store.ts";
import { startHttpServer } from "../../../local/http-server.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { NAME, node, startNodeServices, within } from "../authenticator/aws/node-services.ts";
import { asked, stsAt } from "./asking.ts";

const POOL = 6;

/** A TCP proxy. After `freeze`, data on each open connection is answered with a reset, and new connections work. */
async function proxyTo(service: { readonly url: string; close(): unknown }, t: TestContext) {
  const { hostname, port } = new URL(service.url);
  const open = new Set<Socket>();
  const dead = new WeakSet<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    open.add(client.unref());
    const target = connect(Number(port), hostname).unref();
    client.on("close", () => {
      open.delete(client);
      target.destroy();
    });
    client.on("error", () => {});
    client.on("data", (chunk) => (dead.has(client) ? client.resetAndDestroy() : target.write(chunk)));
    target.on("data", (chunk) => client.write(chunk));
  });
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const client of open) client.destroy();
    return service.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    freeze: () => void [...open].map((client) => dead.add(client)),
  };
}

type Proxy = Awaited<ReturnType<typeof proxyTo>>;
/** A proxy before the service, and one request to it, which fails the test without a response. */
type Behind = (t: TestContext) => Promise<{ readonly proxy: Proxy; readonly ask: () => Promise<void> }>;

const sts: Behind = async (t) => {
  const proxy = await proxyTo(await startHttpServer(() => ({ status: 200, body: "answer" })), t);
  const askSts = stsAt(proxy.url);
  return { proxy, ask: async () => assert.equal(await asked(askSts), "200 answer") };
};

const parameterStore: Behind = async (t) => {
  const proxy = await proxyTo(await startParameterStore({ parameters: { "/p/a": "one" } }), t);
  const credentials = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "x" };
  Object.assign(process.env, { AWS_ENDPOINT_URL_SSM: proxy.url, ...credentials });
  const { fetchParameters } = createParameterStore({ region: "us-east-1", endpoint: new URL(proxy.url) });
  return { proxy, ask: async () => assert.equal((await fetchParameters(["/p/a"], within())).size, 1) };
};

const ec2AndIam: Behind = async (t) => {
  const proxy = await proxyTo((await startNodeServices()).server, t);
  Object.assign(process.env, { AWS_ENDPOINT_URL_EC2: proxy.url, AWS_ENDPOINT_URL_IAM: proxy.url });
  const find = createNodeNames({ region: "us-east-1", vpcs: [] });
  return { proxy, ask: async () => assert.deepEqual(await find(node, within()), { name: NAME }) };
};

function atOnce(ask: () => Promise<void>): Promise<unknown> {
  return Promise.all(Array.from({ length: POOL }, ask));
}

for (const [name, start] of [
  ["STS", sts],
  ["Parameter Store", parameterStore],
  ["EC2 and IAM", ec2AndIam],
] as const) {
  test(`live connections to ${name} are kept, and after a thaw with ${POOL} dead ones the retry uses none of them`, async (t) => {
    const { proxy, ask } = await start(t);
    await atOnce(ask);
    const pooled = proxy.connections();
    assert.ok(pooled >= POOL, `${pooled} connections`);
    await atOnce(ask);
    assert.equal(proxy.connections(), pooled);
    proxy.freeze();
    await ask();
    assert.ok(proxy.connections() > pooled);
    proxy.freeze();
    await atOnce(ask);
  });
}
