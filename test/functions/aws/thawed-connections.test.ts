// After Lambda thaws an environment, all pooled connections are dead. No review may fail because of that.

import assert from "node:assert/strict";
import { mock, type TestContext, test } from "node:test";
import { createNodeNames } from "../../../functions/authenticator/aws/ec2-node-name.ts";
import type { Deadline } from "../../../functions/lib/deadline.ts";
import { createParameterStore } from "../../../functions/parameters/parameter-store.ts";
import { startHttpServer } from "../../../local/http-server.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { mockTime, until } from "../../time.ts";
import { NAME, node, startNodeServices, within } from "../authenticator/aws/node-services.ts";
import { asked, stsAt, TOKEN } from "./asking.ts";
import { type FreezingProxy, startFreezingProxy } from "./freezing-proxy.ts";

const POOL = 6;

interface Behind {
  readonly proxy: FreezingProxy;
  /** One request. Fails the test without a response. */
  readonly ask: (deadline?: Deadline) => Promise<void>;
}

async function sts(t: TestContext): Promise<Behind> {
  const server = await startHttpServer(() => ({ status: 200, body: "answer" }));
  const proxy = await proxyTo(server.url, t);
  t.after(() => server.close());
  const askSts = stsAt(proxy.url);
  return {
    proxy,
    ask: async (deadline = within()) => assert.equal(await asked(askSts, TOKEN, deadline), "200 answer"),
  };
}

async function parameterStore(t: TestContext): Promise<Behind> {
  const server = await startParameterStore({ parameters: { "/p/a": "one" } });
  const proxy = await proxyTo(server.url, t);
  t.after(() => server.close());
  setEnvironment({ AWS_ENDPOINT_URL_SSM: proxy.url, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "x" });
  const { fetchParameters } = createParameterStore({ region: "us-east-1", endpoint: new URL(proxy.url) });
  return {
    proxy,
    ask: async (deadline = within()) => assert.equal((await fetchParameters(["/p/a"], deadline)).size, 1),
  };
}

async function ec2AndIam(t: TestContext): Promise<Behind> {
  const services = await startNodeServices();
  const proxy = await proxyTo(services.server.url, t);
  t.after(() => services.server.close());
  setEnvironment({ AWS_ENDPOINT_URL_EC2: proxy.url, AWS_ENDPOINT_URL_IAM: proxy.url });
  const find = createNodeNames({ region: "us-east-1", vpcs: [] });
  return { proxy, ask: async (deadline = within()) => assert.deepEqual(await find(node, deadline), { name: NAME }) };
}

async function proxyTo(url: string, t: TestContext): Promise<FreezingProxy> {
  const proxy = await startFreezingProxy(url);
  t.after(() => proxy.close());
  return proxy;
}

function setEnvironment(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables);
}

function atOnce(count: number, ask: () => Promise<void>): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => ask()));
}

for (const [name, start] of [
  ["STS", sts],
  ["Parameter Store", parameterStore],
  ["EC2 and IAM", ec2AndIam],
] as const) {
  test(`after a thaw with ${POOL} dead connections to ${name}, the retry uses none of them`, async (t) => {
    const { proxy, ask } = await start(t);
    await atOnce(POOL, ask);
    const pooled = proxy.connections();
    assert.ok(pooled >= POOL, `${pooled} connections`);
    proxy.freeze("reset");
    await ask();
    assert.ok(proxy.connections() > pooled);
    proxy.freeze("reset");
    await atOnce(POOL, ask);
  });

  test(`live connections to ${name} are kept`, async (t) => {
    const { proxy, ask } = await start(t);
    await atOnce(POOL, ask);
    const pooled = proxy.connections();
    for (let n = 0; n < 3; n += 1) await atOnce(POOL, ask);
    assert.equal(proxy.connections(), pooled);
  });
}

test("dead connections that answer with silence cost one try, not two", async (t) => {
  const { proxy, ask } = await parameterStore(t);
  await atOnce(POOL, ask);
  const pooled = proxy.connections();
  proxy.freeze("silent");
  const time = mockTime();
  t.after(() => mock.timers.reset());
  const asked = ask(time.within(5_000));
  await until(() => proxy.swallowed() > 0);
  time.pass(1_000);
  // A second try on another dead connection would take another second.
  await until(() => proxy.connections() > pooled);
  await asked;
});
