// Effects of AWS outages on users: a short delay, none, or an error that ends with the outage.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Fault } from "../../local/faults.ts";
import { ssmThrottling, stsThrottling } from "../local/service-faults.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/eventually.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());
beforeEach(() => {
  cluster.backend.sts.fail(undefined);
  cluster.backend.store.fail(undefined);
});

/** kube-apiserver's attempts for one login: https://pkg.go.dev/k8s.io/apiserver/pkg/util/webhook#DefaultRetryBackoffWithInitialDelay */
const APISERVER_TRIES = 5;
/** Calls of a review while Parameter Store throttles: one, and three retries after short random waits. */
const THROTTLED_CALLS = 4;

async function login(name: string): Promise<string | undefined> {
  return (await whoIs(cluster.apiservers[0], await freshToken(name)))?.username;
}

/** The function's log lines during `action`. */
async function outcomesOf(action: () => Promise<void>): Promise<string[]> {
  const before = cluster.backend.reviews().length;
  await action();
  return cluster.backend
    .reviews()
    .slice(before)
    .map(({ outcome }) => outcome);
}

function refusalsLogged(): string[] {
  const lines = cluster.apiservers[0].log().split("\n");
  return lines.filter((line) => line.includes("Unable to authenticate the request"));
}

const OUTAGE_MS = 3_000;
const OUTAGES: readonly (Fault & { readonly kind: "reset" | "silent" | "answer" })[] = [
  { kind: "reset" },
  { kind: "silent" },
  { kind: "answer", status: 503, body: "<html>Service Unavailable</html>" },
];

for (const fault of OUTAGES) {
  test(`STS is down for 3 s in the middle of kubectl get (${fault.kind}): kubectl succeeds`, async () => {
    const { sts } = cluster.backend;
    const token = await freshToken("carol");
    const outcomes = await outcomesOf(async () => {
      const before = sts.requests.length;
      sts.fail(fault);
      const running = kubectl(cluster, { token }, ["get", "namespaces"]);
      await eventually("STS receives a request", 10_000, () => sts.requests.length > before || undefined);
      setTimeout(() => sts.fail(undefined), OUTAGE_MS);
      const { code, stdout, stderr } = await running;
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^kube-system /m);
    });
    assert.equal(outcomes[0], "fault");
    assert.ok(outcomes.includes("granted"));
    assert.ok(!outcomes.includes("denied"));
  });
}

test("Parameter Store is down while the cache is warm: logins still succeed", { timeout: 120_000 }, async () => {
  const { store } = cluster.backend;
  assert.equal(await login("alice"), "alice");
  store.fail({ kind: "reset" });
  const before = store.requests.length;
  const isAsked = () => store.requests.slice(before).some(({ body }) => body.includes("/user/111122223333/alice"));
  // After 30 s, the function reads the mapping again, fails, and uses the last known value.
  const outcomes = await outcomesOf(async () => {
    await eventually("a read of Parameter Store failed", 40_000, async () => {
      assert.equal(await login("alice"), "alice");
      return isAsked() || undefined;
    });
    for (let more = 0; more < 5; more += 1) assert.equal(await login("alice"), "alice");
  });
  assert.deepEqual([...new Set(outcomes)], ["granted"]);
});

test("STS and Parameter Store are down with an empty cache: logins fail with an error, not a denial, and recover immediately", async () => {
  const { sts, store, redeploy } = cluster.backend;
  redeploy();
  sts.fail({ kind: "reset" });
  store.fail({ kind: "reset" });
  const token = await freshToken("alice");
  const logged = refusalsLogged().length;
  const outcomes = await outcomesOf(async () => {
    assert.equal(await whoIs(cluster.apiservers[0], token), undefined);
  });
  assert.deepEqual(outcomes, Array(APISERVER_TRIES).fill("fault"));
  const [line = ""] = await eventually("the outage is in the log", 5_000, () => {
    const lines = refusalsLogged().slice(logged);
    return lines.length > 0 ? lines : undefined;
  });
  assert.match(line, /parameters_unavailable/);

  sts.fail(undefined);
  store.fail(undefined);
  assert.equal((await whoIs(cluster.apiservers[0], token))?.username, "alice");
});

test("STS throttles: a login makes exactly five calls, and logins recover immediately", async () => {
  const { sts } = cluster.backend;
  const token = await freshToken("alice");
  sts.fail(stsThrottling);
  const before = sts.requests.length;
  const outcomes = await outcomesOf(async () => {
    assert.equal(await whoIs(cluster.apiservers[0], token), undefined);
  });
  assert.deepEqual(outcomes, Array(APISERVER_TRIES).fill("throttled"));
  assert.equal(sts.requests.length - before, APISERVER_TRIES);
  sts.fail(undefined);
  assert.equal((await whoIs(cluster.apiservers[0], token))?.username, "alice");
});

test("Parameter Store throttles: startup and four of five attempts of a login make exactly four calls, and logins recover immediately", async () => {
  const { store, redeploy } = cluster.backend;
  redeploy();
  const token = await freshToken("alice");
  store.fail(ssmThrottling());
  const before = store.requests.length;
  const outcomes = await outcomesOf(async () => {
    assert.equal(await whoIs(cluster.apiservers[0], token), undefined);
  });
  assert.deepEqual(outcomes, Array(APISERVER_TRIES).fill("fault"));
  // The second attempt is within the second for which the function remembers the failure of the first.
  const reads = 1 + APISERVER_TRIES - 1;
  assert.equal(store.requests.length - before, reads * THROTTLED_CALLS);
  store.fail(undefined);
  assert.equal((await whoIs(cluster.apiservers[0], token))?.username, "alice");
});
