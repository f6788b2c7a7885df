// Other authenticators' tokens still work or are passed on, and our tokens are valid only for their audience.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createSigningKey, signIdToken } from "../oidc-issuer.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { reviewToken, whoIs } from "./control-plane/api.ts";
import { SERVICE_ACCOUNT_ISSUER } from "./control-plane/apiserver.ts";

let cluster: Cluster;
before(async () => {
  // longer than the test, so a second call means that the result was not cached
  cluster = await startCluster({ webhooks: [{ cacheTtl: "10m" }] });
});
after(() => cluster.stop());

/** Number of webhook calls for `token`. */
function timesAsked(token: string): number {
  return cluster.backend.gateway.events.filter(({ body }) => body?.includes(token)).length;
}

test("a service account token works without a call to the webhook", async () => {
  const [apiserver] = cluster.apiservers;
  const metadata = { name: "robot", namespace: "default" };
  await cluster.create({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const path = "/api/v1/namespaces/default/serviceaccounts/robot/token";
  const { status, body } = await cluster.call("POST", path, request);
  assert.equal(status, 201);
  const { token } = (body as { status: { token: string } }).status;
  const user = await whoIs(apiserver, token);
  assert.equal(user?.username, "system:serviceaccount:default:robot");
  assert.equal(timesAsked(token), 0);
});

test("for an OIDC token of another issuer, the webhook is called once, the result is cached, and it logs no error of ours", async () => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: "https://issuer.example.com", aud: "kubernetes", sub: "olga", exp };
  const token = await signIdToken(claims, await createSigningKey());
  assert.equal(await whoIs(cluster.apiservers[0], token), undefined);
  assert.equal(await whoIs(cluster.apiservers[0], token), undefined);
  assert.equal(timesAsked(token), 1);
  assert.equal(cluster.backend.reviews().at(-1)?.outcome, "not_ours");
  const log = cluster.apiservers[0].log().split("\n");
  const refusals = log.filter((line) => line.includes("Unable to authenticate the request"));
  for (const line of refusals) assert.match(line, /err="invalid bearer token"$/);
});

/** Another service sends a TokenReview with a token of alice. */
async function reviewFor(audiences?: readonly string[]) {
  const token = await freshToken("alice");
  return reviewToken(cluster.apiservers[0], cluster.credentials.admin, token, audiences);
}

test("a token is valid only for kube-apiserver's audience", async () => {
  const unnamed = await reviewFor();
  assert.equal(unnamed.authenticated, true);
  assert.equal(unnamed.user?.username, "alice");
  const own = await reviewFor([SERVICE_ACCOUNT_ISSUER]);
  assert.equal(own.authenticated, true);
  assert.deepEqual(own.audiences, [SERVICE_ACCOUNT_ISSUER]);
  const foreign = await reviewFor(["vault"]);
  assert.ok(!foreign.authenticated);
  assert.equal(foreign.user?.username, undefined);
});

test("with AUDIENCES, a token is valid only for the listed audiences", async () => {
  cluster.backend.redeploy({ AUDIENCES: `${SERVICE_ACCOUNT_ISSUER},vault` });
  assert.equal((await whoIs(cluster.apiservers[0], await freshToken("alice")))?.username, "alice");
  const listed = await reviewFor(["vault"]);
  assert.equal(listed.authenticated, true);
  assert.deepEqual(listed.audiences, ["vault"]);
  const unlisted = await reviewFor(["harbor"]);
  assert.ok(!unlisted.authenticated);
  // kube-apiserver checks audiences first, and so drops the denial's error
  assert.equal(cluster.backend.reviews().at(-1)?.reason, "audience_foreign");
});
