// Which tokens a rotation of the signing key ends, and which command predicts it: kube-apiserver
// and kube-controller-manager get a new key while a Secret's token, an extended token and projected
// tokens are used all the time, also 50 tokens that kubelet renews after the switch.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { REGION } from "../../local/sandbox-files.ts";
import { SERVICE_ACCOUNT } from "../../local/service-account.ts";
import { useLocalAws } from "../cli/cli.ts";
import { prepare, useServer } from "../cli/fixtures.ts";
import { startSts } from "../local-aws.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually, type ServerProcess, startControllerManager } from "./control-plane/process.ts";
import { lineOf, typeLine } from "./instructions.ts";
import { type MadePod, pod, podToken, startIssuingCluster } from "./irsa/issuing-cluster.ts";
import { exchange, kidOf, newKeyFiles, servedKeys, useTokens } from "./irsa/signing-key.ts";
import { type Kubernetes, startKubernetes } from "./kubernetes.ts";

const WAIT_MS = 60_000;
const DAY_S = 86_400;
const YEAR_S = 365 * DAY_S;

// Before the cluster, which has etcd, is stopped.
after(async () => {
  await controllers?.stop();
  for (const apiserver of apiservers) if (apiserver !== cluster.kubernetes) await apiserver.stop();
});
const cluster = useServer(startIssuingCluster);
/** Of STS and of the command. */
let aheadMs = 0;
const now = () => Date.now() + aheadMs;
const sts = useServer(() => startSts({ webIdentity: cluster.webIdentity, now }));
/** The running kube-apiservers: behind a load balancer, each of them gets each token. */
const apiservers = new Set<Kubernetes>();
let controllers: ServerProcess | undefined;

prepare(() => {
  apiservers.add(cluster.kubernetes);
  const AWS_ENDPOINT_URL_SSM = cluster.store.url;
  useLocalAws({
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL_SSM,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ENDPOINT_URL_IAM: "http://127.0.0.1:9",
  });
});
async function startControllers(kubernetes: Kubernetes, privateKeyFile: string): Promise<void> {
  await controllers?.stop();
  const { ca: caFile } = kubernetes.credentials.files;
  const folder = cluster.kubernetes.folder;
  controllers = startControllerManager({
    kubeconfig: kubernetes.kubeconfig,
    privateKeyFile,
    caFile,
    folder,
  });
}

async function createSecret(kubernetes: Kubernetes, name: string): Promise<string> {
  const annotations = { "kubernetes.io/service-account.name": SERVICE_ACCOUNT.name };
  const metadata = { name, namespace: SERVICE_ACCOUNT.namespace, annotations };
  await kubernetes.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    type: "kubernetes.io/service-account-token",
  });
  return secretToken(kubernetes, name);
}

function secretToken(kubernetes: Kubernetes, name: string, other = ""): Promise<string> {
  return eventually(`kube-controller-manager fills ${name}`, WAIT_MS, async () => {
    controllers?.requireRunning();
    const { body } = await kubernetes.call(
      "GET",
      `/api/v1/namespaces/${SERVICE_ACCOUNT.namespace}/secrets/${name}`,
    );
    const token = Buffer.from(
      (body as { data?: { token?: string } }).data?.token ?? "",
      "base64",
    ).toString();
    return token !== "" && token !== other && token;
  });
}

const RENEW = lineOf("docs/irsa.md", "kubectl -n team-a patch secret");

/** kube-controller-manager signs a token again if the Secret has none. */
async function renewSecret(kubernetes: Kubernetes, name: string, old: string): Promise<string> {
  const words = RENEW.replace("team-a", SERVICE_ACCOUNT.namespace).replace(
    "secret legacy",
    `secret ${name}`,
  );
  const { code, stderr } = await typeLine({ ...kubernetes, binaries: findBinaries() }, words);
  assert.equal(code, 0, stderr);
  return secretToken(kubernetes, name, old);
}

async function isAcceptedByApiservers(token: string): Promise<boolean> {
  for (const { endpoint } of apiservers)
    if ((await whoIs(endpoint, token)) === undefined) return false;
  return true;
}

const succeeds = (call: Promise<unknown>) => call.then(() => true).catch(() => false);
const isAcceptedByAws = (token: string) => succeeds(exchange(sts.url, token));

/** As Vault or GCP: issuer, audience, times and signature, with the keys of our issuer. */
async function isAcceptedElsewhere(token: string): Promise<boolean> {
  const { issuer } = cluster;
  const keys = createLocalJWKSet(await servedKeys(issuer));
  return succeeds(jwtVerify(token, keys, { issuer: issuer.url, audience: issuer.url }));
}

test("each token is refused in its phase of the rotation, and a command predicts it", {
  timeout: 400_000,
}, async (context) => {
  const { issuer, keys, doctor } = cluster;
  const oldKey = cluster.kubernetes.credentials.files.serviceAccountKey;
  const next = newKeyFiles(cluster.kubernetes.folder);
  const uses = useTokens("before");

  const adding =
    (where: string, isAccepted: (token: string) => Promise<boolean>) =>
    (name: string, token: string) =>
      uses.add({ name: `${name} at ${where}`, isAccepted: () => isAccepted(token) });
  const atApiserver = adding("kube-apiserver", isAcceptedByApiservers);
  const atAws = adding("STS", isAcceptedByAws);
  const elsewhere = adding("another service", isAcceptedElsewhere);

  async function restart(flags: readonly string[], only?: string): Promise<Kubernetes> {
    const started = await cluster.startBeside(flags, only);
    apiservers.add(started);
    return started;
  }
  async function stopOthers(kept: Kubernetes): Promise<void> {
    for (const apiserver of apiservers) {
      if (apiserver === kept) continue;
      apiservers.delete(apiserver);
      await uses.settle();
      // It owns etcd and the folder, which stay until the end.
      await (apiserver === cluster.kubernetes ? apiserver.endpoint.stop() : apiserver.stop());
    }
  }

  // The tokens of a cluster in use.
  const first = cluster.kubernetes;
  await startControllers(first, oldKey);
  const app = (await first.create(pod("app"))) as MadePod;
  let current = await projectedTokens(first, app);
  await uses.add({
    name: "the Pods' current tokens at STS",
    isAccepted: () => isAcceptedByAws(current[uses.tries % TOKENS] ?? ""),
  });
  const api = { audience: issuer.url, expirationSeconds: 3607 };
  const [kept, renewed] = [await createSecret(first, "kept"), await createSecret(first, "renewed")];
  const extended = await podToken(first, app, api);
  const projected = await podToken(first, app);
  const annotations = { "eks.amazonaws.com/token-expiration": String(2 * DAY_S) };
  const plain = pod("long-lived");
  const annotated = { ...plain, metadata: { ...plain.metadata, annotations } };
  const longLived = await podToken(first, (await first.create(annotated)) as MadePod);
  const old = kidOf(projected);
  const { exp = 0, iat = 0 } = decodeJwt(extended);
  assert.equal(exp - iat, YEAR_S);
  assert.deepEqual([kept, renewed, extended].map(kidOf), [old, old, old]);
  await atApiserver("Secret kept", kept);
  await atApiserver("Secret renewed, its first token", renewed);
  await atApiserver("extended token", extended);
  await elsewhere("extended token", extended);
  await atAws("projected token", projected);
  await atAws("projected token of two days", longLived);
  // Never accepted: Secrets at STS and elsewhere, the extended token at STS, projected ones at
  // kube-apiserver.
  for (const never of [
    isAcceptedByAws(kept),
    isAcceptedElsewhere(kept),
    isAcceptedByAws(extended),
    isAcceptedByApiservers(projected),
  ]) {
    assert.equal(await never, false);
  }
  const legacy = (await doctor(first)).get("legacy tokens")?.seen ?? "";
  assert.match(legacy, new RegExp(`${old} signed ci/kept, ci/renewed$`));

  await uses.begin("published");
  assert.equal((await keys(["publish", "--public-key", next.publicKey, "--yes"])).code, 0);
  const retiring = (until: number, { kubeconfig }: Kubernetes) => {
    const time = `${new Date(until).toISOString().slice(0, 19)}Z`;
    return `retire issuer/${old} --yes --signed-until ${time} --kubeconfig ${kubeconfig}`.split(
      " ",
    );
  };
  const early = await keys(retiring(Date.now(), first));
  assert.equal(
    early.err,
    "Refused: kube-apiserver signs with it now. Switch the signing key first.\n",
  );
  const serves = async (count: number) => (await servedKeys(issuer)).keys.length === count;
  await eventually("both keys are served", WAIT_MS, () => serves(2));

  // A mistake: kube-controller-manager signs with a key that no kube-apiserver has yet.
  await startControllers(first, next.privateKey);
  const ahead = await createSecret(first, "early");
  assert.equal(await isAcceptedByApiservers(ahead), false);
  const mistake = (await doctor(first)).get("legacy tokens");
  assert.equal(mistake?.state, "failed");
  assert.match(mistake.seen, /the token of ci\/early$/);

  await uses.begin("accepted");
  await stopOthers(await restart([`--service-account-key-file=${next.publicKey}`]));
  await atApiserver("Secret early", ahead);

  await uses.begin("switched");
  const signing = await restart([
    `--service-account-key-file=${next.publicKey}`,
    // The last one applies.
    `--service-account-signing-key-file=${next.privateKey}`,
  ]);
  await stopOthers(signing);
  await startControllers(signing, next.privateKey);
  const switchedAt = Math.ceil(Date.now() / 1000) * 1000;
  await eventually("the next second", WAIT_MS, () => Date.now() > switchedAt);
  current = await projectedTokens(signing, app);
  const later = (await signing.create(pod("later"))) as MadePod;
  await atApiserver("extended token, new key", await podToken(signing, later, api));
  await elsewhere("extended token, new key", await podToken(signing, later, api));
  await atAws(
    "projected token, new key",
    await podToken(signing, later, { expirationSeconds: 3 * DAY_S }),
  );
  await atApiserver(
    "Secret renewed, its second token",
    await renewSecret(signing, "renewed", renewed),
  );
  // kube-apiserver caches tokens for 10 s.
  const ended = "Secret renewed, its first token at kube-apiserver";
  await eventually(`${ended} is refused`, WAIT_MS, () => uses.refusals.has(ended));

  const retire = retiring(switchedAt, signing);
  const tooEarly = await keys(retire, switchedAt + 1000);
  assert.equal(tooEarly.code, 1);
  const end = Date.parse(/may be valid until (\S+)\. /.exec(tooEarly.err)?.[1] ?? "");
  for (const token of [projected, longLived])
    assert.ok((decodeJwt(token).exp ?? 0) * 1000 <= end, tooEarly.err);

  await uses.begin("a day later");
  aheadMs = (DAY_S + 60) * 1000;
  assert.equal((await keys(retire, now())).code, 1);
  await uses.begin("expired");
  aheadMs = end - Date.now() + 1000;
  await uses.begin("retired");
  const { code, err: predicted } = await keys(retire, now());
  assert.equal(code, 0, predicted);
  await eventually("one key is served", WAIT_MS, () => serves(1));

  await uses.begin("removed");
  const without = await restart([], next.privateKey);
  await stopOthers(without);
  const rows = await doctor(without);
  await uses.stop();
  await newIssuer(without, await podToken(without, later, api));

  const secrets =
    /^- the tokens in these Secrets, which do not expire: (.*)$/m
      .exec(predicted)?.[1]
      ?.split(", ") ?? [];
  const pods =
    /^- the first tokens of these Pods, .*: (.*)$/m.exec(predicted)?.[1]?.split(", ") ?? [];
  context.diagnostic(`${uses.tries} uses of tokens; ${predicted}`);
  for (const [name, phase] of uses.refusals) context.diagnostic(`refused: ${name}: ${phase}`);
  assert.deepEqual(Object.fromEntries(uses.refusals), {
    // irsa keys retire prints when the last one of them ends
    "projected token at STS": "a day later",
    "projected token of two days at STS": "expired",
    // its Pod is in the list of irsa keys retire
    "extended token at another service": "retired",
    "extended token at kube-apiserver": "removed",
    // in the list of irsa keys retire
    "Secret kept at kube-apiserver": "removed",
    // The Secret has another token since, so kube-apiserver rejects this one.
    "Secret renewed, its first token at kube-apiserver": "switched",
  });
  assert.deepEqual([secrets, pods], [["ci/kept"], ["ci/app", "ci/long-lived"]]);
  assert.match(rows.get("legacy tokens")?.seen ?? "", /the token of ci\/kept$/);
});

const TOKENS = 50;

/** New projected tokens, as kubelet requests them for many Pods. */
async function projectedTokens(kubernetes: Kubernetes, app: MadePod): Promise<string[]> {
  const tokens: string[] = [];
  while (tokens.length < TOKENS)
    tokens.push(await podToken(kubernetes, app, { expirationSeconds: 7 * DAY_S }));
  return tokens;
}

/** A migration in which the old issuer stays second: its tokens also need its audience. */
async function newIssuer(old: Kubernetes, token: string): Promise<void> {
  const { url } = cluster.issuer;
  const issuer = "https://new.example.com";
  for (const [audiences, isAccepted] of [
    [[], true],
    [[`--api-audiences=${issuer},${url}`], true],
    [[`--api-audiences=${issuer}`], false],
  ] as const) {
    const flags = [`--service-account-issuer=${url}`, ...audiences];
    const started = await startKubernetes({ issuer, beside: old, flags });
    try {
      assert.equal(
        (await whoIs(started.endpoint, token)) !== undefined,
        isAccepted,
        audiences.join(),
      );
    } finally {
      await started.stop();
    }
  }
}
