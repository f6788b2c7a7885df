// Other authenticators' tokens still work or are passed on, and our tokens are valid only for their audience.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startUserIssuer, type UserIssuer } from "./cluster/oidc-issuer.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { reviewToken, whoIs } from "./control-plane/api.ts";
import { SERVICE_ACCOUNT_ISSUER } from "./control-plane/apiserver.ts";
import { eventually } from "./control-plane/process.ts";

let cluster: Cluster;
let issuer: UserIssuer;
let foreignIssuer: UserIssuer;
before(async () => {
  issuer = await startUserIssuer();
  foreignIssuer = await startUserIssuer();
  // longer than the test, so a second call means that the result was not cached
  cluster = await startCluster({ webhooks: [{ cacheTtl: "10m" }], flags: issuer.flags });
});
after(async () => {
  await Promise.all([issuer.stop(), foreignIssuer.stop()]);
  await cluster.stop();
});

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

test("a bootstrap token works without a call to the webhook", async () => {
  const [id, secret] = ["abcdef", "0123456789abcdef"];
  await cluster.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    stringData: { "token-id": id, "token-secret": secret, "usage-bootstrap-authentication": "true" },
  });
  const token = `${id}.${secret}`;
  const user = await eventually("the bootstrap token is known", 10_000, () => whoIs(cluster.apiservers[0], token));
  assert.equal(user.username, `system:bootstrap:${id}`);
  assert.ok(user.groups?.includes("system:bootstrappers"));
});

test("an OIDC token of the cluster's issuer works without a call to the webhook", async () => {
  // kube-apiserver fetches the issuer's keys asynchronously
  await eventually("the issuer is known", 60_000, async () =>
    whoIs(cluster.apiservers[0], await issuer.token("warm-up")),
  );
  const token = await issuer.token("olga");
  const user = await whoIs(cluster.apiservers[0], token);
  assert.equal(user?.username, "oidc:olga");
  assert.equal(timesAsked(token), 0);
});

test("for an OIDC token of another issuer, the webhook is called once, the result is cached, and it logs no error of ours", async () => {
  const token = await foreignIssuer.token("olga");
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
