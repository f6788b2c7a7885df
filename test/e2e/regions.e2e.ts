// One cluster with a stack in two regions: while the primary's function fails, its gateway redirects kube-apiserver to the
// standby, and no login fails.

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { kubeconfigOf } from "../../cli/kubeconfig/webhook.ts";
import type { Gateway } from "../../local/gateway/gateway.ts";
import { type Backend, type BackendOptions, sandboxMappings, startBackend } from "./cluster/backend.ts";
import { login } from "./cluster.ts";
import { certifiedUser, createFolder, type Kubernetes, removeFolder, startKubernetes } from "./kubernetes.ts";

const folder = createFolder();
const stops: (() => unknown)[] = [];
let primary: Backend;
let standby: Backend;
/** With failoverUrl, and without it. */
let redirected: Kubernetes;
let plain: Kubernetes;

before(async () => {
  primary = await backend();
  standby = await backend({ beside: primary });
  const gateway = await primary.startGateway(standby.url);
  stops.push(gateway.close);
  const user = { token: primary.callerToken };
  redirected = await control(urlOf(gateway), user, primary, standby);
  plain = await control(primary.url, user, primary);
});
after(async () => {
  for (const stop of stops.toReversed()) await stop();
  removeFolder(folder);
});

async function backend(options: Partial<BackendOptions> = {}): Promise<Backend> {
  const own = mkdtempSync(join(folder, "backend-"));
  const started = await startBackend({ folder: own, parameters: sandboxMappings(), ...options });
  stops.push(started.stop);
  return started;
}

const urlOf = ({ url }: Gateway) => `${url}/authenticate`;

/** A kube-apiserver whose webhook kubeconfig trusts the authorities of all these gateways. */
async function control(server: string, user: Readonly<Record<string, string>>, ...trusted: readonly Backend[]) {
  const configFile = join(folder, `${stops.length}.kubeconfig`);
  const ca = trusted.map(({ authority }) => authority.ca).join("");
  writeFileSync(configFile, kubeconfigOf(server, ca, user), { mode: 0o600 });
  const beside = redirected;
  const started = await startKubernetes({ webhook: { configFile, version: "v1", cacheTtl: "1s" }, beside });
  stops.push(started.stop);
  return started;
}

const LOGINS = 5;

/** One login a second, each of a token that no cache has. */
async function logins({ endpoint }: Kubernetes) {
  const results = await Promise.all(
    Array.from({ length: LOGINS }, async (_, second) => {
      await sleep(second * 1000);
      const start = performance.now();
      return { user: await login(endpoint), seconds: (performance.now() - start) / 1000 };
    }),
  );
  const failed = results.filter(({ user }) => user !== "alice").length;
  return { failed, slowest: Math.max(...results.map(({ seconds }) => seconds)) };
}

for (const [fault, strike, longest] of [
  ["the function is dead", () => primary.kill(), 2],
  ["Parameter Store is silent, and nothing is cached", () => primary.store.fail({ kind: "silent" }), 6],
  ["STS answers 503", () => primary.sts.fail({ kind: "answer", status: 503, body: "" }), 4],
] as const) {
  test(`${fault}: every login fails without failoverUrl, and none with it; then the primary answers again`, async (t) => {
    for (const one of [redirected, plain]) assert.equal(await login(one.endpoint), "alice");
    primary.redeploy();
    strike();
    const [withUrl, without] = await Promise.all([logins(redirected), logins(plain)]);
    for (const [name, { failed, slowest }] of Object.entries({ withUrl, without })) {
      t.diagnostic(`${name}: ${failed} of ${LOGINS} logins failed, the slowest took ${slowest.toFixed(2)} s`);
    }
    assert.deepEqual([withUrl.failed, without.failed], [0, LOGINS]);
    assert.ok(withUrl.slowest < longest);
    primary.sts.fail(undefined);
    primary.store.fail(undefined);
    primary.redeploy();
    const [here, there] = [primary.reviews().length, standby.reviews().length];
    assert.equal((await logins(redirected)).failed, 0);
    assert.deepEqual([primary.reviews().length - here, standby.reviews().length - there], [LOGINS, 0]);
  });
}

test("with mtls, kube-apiserver shows its client certificate to the standby too", async () => {
  const certified = await backend({ callerAuth: "mtls" });
  const other = await backend({ callerAuth: "mtls", beside: certified });
  const gateway = await certified.startGateway(other.url);
  stops.push(gateway.close);
  const user = certifiedUser(certified.authority.client({ CN: "kube-apiserver" }));
  const { endpoint } = await control(urlOf(gateway), user, certified, other);
  certified.kill();
  assert.equal(await login(endpoint), "alice");
  assert.deepEqual([certified.reviews().length, other.reviews().length], [0, 1]);
});
