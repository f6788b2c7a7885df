// One cluster with a stack in two regions: the primary's function redirects kube-apiserver to the
// standby for its own faults, and its gateway for what the function cannot answer. Faults of STS
// and crashes are not redirected.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import type { Gateway } from "../../local/gateway/gateway.ts";
import {
  type Backend,
  type BackendOptions,
  failoverUrl,
  sandboxMappings,
  startBackend,
} from "./cluster/backend.ts";
import { login } from "./cluster.ts";
import {
  certifiedUser,
  createFolder,
  type Kubernetes,
  removeFolder,
  startKubernetes,
} from "./kubernetes.ts";

const folder = createFolder();
const stops: (() => unknown)[] = [];
let primary: Backend;
let standby: Backend;
let alone: Backend;
/** Whether AWS applies the gateway's mapping to errors of an HTTP API itself is unproven. */
const CASES = [
  "failoverUrl",
  "failoverUrl, and a gateway that maps no status",
  "no failoverUrl",
] as const;
let controls: Kubernetes[];
/** Responses of the primary's function that redirect. */
let redirects = 0;

before(async () => {
  standby = await backend();
  primary = await backend({
    beside: standby,
    settings: { FAILOVER_URL: failoverUrl(standby.url) },
    onAnswer: (_, result) => {
      if ((result as { statusCode?: number }).statusCode === 307) redirects += 1;
    },
  });
  alone = await backend({ beside: standby });
  const gateway = await primary.startGateway(standby.url);
  stops.push(gateway.close);
  const user = { token: primary.callerToken };
  controls = [];
  for (const url of [urlOf(gateway), primary.url, alone.url])
    controls.push(await control(url, user, primary, standby, alone));
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
async function control(
  server: string,
  user: Readonly<Record<string, string>>,
  ...trusted: readonly Backend[]
) {
  const configFile = join(folder, `${stops.length}.kubeconfig`);
  const ca = trusted.map(({ authority }) => authority.ca).join("");
  writeFileSync(configFile, kubeconfigOf(server, ca, user), { mode: 0o600 });
  const beside = controls?.[0];
  const started = await startKubernetes({
    webhook: { configFile, version: "v1", cacheTtl: "1s" },
    beside,
  });
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

// biome-ignore format: a table
const ROWS = [
  ["Parameter Store is silent, and nothing is cached", ({ store }: Backend) => store.fail({ kind: "silent" }), [0, 0, LOGINS], [2 * LOGINS, 0]],
  ["the function is stopped", (backend: Backend) => backend.kill(), [0, LOGINS, LOGINS], [0, LOGINS]],
  ["the function crashes", (backend: Backend) => backend.crash(), [LOGINS, LOGINS, LOGINS], [0, 0]],
  ["STS is silent", ({ sts }: Backend) => sts.fail({ kind: "silent" }), [LOGINS, LOGINS, LOGINS], [0, 0]],
] as const;
for (const [fault, strike, failed, [byFunction, byGateway]] of ROWS) {
  test(`${fault}: which logins fail, and what redirects the others; then the primary answers again`, async (t) => {
    for (const control of controls) assert.equal(await login(control.endpoint), "alice");
    const counts = () => ({ redirects, reviews: standby.reviews().length });
    const before = counts();
    for (const control of [primary, alone]) {
      control.redeploy();
      strike(control);
    }
    const results = await Promise.all(controls.map(logins));
    const after = counts();
    for (const [at, name] of CASES.entries()) {
      const { failed: count = 0, slowest = 0 } = results[at] ?? {};
      t.diagnostic(
        `${name}: ${count} of ${LOGINS} logins failed, the slowest took ${slowest.toFixed(2)} s`,
      );
    }
    const hops = [after.redirects - before.redirects, after.reviews - before.reviews];
    t.diagnostic(`redirected by the function: ${hops[0]}; reviews at the standby: ${hops[1]}`);
    assert.deepEqual(
      [results.map((result) => result.failed), hops],
      [failed, [byFunction, byFunction + byGateway]],
    );
    for (const [at, { slowest }] of results.entries()) assert.ok(failed[at] !== 0 || slowest < 10);
    for (const control of [primary, alone]) {
      control.sts.fail(undefined);
      control.store.fail(undefined);
      control.redeploy();
    }
    const { reviews } = counts();
    assert.equal((await logins(controls[0] ?? assert.fail())).failed, 0);
    assert.equal(counts().reviews, reviews);
  });
}

test("with mtls, kube-apiserver shows its client certificate to the standby too", async () => {
  const other = await backend({ callerAuth: "mtls" });
  const certified = await backend({
    callerAuth: "mtls",
    beside: other,
    settings: { FAILOVER_URL: failoverUrl(other.url) },
  });
  const user = certifiedUser(other.authority.client({ CN: "kube-apiserver" }));
  const { endpoint } = await control(certified.url, user, certified, other);
  certified.store.fail({ kind: "silent" });
  assert.equal(await login(endpoint), "alice");
  const outcomes = [certified, other].map((backend) =>
    backend.reviews().map(({ outcome }) => outcome),
  );
  assert.deepEqual(outcomes, [["fault"], ["granted"]]);
});

/**
 * What a standby answers that is not a healthy one, and the number of tries of kube-apiserver, all
 * at the primary.
 */
const STANDBYS = [
  ["refuses connections", undefined, 1],
  ["has a name that does not resolve", "nowhere.invalid", 1],
  ...[401, 403, 404, 503].map((status) => [`answers ${status}`, status, 1] as const),
  ["answers 500", 500, 5],
] as const;

test("a dead standby makes a fault of the primary final, and a slow one answers", async (t) => {
  const authority = createCertificateAuthority();
  let answer: number | "slow" = 500;
  let asked = 0;
  const server = createServer(authority.server(), async (request, response) => {
    asked += 1;
    await request.resume().toArray();
    if (answer === "slow") await sleep(6_000);
    const status = { authenticated: true, user: { username: "from-the-standby" } };
    const review = JSON.stringify({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      status,
    });
    response
      .writeHead(answer === "slow" ? 200 : answer, { "content-type": "application/json" })
      .end(review);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  t.after(() => server.close());
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port: closedPort } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  let tries = 0;
  const failing = await backend({ beside: primary, onAnswer: () => (tries += 1) });
  const trusted = {
    authority: { ...authority, ca: `${authority.ca}${primary.authority.ca}` },
  } as Backend;
  const { endpoint } = await control(failing.url, { token: failing.callerToken }, failing, trusted);
  async function loginWith(host: string): Promise<string | undefined> {
    failing.redeploy({ FAILOVER_URL: `https://${host}/authenticate` });
    [tries, asked] = [0, 0];
    return login(endpoint);
  }
  failing.store.fail({ kind: "silent" });
  for (const [what, kind, expected] of STANDBYS) {
    if (typeof kind === "number") answer = kind;
    const at = typeof kind === "number" ? port : closedPort;
    const host = typeof kind === "string" ? kind : `standby.example.com:${at}`;
    assert.notEqual(await loginWith(host), "from-the-standby", what);
    t.diagnostic(`${what}: the login failed after ${tries} tries`);
    assert.deepEqual([tries, asked], [expected, typeof kind === "number" ? expected : 0], what);
  }
  answer = "slow";
  assert.deepEqual(
    [await loginWith(`standby.example.com:${port}`), tries, asked],
    ["from-the-standby", 1, 1],
  );
});
