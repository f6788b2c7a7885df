// `irsa doctor`: a correct setup, and faults of Pods.

import assert from "node:assert/strict";
import { test } from "node:test";
import { api, doctor, findings, forbid, pod, setPods, setPolicies, testFaults, withCluster } from "./doctor-setup.ts";

test("with a correct setup, each check is ok, and the exit code is 0", async () => {
  const { code, rows, err } = await withCluster();
  assert.deepEqual([...new Set(rows.map(({ state }) => state))], ["ok"]);
  assert.deepEqual(
    rows.map(({ check }) => check),
    [
      ...["discovery", "jwks", "keys", "provider", "cluster keys", "token issuer", "signing key", "audiences"],
      ...["legacy tokens", "policy", "labels", "accounts"],
    ],
  );
  assert.equal(code, 0, err);
  assert.equal(rows.at(-1)?.seen, "1 ServiceAccounts with a role, used by 1 Pods");
});

test("without --kubeconfig, it checks only the issuer and AWS", async () => {
  const { code, rows } = await doctor();
  const checks = rows.map(({ check }) => check);
  assert.deepEqual(checks, ["discovery", "jwks", "keys", "provider"]);
  assert.equal(code, 0);
});

testFaults({
  "a Pod that was not mutated": [
    () => setPods(pod("good", "reader", "aws-iam-token"), pod("lost", "reader", "data")),
    /^pod: failed: app\/lost runs without its role -> .*kubectl rollout restart/,
  ],
  "the Pods may not be listed": [
    () => forbid("GET /api/v1/pods"),
    /^pods: warning: not read: kube-apiserver refused \/api\/v1\/pods: HTTP 403, forbidden -> .*allow list on pods/,
  ],
});

test("Pods in an excluded namespace are not reported one by one", async () => {
  setPolicies(undefined, { exceptNamespace: ["app"] });
  setPods(pod("lost", "reader", "data"));
  assert.deepEqual(await findings(), ["namespace: warning"]);
});

test("Pods that are skipped, finished, without a role or in another namespace are not reported", async () => {
  setPods(
    pod("skipped", "reader", "data", { labels: { "eks.amazonaws.com/skip-pod-identity-webhook": "" } }),
    pod("ended", "reader", "data", { phase: "Succeeded" }),
    pod("plain", "plain", "data"),
    { ...pod("elsewhere", "reader", "data"), metadata: { name: "elsewhere", namespace: "other" } },
  );
  assert.deepEqual(await findings(), []);
});

test("it checks the Pods of all pages", async () => {
  let asked = 0;
  api.answers.set("GET /api/v1/pods", () => {
    asked += 1;
    const items = asked === 1 ? [pod("good", "reader", "aws-iam-token")] : [pod("lost", "reader", "data")];
    return [200, { items, metadata: asked === 1 ? { continue: "next" } : {} }];
  });
  const { rows } = await withCluster();
  assert.equal(rows.find(({ check }) => check === "pod")?.seen, "app/lost runs without its role");
});
