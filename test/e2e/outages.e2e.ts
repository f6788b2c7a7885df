// Effects of AWS outages on users: a short delay, none, or an error that ends with the outage. And
// how long a user with one token can still log in after the mapping is removed or denied.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Fault } from "../../local/aws/http-server.ts";
import { useServer } from "../cli/fixtures.ts";
import { answering, ssmThrottling, stsThrottling } from "../local/aws/service-faults.ts";
import { MAPPING_PREFIX } from "./cluster/backend.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { freshToken, loggedRefusal, login, reviewsOf, startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/process.ts";

const cluster = useServer(() => startCluster());
beforeEach(() => {
  cluster.backend.sts.fail(undefined);
  cluster.backend.store.fail(undefined);
});

/**
 * kube-apiserver's attempts for one login:
 * https://pkg.go.dev/k8s.io/apiserver/pkg/util/webhook#DefaultRetryBackoffWithInitialDelay
 */
const APISERVER_TRIES = 5;
/**
 * Calls of a review while Parameter Store throttles: one, and a retry after a short random wait.
 */
const THROTTLED_CALLS = 2;

async function outcomesOf(action: () => Promise<void>): Promise<string[]> {
  return (await reviewsOf(cluster, action)).map(({ outcome }) => outcome);
}

function failedLogin(token: string): Promise<string[]> {
  return outcomesOf(async () => assert.equal(await whoIs(cluster.apiservers[0], token), undefined));
}

const RESET: Fault = { kind: "reset" };
const OUTAGE_MS = 3_000;

for (const fault of [
  RESET,
  { kind: "silent" } as const,
  answering(503, "<html>Service Unavailable</html>"),
]) {
  test(`STS is down for 3 s in the middle of kubectl get (${fault.kind}): kubectl succeeds`, async () => {
    const { sts } = cluster.backend;
    const token = await freshToken("carol");
    const outcomes = await outcomesOf(async () => {
      const before = sts.requests.length;
      sts.fail(fault);
      const running = kubectl(cluster, { token }, ["get", "namespaces"]);
      await eventually("STS receives a request", 10_000, () => sts.requests.length > before);
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

test("Parameter Store is down while the cache is warm: logins still succeed", {
  timeout: 120_000,
}, async () => {
  const { store } = cluster.backend;
  assert.equal(await login(cluster.apiservers[0]), "alice");
  store.fail({ kind: "reset" });
  const before = store.requests.length;
  const isAsked = () =>
    store.requests.slice(before).some(({ body }) => body.includes("/user/111122223333/alice"));
  // After 30 s, the function reads the mapping again, fails, and uses the last known value.
  const outcomes = await outcomesOf(async () => {
    await eventually("a read of Parameter Store failed", 40_000, async () => {
      assert.equal(await login(cluster.apiservers[0]), "alice");
      return isAsked();
    });
    for (let more = 0; more < 5; more += 1)
      assert.equal(await login(cluster.apiservers[0]), "alice");
  });
  assert.deepEqual([...new Set(outcomes)], ["granted"]);
});

/**
 * The least and the most calls: a read at the function's start, cut short on a slow machine, and
 * one for each attempt. A fast machine makes the second attempt within the second for which the
 * function remembers the failure of the first.
 */
const STORE_CALLS = [
  1 + (APISERVER_TRIES - 1) * THROTTLED_CALLS,
  (1 + APISERVER_TRIES) * THROTTLED_CALLS,
] as const;

for (const [what, outcome, ofSts, ofStore, calls] of [
  ["STS and Parameter Store are down with an empty cache", "fault", RESET, RESET, undefined],
  ["STS throttles", "throttled", stsThrottling, undefined, [APISERVER_TRIES, APISERVER_TRIES]],
  ["Parameter Store throttles", "fault", undefined, ssmThrottling(), STORE_CALLS],
] as const) {
  test(`${what}: after ${APISERVER_TRIES} tries, logins fail with an error and recover at once`, async () => {
    const { sts, store, redeploy } = cluster.backend;
    const { requests } = ofSts ? sts : store;
    if (ofStore) redeploy();
    const token = await freshToken("alice");
    const before = requests.length;
    sts.fail(ofSts);
    store.fail(ofStore);
    assert.deepEqual(await failedLogin(token), Array(APISERVER_TRIES).fill(outcome));
    const made = requests.length - before;
    if (calls !== undefined) assert.ok(made >= calls[0] && made <= calls[1], `${made} calls`);
    else await loggedRefusal(cluster.apiservers[0], /parameters_unavailable/);
    for (const service of [sts, store]) service.fail(undefined);
    assert.equal((await whoIs(cluster.apiservers[0], token))?.username, "alice");
  });
}

/**
 * The function's mapping cache, and kube-apiserver's two caches, of which only the first is
 * configurable.
 */
const MAPPING_S = 30;
const WEBHOOK_CACHE_S = 1;
/**
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/kubeapiserver/authenticator/config.go:
 * tokencache, success
 */
const TOKEN_CACHE_S = 10;
const TOLERANCE_S = 3;

test("mappings that are removed and denied: the users are denied within the cache times", async (context) => {
  const { store, reviews } = cluster.backend;
  const deadline = Date.now() + (MAPPING_S + WEBHOOK_CACHE_S + TOKEN_CACHE_S + TOLERANCE_S) * 1000;
  const [apiserver] = cluster.apiservers;

  async function isDenied(
    name: string,
    username: string,
    reason: string,
    revoke: () => unknown,
  ): Promise<void> {
    const token = await freshToken(name);
    assert.equal((await whoIs(apiserver, token))?.username, username);
    revoke();
    const start = Date.now();
    await eventually(`${name} is denied`, deadline - start, async () => {
      const user = await whoIs(apiserver, token);
      assert.ok(user === undefined || user.username === username);
      return user === undefined;
    });
    context.diagnostic(`${name} denied after ${((Date.now() - start) / 1000).toFixed(1)} s`);
    assert.ok(reviews().some((review) => review.reason === reason));
    // and stays denied
    assert.equal(await whoIs(apiserver, token), undefined);
  }

  const denial = JSON.stringify([{ arnLike: "arn:aws:iam::111122223333:role/Developers" }]);
  await Promise.all([
    isDenied("alice", "alice", "identity_unmapped", () =>
      store.remove(`${MAPPING_PREFIX}/user/111122223333/alice`),
    ),
    isDenied("bob", "dev:bob-example.com", "identity_denied", () =>
      store.put(`${MAPPING_PREFIX}/deny/111122223333`, denial),
    ),
  ]);
});
