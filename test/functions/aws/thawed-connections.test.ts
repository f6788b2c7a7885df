// After Lambda thaws an environment, all pooled connections are dead. No review may fail because of that.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createNodeNames } from "../../../functions/authenticator/aws/ec2-node-name.ts";
import { createParameterStore } from "../../../functions/parameters/parameter-store.ts";
import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { NAME, node, startNodeServices, within } from "../authenticator/aws/node-services.ts";
import { asked, stsAt } from "./asking.ts";

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
  const credentials = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "x" };
  Object.assign(process.env, { AWS_ENDPOINT_URL_SSM: server.url, ...credentials });
  const { fetchParameters } = createParameterStore({ region: "us-east-1", endpoint: new URL(server.url) });
  return { server, ask: async () => assert.equal((await fetchParameters(["/p/a"], within())).size, 1) };
};

const ec2AndIam: Start = async () => {
  const { server } = await startNodeServices();
  const find = createNodeNames({ region: "us-east-1", vpcs: [] });
  return { server, ask: async () => assert.deepEqual(await find(node, within()), { name: NAME }) };
};

for (const [name, start] of [
  ["STS", sts],
  ["Parameter Store", parameterStore],
  ["EC2 and IAM", ec2AndIam],
] as const) {
  test(`live connections to ${name} are kept, and after a thaw with ${POOL} dead ones the retry uses none of them`, async (t) => {
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
