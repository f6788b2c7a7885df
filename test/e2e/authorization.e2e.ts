// Authorization of granted users: RBAC, access levels and the node authorizer use our usernames and
// groups. Other authenticators' tokens still work or are passed on, and our tokens are valid only
// for their audience.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nodeName } from "../../local/aws/ec2.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import { prepare, useServer } from "../cli/fixtures.ts";
import { createSigningKey, signIdToken } from "../oidc-issuer.ts";
import type { User } from "../system/answers.ts";
import { describeLevels } from "./access-levels.ts";
import { admin, aggregate, kubectl } from "./cluster/kubectl.ts";
import { freshToken, loggedRefusal, startCluster } from "./cluster.ts";
import { callApi, whoIs } from "./control-plane/api.ts";
import { SERVICE_ACCOUNT_ISSUER } from "./control-plane/apiserver.ts";

const cluster = useServer(() => startCluster({ webhooks: [{}, { cacheTtl: "10m" }] }));
prepare(async () => {
  for (const name of ["team", "team-a", "team-b"])
    await admin(cluster, ["create", "namespace", name]);
  await admin(cluster, [
    "-n",
    "team",
    "create",
    "role",
    "pod-reader",
    "--resource=pods",
    "--verb=get,list",
  ]);
  const binding = [
    "rolebinding",
    "developers-read-pods",
    "--role=pod-reader",
    "--group=developers",
  ];
  await admin(cluster, ["-n", "team", "create", ...binding]);
  await aggregate(cluster);
});

const run = async (name: string, args: readonly string[]) =>
  kubectl(cluster, { token: await freshToken(name) }, args);

async function assertForbidden(name: string, args: readonly string[], reason: RegExp) {
  const { code, stderr } = await run(name, args);
  assert.equal(code, 1);
  assert.match(stderr, /\(Forbidden\)/);
  assert.match(stderr, reason);
}

for (const [name, user] of Object.entries({ alice: "alice", bob: "dev:bob-example.com" })) {
  test(`${name}, in the group developers, may only list pods in one namespace`, async () => {
    const { code, stderr } = await run(name, ["get", "pods", "-n", "team"]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /No resources found in team namespace/);
    const reason = new RegExp(`User "${user}" cannot `);
    await assertForbidden(name, ["get", "pods", "-n", "default"], reason);
    await assertForbidden(name, ["get", "secrets", "-n", "team"], reason);
    await assertForbidden(name, ["create", "namespace", "other"], reason);
  });
}

test("carol, in system:masters, may do everything", async () => {
  const { code, stdout, stderr } = await run("carol", [
    "auth",
    "can-i",
    "*",
    "*",
    "--all-namespaces",
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim(), "yes");
  assert.equal((await run("carol", ["create", "namespace", "made-by-carol"])).code, 0);
});

test("an unmapped identity is Unauthorized, and kube-apiserver logs the reason, but no token", async () => {
  const { code, stderr } = await run("contractor", ["get", "pods", "-n", "team"]);
  assert.equal(code, 1);
  assert.match(stderr, /Unauthorized/);
  const line = await loggedRefusal(cluster.apiservers[0], /identity_unmapped/);
  assert.match(line, /arn:aws:iam::111122223333:role\/Contractor/);
  assert.match(line, /\/iam-authenticator\/local\/role\/111122223333\/contractor/);
  assert.doesNotMatch(cluster.apiservers[0].log(), /k8s-aws-v1\.|X-Amz-/);
});

test("a node changes only its own Node object, and reads only its Pods' Secrets", async () => {
  const token = await freshToken("node");
  const node = (name: string) => ({ apiVersion: "v1", kind: "Node", metadata: { name } });
  const own = nodeName(REGION);
  const other = "ip-10-0-0-13.us-west-2.compute.internal";
  const create = (name: string) =>
    callApi(cluster.apiservers[0], { token }, "POST", "/api/v1/nodes", node(name));
  assert.equal((await create(own)).status, 201);
  assert.equal((await run("node", ["label", "node", own, "rack=r1"])).code, 0);
  const { status, body } = await create(other);
  assert.equal(status, 403);
  assert.match(JSON.stringify(body), /is not allowed to modify node/);
  await cluster.create(node(other));
  const reason = /is not allowed to modify node|only its own Node object/;
  await assertForbidden("node", ["label", "node", other, "stolen=yes"], reason);
  await cluster.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "of-no-pod-here", namespace: "team" },
  });
  await assertForbidden(
    "node",
    ["get", "secret", "of-no-pod-here", "-n", "team"],
    /no relationship found/,
  );
});

describe("access levels", () => {
  describeLevels(cluster);

  test("an identity with --access edit --namespace team-a has that level by its token", async () => {
    useLocalAws({ AWS_ENDPOINT_URL_SSM: cluster.backend.store.url, AWS_REGION: REGION });
    const alice = [
      "arn:aws:iam::111122223333:user/engineering/alice",
      "--access",
      "edit",
      "--namespace",
      "team-a",
    ];
    const { code, err } = await cli([
      "mappings",
      "set",
      ...alice,
      "-c",
      CLUSTER_ID,
      "--force",
      "-y",
    ]);
    assert.equal(code, 0, err);
    // alice's mapping is cached.
    cluster.backend.redeploy();
    const answers = [
      "create deployments.apps -n team-a",
      "create deployments.apps -n team-b",
      "list nodes",
    ].map(async (right) =>
      (await run("alice", ["auth", "can-i", ...right.split(" ")])).stdout.trim(),
    );
    assert.deepEqual(await Promise.all(answers), ["yes", "no", "no"]);
  });
});

/** The second kube-apiserver: a second call means that the result was not cached. */
const cached = () => cluster.apiservers[1] ?? assert.fail();

function timesAsked(token: string): number {
  return cluster.backend.gateway.events.filter(({ body }) => body?.includes(token)).length;
}

test("a service account token works without a call to the webhook", async () => {
  await cluster.create({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "robot", namespace: "default" },
  });
  const token = (await admin(cluster, ["create", "token", "robot"])).trim();
  const user = await whoIs(cached(), token);
  assert.equal(user?.username, "system:serviceaccount:default:robot");
  assert.equal(timesAsked(token), 0);
});

test("for an OIDC token of another issuer, the webhook is called once", async () => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: "https://issuer.example.com", aud: "kubernetes", sub: "olga", exp };
  const token = await signIdToken(claims, await createSigningKey());
  assert.equal(await whoIs(cached(), token), undefined);
  assert.equal(await whoIs(cached(), token), undefined);
  assert.equal(timesAsked(token), 1);
  assert.equal(cluster.backend.reviews().at(-1)?.outcome, "not_ours");
  const log = cached().log().split("\n");
  const refusals = log.filter((line) => line.includes("Unable to authenticate the request"));
  for (const line of refusals) assert.match(line, /err="invalid bearer token"$/);
});

/** Another service sends a TokenReview with a token of alice. */
async function reviewFor(audiences?: readonly string[]) {
  const spec = { token: await freshToken("alice"), audiences };
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec };
  const { body } = await cluster.call(
    "POST",
    "/apis/authentication.k8s.io/v1/tokenreviews",
    review,
  );
  return (body as { status: { authenticated?: boolean; user?: User } }).status;
}

test("a token is valid only for kube-apiserver's audience", async () => {
  assert.partialDeepStrictEqual(await reviewFor(), {
    authenticated: true,
    user: { username: "alice" },
  });
  const own = [SERVICE_ACCOUNT_ISSUER];
  assert.partialDeepStrictEqual(await reviewFor(own), { authenticated: true, audiences: own });
  const { authenticated, user } = await reviewFor(["vault"]);
  assert.deepEqual([authenticated ?? false, user?.username], [false, undefined]);
});

test("with AUDIENCES, a token is valid only for the listed audiences", async () => {
  cluster.backend.redeploy({ AUDIENCES: `${SERVICE_ACCOUNT_ISSUER},vault` });
  assert.equal((await whoIs(cached(), await freshToken("alice")))?.username, "alice");
  assert.partialDeepStrictEqual(await reviewFor(["vault"]), {
    authenticated: true,
    audiences: ["vault"],
  });
  assert.ok(!(await reviewFor(["harbor"])).authenticated);
  // kube-apiserver checks audiences first, and so drops the denial's error
  assert.equal(cluster.backend.reviews().at(-1)?.reason, "audience_foreign");
});
