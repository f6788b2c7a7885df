// Key rotation under load: 200 Pods exchange tokens while keys are published, switched and retired.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { LocalServer } from "../../local/http-server.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { eventually } from "./control-plane/eventually.ts";
import type { Kubernetes } from "./irsa/api.ts";
import { exchange } from "./irsa/exchange.ts";
import {
  type IssuingCluster,
  type MadePod,
  pod,
  podToken,
  startIssuingCluster,
  writeKubeconfig,
} from "./irsa/issuing-cluster.ts";
import { iso, kidOf, newKeyFiles, servedKeys } from "./irsa/signing-key.ts";
import { runAtRate } from "./load/at-rate.ts";

const PODS = 200;
/** Time for one exchange per Pod; a busy machine needs more than a second. */
const ROUND = { perSecond: PODS, count: PODS, atOnce: 20 };
/** The issuer rereads keys after 30 s. */
const SERVED_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

let cluster: IssuingCluster;
let sts: LocalServer;
const pods: MadePod[] = [];
/** The current token of each Pod. */
const tokens: string[] = [];

before(async () => {
  cluster = await startIssuingCluster();
  sts = await startSts({ webIdentity: cluster.webIdentity });
  const metadata = { name: "default", namespace: "default" };
  await cluster.kubernetes.create({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  for (let index = 0; index < PODS; index += 1) {
    pods.push((await cluster.kubernetes.create(pod(`pod-${index}`))) as MadePod);
  }
  await renew(cluster.kubernetes);
});
after(async () => {
  await sts.close();
  await cluster.stop();
});

async function renew(kubernetes: Kubernetes): Promise<void> {
  for (const [index, one] of pods.entries()) tokens[index] = await podToken(kubernetes, one);
}

async function servedKids(): Promise<(string | undefined)[]> {
  return (await servedKeys(cluster.issuer)).keys.map(({ kid }) => kid);
}

test(`${PODS} Pods lose no exchange while the key is rotated`, { timeout: 240_000 }, async (context) => {
  const failed: string[] = [];
  const kids = new Set<string>();
  const start = Date.now();
  let rounds = 0;
  let phase = "before";
  let ended = false;

  async function one(index: number): Promise<void> {
    const token = tokens[index] ?? "";
    kids.add(kidOf(token));
    await exchange(sts.url, token).catch((error: Error) => failed.push(`${phase}, Pod ${index}: ${error.message}`));
  }
  const load = (async () => {
    for (; !ended; rounds += 1) await runAtRate(ROUND, one);
  })();

  let next: Kubernetes | undefined;
  try {
    const { kubernetes, keys } = cluster;
    const [oldToken = ""] = tokens;
    const old = kidOf(oldToken);
    const file = newKeyFiles(kubernetes.folder);

    await eventually("a first round", SERVED_MS, () => rounds > 0 || undefined);
    assert.deepEqual(await servedKids(), [old]);

    phase = "published";
    assert.equal((await keys(["publish", "--public-key", file.publicKey, "--yes"])).code, 0);
    const early = ["retire", `issuer/${old}`, "--yes", "--signed-until"];
    const signing = await keys([...early, iso(Date.now()), "--kubeconfig", writeKubeconfig(kubernetes)]);
    assert.deepEqual([signing.code, signing.err], [1, REFUSED_SIGNING]);
    await eventually("both keys are served", SERVED_MS, async () => (await servedKids()).length === 2 || undefined);

    phase = "switched";
    next = await cluster.startSigner(file.privateKey);
    await kubernetes.endpoint.stop();
    const switchedAt = Date.now();
    await renew(next);
    assert.notEqual(kidOf(tokens[0] ?? ""), old);
    const tooEarly = await keys([...early, iso(switchedAt), "--kubeconfig", writeKubeconfig(next)]);
    assert.equal(tooEarly.code, 1);
    assert.match(tooEarly.err, /^Refused: tokens that it has signed may be valid until /);
    assert.equal((await servedKids()).length, 2);

    phase = "retired";
    // advances the command's time by a day: the last token of the old key has expired, with five minutes of clock skew
    const later = switchedAt + DAY_MS + 6 * 60_000;
    const retired = await keys([...early, iso(switchedAt), "--kubeconfig", writeKubeconfig(next)], later);
    assert.equal(retired.code, 0, retired.err);
    await eventually("one key is served", SERVED_MS, async () => (await servedKids()).length === 1 || undefined);
    const [before, wanted] = [rounds, 2];
    await eventually("more exchanges", SERVED_MS, () => rounds >= before + wanted || undefined);

    await assert.rejects(exchange(sts.url, oldToken), { message: /^InvalidIdentityToken: Couldn't retrieve verif/ });
  } finally {
    ended = true;
    await load;
    await next?.stop();
  }
  const seconds = (Date.now() - start) / 1000;
  context.diagnostic(`${rounds * PODS} exchanges in ${seconds.toFixed(0)} s, ${failed.length} failed`);
  assert.deepEqual(failed, []);
  assert.equal(kids.size, 2);
});

const REFUSED_SIGNING = "Refused: kube-apiserver signs with it now. Switch the signing key first.\n";
