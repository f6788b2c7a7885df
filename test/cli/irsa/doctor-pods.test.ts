// `irsa doctor`: faults of Pods, and what else it reports about them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { api, pod, setPods, setPolicies, testFaults, withCluster } from "./doctor-setup.ts";

testFaults({
  "a Pod that was not mutated": [
    () => setPods(pod("good", "reader", "aws-iam-token"), pod("lost", "reader", "data")),
    "pod",
    "failed",
    /^app\/lost runs without its role$/,
    /kubectl rollout restart/,
  ],
  "the Pods may not be listed": [
    () => api.answers.set("GET /api/v1/pods", () => [403, { message: "forbidden" }]),
    "pods",
    "warning",
    /^not read: kube-apiserver refused \/api\/v1\/pods: HTTP 403, forbidden$/,
    /allow list on pods/,
  ],
});

test("Pods in an excluded namespace are not reported one by one", async () => {
  setPolicies(undefined, { exceptNamespace: ["app"] });
  setPods(pod("lost", "reader", "data"));
  const { rows } = await withCluster();
  assert.deepEqual(
    rows.filter(({ state }) => state !== "ok").map(({ check }) => check),
    ["namespace"],
  );
});

test("Pods that are skipped, finished, without a role or in another namespace are not reported", async () => {
  setPods(
    pod("skipped", "reader", "data", { labels: { "eks.amazonaws.com/skip-pod-identity-webhook": "" } }),
    pod("ended", "reader", "data", { phase: "Succeeded" }),
    pod("plain", "plain", "data"),
    { ...pod("elsewhere", "reader", "data"), metadata: { name: "elsewhere", namespace: "other" } },
  );
  assert.equal((await withCluster()).code, 0);
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
