// kube-apiserver's connection to the webhook loses all packets: a TLS setting in the kubeconfig decides when logins recover.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { webhookKubeconfig } from "../../cli/kubeconfig/webhook.ts";
import { type Backend, startBackend } from "./cluster/backend.ts";
import { type Http2Front, startHttp2Front, startTcpProxy, type TcpProxy } from "./cluster/http2-front.ts";
import { sandboxMappings } from "./cluster/mappings.ts";
import { login } from "./cluster.ts";
import { createFolder, type Kubernetes, removeFolder, startKubernetes } from "./kubernetes.ts";

const folder = createFolder();
let backend: Backend;
let front: Http2Front;
let proxies: readonly [TcpProxy, TcpProxy];
/** With the command's kubeconfig, and with one that lacks the TLS setting. */
let named: Kubernetes;
let bare: Kubernetes;

before(async () => {
  backend = await startBackend({ folder, parameters: sandboxMappings() });
  front = await startHttp2Front(backend);
  proxies = [await startTcpProxy(front.port), await startTcpProxy(front.port)];
  named = await start(proxies[0]);
  bare = await start(proxies[1], withoutTlsSetting);
});
after(async () => {
  await bare.stop();
  await named.stop();
  for (const { close } of [...proxies, front]) close();
  await backend.stop();
  removeFolder(folder);
});

function start({ port }: TcpProxy, edit = (kubeconfig: string) => kubeconfig): Promise<Kubernetes> {
  const kubeconfig = webhookKubeconfig({
    server: `https://localhost:${port}/authenticate`,
    token: backend.callerToken,
  });
  const configFile = write(`${port}.kubeconfig`, edit(kubeconfig));
  // The kubeconfig trusts the CAs of the machine, which Go reads from this file.
  const environment = { SSL_CERT_FILE: write("ca.crt", backend.authority.ca) };
  return startKubernetes({ webhook: { configFile, version: "v1", cacheTtl: "1s" }, environment, beside: named });
}

function withoutTlsSetting(kubeconfig: string): string {
  assert.match(kubeconfig, / +tls-server-name: localhost\n/);
  return kubeconfig.replace(/ +tls-server-name: localhost\n/, "");
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}

const OBSERVED_MS = 120_000;

/** Seconds from `since` to the first login that succeeds; `undefined` if none does for 120 s. */
async function recovery({ endpoint }: Kubernetes, since: number): Promise<number | undefined> {
  while (performance.now() - since < OBSERVED_MS) {
    if ((await login(endpoint)) === "alice") return (performance.now() - since) / 1000;
  }
  return undefined;
}

test("after packet loss, logins recover within 60 s with a TLS setting, and still fail after 120 s without one", async (t) => {
  for (const { endpoint } of [named, bare]) assert.equal(await login(endpoint), "alice");
  const since = performance.now();
  for (const { losePackets } of proxies) losePackets();
  const [withSetting = Number.NaN, without] = await Promise.all([recovery(named, since), recovery(bare, since)]);
  t.diagnostic(
    `recovered after ${withSetting.toFixed(1)} s; without the setting after ${without ?? "more than 120"} s`,
  );
  assert.ok(withSetting < 60);
  assert.equal(without, undefined);
  // Only the old connection is lost: kube-apiserver logs in through a new one.
  const restarted = await start(proxies[1], withoutTlsSetting);
  t.after(restarted.stop);
  assert.equal(await login(restarted.endpoint), "alice");
  assert.deepEqual([...new Set(front.versions)], ["2.0"]);
});
