// `irsa keys publish`: publishes the public keys of a cluster, which the issuer then serves.

import { DISCOVERY_PATH } from "../../../functions/issuer/documents.ts";
import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { MAX_KEYS } from "../../../functions/issuer/keys.ts";
import { memberAt } from "../../../functions/lib/json.ts";
import { issuerKeyParameter } from "../../../functions/parameters/names.ts";
import { outputsOfCluster } from "../../aws/stacks.ts";
import { openStore, type Store } from "../../aws/store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { type Failure, finding, usage } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { type Kubernetes, openKubernetes } from "../../kube/client.ts";
import { beforeWrites } from "../../plan/before-writes.ts";
import { type Change, outcome } from "../../plan/changes.ts";
import { afterWrites } from "../../plan/stopped.ts";
import { UNINTERRUPTED, writeValue } from "../../plan/write-parameter.ts";
import { writeValues } from "../../plan/write-values.ts";
import { keysOfJwksFile, keysOfKubernetes, keysOfPem } from "./cluster-keys.ts";
import { describeKey, type PublishedKey, readPublishedKeys } from "./published-keys.ts";
import { acceptKeys, type KeyPlan } from "./write-keys.ts";

interface PublishOptions extends WriteOptions {
  readonly kubeconfig?: string;
  readonly jwks?: string;
  readonly publicKey?: string;
}

export async function publish(
  cluster: ChosenCluster,
  options: PublishOptions,
  run: Run,
): Promise<void> {
  const planned = await beforeWrites(run, () => planPublication(cluster, options, run));
  if (!(await acceptKeys(planned, options, run))) return;
  const { plan, store } = planned;
  // Another publisher may write keys at the same time, and Parameter Store cannot limit their number.
  const reread = () => readPublishedKeys(store, run.interrupted);
  refuseTooMany(await beforeWrites(run, reread), plan.changes);
  await writeValues(plan.changes, store, run);
  const names = listed(plan.changes.map(({ name }) => name));
  const isWithdrawn = await afterWrites(
    `Written: ${names}. Check them: irsa keys list.`,
    async () => {
      const published = await readPublishedKeys(store, UNINTERRUPTED);
      return withdrawTooMany(published, plan.changes, store);
    },
  );
  if (isWithdrawn) throw withdrawn();
  run.log(`${outcome(plan.changes)} ${EFFECT}\n`);
}

const EFFECT =
  "The issuer serves the change within 30 s. Wait a day before signing with a new key.";

async function planPublication(
  cluster: ChosenCluster,
  options: PublishOptions,
  run: Run,
): Promise<KeyPlan> {
  const { kubeconfig } = options;
  const kubernetes = kubeconfig === undefined ? undefined : await openKubernetes(kubeconfig, run);
  const keys = await keysFrom(options, kubernetes, run);
  const store = await openStore(cluster, {}, run);
  const source = kubernetes === undefined ? "" : await describeSource(kubernetes, store, run);
  const published = await readPublishedKeys(store, run.interrupted);
  const changes = keys.flatMap((key): Change[] => {
    const name = issuerKeyParameter(store.review.prefix, key.kid);
    const before = published.find(({ stored }) => stored.name === name);
    if (before?.key !== undefined) return [];
    if (before?.stored.secure)
      throw finding(`${name} is a SecureString, which the issuer does not read: remove it.`);
    const change = { name, value: JSON.stringify(key), shown: `${describeKey(key)}${source}` };
    return before === undefined
      ? [{ ...change, action: "add", before: undefined }]
      : [{ ...change, action: "change", before: before.stored }];
  });
  refuseTooMany(published, changes);
  const plan = { changes, unchanged: keys.length - changes.length, extra: [] };
  return { plan, published, store };
}

function refuseTooMany(published: readonly PublishedKey[], changes: readonly Change[]): void {
  const served = published.filter(({ key }) => key !== undefined);
  const names = new Set([
    ...served.map(({ stored }) => stored.name),
    ...changes.map(({ name }) => name),
  ]);
  if (names.size <= MAX_KEYS) return;
  throw finding(
    `Nothing was written: the issuer serves at most ${MAX_KEYS} keys. Retire old ones first.`,
  );
}

/**
 * Removes the keys that this command added, unless the issuer serves all that it wrote. Returns
 * whether it did. Parameter Store cannot limit the number of parameters in a write. If two
 * publishers write at the same time, the issuer serves the keys that were written first, and the
 * other publisher removes its own. No token is signed with them yet.
 */
async function withdrawTooMany(
  published: readonly PublishedKey[],
  changes: readonly Change[],
  { ssm }: Store,
): Promise<boolean> {
  const served = new Set(
    published.filter(({ key }) => key !== undefined).map(({ stored }) => stored.name),
  );
  if (changes.every(({ name }) => served.has(name))) return false;
  for (const { action, name } of changes) {
    const before = published.find(({ stored }) => stored.name === name)?.stored;
    if (action !== "add" || before === undefined) continue;
    await writeValue(ssm, { action: "remove", name, before, value: undefined }, UNINTERRUPTED);
  }
  return true;
}

function withdrawn(): Failure {
  return finding(
    `Nothing was published: another publisher wrote keys at the same moment, and the issuer serves at most ${MAX_KEYS}. ` +
      "This command has removed its keys again. Retire old keys, then publish again.",
  );
}

/** Describes the cluster in the plan. Warns if the kubeconfig may be another cluster's. */
async function describeSource({ server, ask }: Kubernetes, { config, clusterId }: Store, run: Run) {
  const issuer = memberAt((await ask("GET", DISCOVERY_PATH)).body, "issuer");
  if (typeof issuer !== "string") return `, from ${server}`;
  const { hostname = "" } = URL.parse(issuer) ?? {};
  // The defaults of kubeadm and k3s, and of Talos.
  if (!/^kubernetes\.default(\.|$)/.test(hostname) && hostname !== new URL(server).hostname) {
    const { IssuerUrl: deployed } = await outputsOfCluster(clusterId, config, run, "Issuer");
    const other = deployed === undefined ? "" : `, not for ${deployed}`;
    const advice = `If that is another cluster, its Pods could assume the roles of ${clusterId}: check the kubeconfig.`;
    if (issuer !== deployed)
      run.log(`kube-apiserver at ${server} signs for ${issuer}${other}. ${advice}\n`);
  }
  return `, from ${server}, issuer ${issuer}`;
}

/** Returns the keys of the source that the user gave, each of them once. */
async function keysFrom(
  options: PublishOptions,
  kubernetes: Kubernetes | undefined,
  run: Run,
): Promise<readonly IssuerKey[]> {
  const keys = await readSource(options, kubernetes, run);
  return [...new Map(keys.map((key) => [key.kid, key])).values()];
}

function readSource(
  { jwks, publicKey }: PublishOptions,
  kubernetes: Kubernetes | undefined,
  run: Run,
): Promise<readonly IssuerKey[]> {
  if (jwks !== undefined) return keysOfJwksFile(jwks, run);
  if (publicKey !== undefined) return keysOfPem(publicKey, run);
  if (kubernetes !== undefined) return keysOfKubernetes(kubernetes);
  throw usage("Give the source of the keys: --kubeconfig, --jwks or --public-key.");
}
