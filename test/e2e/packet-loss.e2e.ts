// kube-apiserver's connection to the webhook loses all packets: a TLS setting in the kubeconfig decides when logins recover.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { webhookKubeconfig } from "../../cli/kubeconfig/webhook.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { type Backend, startBackend } from "./cluster/backend.ts";
import { type Http2Front, type LossyProxy, startHttp2Front, startLossyProxy } from "./cluster/http2-front.ts";
import { sandboxMappings } from "./cluster/mappings.ts";
import { freshToken } from "./cluster.ts";
import { type ApiEndpoint, whoIs } from "./control-plane/api.ts";
import type { WebhookFlags } from "./control-plane/apiserver.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-e2e-"));
let backend: Backend;
let front: Http2Front;
/** Of a kube-apiserver with the command's kubeconfig, and of one whose kubeconfig lacks the TLS setting. */
let proxies: readonly [LossyProxy, LossyProxy];
let webhooks: readonly [WebhookFlags, WebhookFlags];
let controlPlane: ControlPlane;

before(async () => {
  const { etcd, apiservers } = findBinaries();
  backend = await startBackend({ folder, parameters: sandboxMappings() });
  front = await startHttp2Front(backend);
  proxies = [await startLossyProxy(front.port), await startLossyProxy(front.port)];
  const kubeconfigOf = ({ port }: LossyProxy) =>
    webhookKubeconfig({ server: `https://localhost:${port}/authenticate`, token: backend.callerToken });
  const bare = kubeconfigOf(proxies[1]).replace(/ +tls-server-name: localhost\n/, "");
  assert.notEqual(bare, kubeconfigOf(proxies[1]));
  webhooks = [flagsOf("named", kubeconfigOf(proxies[0])), flagsOf("bare", bare)];
  // Both kubeconfigs trust the CAs of the machine, which Go reads from this file.
  const environment = { SSL_CERT_FILE: write("ca.crt", backend.authority.ca) };
  const apiserver = apiservers[0].path;
  controlPlane = await startControlPlane({ etcd, apiserver, folder, webhooks, environment });
});
after(async () => {
  await controlPlane.stop();
  for (const { close } of [...proxies, front]) close();
  await backend.stop();
  rmSync(folder, { recursive: true });
});

function flagsOf(name: string, kubeconfig: string): WebhookFlags {
  return { configFile: write(`${name}.kubeconfig`, kubeconfig), version: "v1", cacheTtl: "1s" };
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}

async function login(apiserver: ApiEndpoint | undefined): Promise<string | undefined> {
  assert.ok(apiserver);
  return (await whoIs(apiserver, await freshToken("alice")))?.username;
}

const OBSERVED_MS = 120_000;

/** Seconds from `start` to the first login that succeeds; `undefined` if none does for 120 s. */
async function recovery(apiserver: ApiEndpoint | undefined, start: number): Promise<number | undefined> {
  while (performance.now() - start < OBSERVED_MS) {
    if ((await login(apiserver)) === "alice") return (performance.now() - start) / 1000;
  }
  return undefined;
}

test("after packet loss, logins recover within 60 s with a TLS setting, and still fail after 120 s without one", async (t) => {
  const [named, bare] = controlPlane.apiservers;
  assert.deepEqual([await login(named), await login(bare)], ["alice", "alice"]);
  const start = performance.now();
  for (const { losePackets } of proxies) losePackets();
  const [withSetting = Number.NaN, without] = await Promise.all([recovery(named, start), recovery(bare, start)]);
  t.diagnostic(
    `recovered after ${withSetting.toFixed(1)} s; without the setting after ${without ?? "more than 120"} s`,
  );
  assert.ok(withSetting < 60);
  assert.equal(without, undefined);
  // Only the old connection is lost: kube-apiserver logs in through a new one.
  await controlPlane.restart(1, webhooks[1]);
  assert.equal(await login(controlPlane.apiservers[1]), "alice");
  assert.deepEqual([...new Set(front.versions)], ["2.0"]);
});
