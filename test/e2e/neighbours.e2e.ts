// Tokens that are not ours go on working beside us, or are passed by; and whom a token of ours is good for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startUserIssuer, type UserIssuer } from "./cluster/oidc-issuer.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { callApi, reviewToken, whoIs } from "./control-plane/api.ts";
import { SERVICE_ACCOUNT_ISSUER } from "./control-plane/apiserver.ts";
import { eventually } from "./control-plane/eventually.ts";

let cluster: Cluster;
let issuer: UserIssuer;
let foreignIssuer: UserIssuer;
before(async () => {
  issuer = await startUserIssuer();
  foreignIssuer = await startUserIssuer();
  // longer than the test: what is asked twice was not cached
  cluster = await startCluster({ webhooks: [{ cacheTtl: "10m" }], flags: issuer.flags });
});
after(async () => {
  await Promise.all([issuer.stop(), foreignIssuer.stop()]);
  await cluster.stop();
});

/** How many times the webhook was asked about `token`. */
function timesAsked(token: string): number {
  return cluster.backend.gateway.events.filter(({ body }) => body?.includes(token)).length;
}

test("a service account's token works, and we never see it", async () => {
  const [apiserver] = cluster.apiservers;
  await cluster.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "robot" } });
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const path = "/api/v1/namespaces/default/serviceaccounts/robot/token";
  const { status, body } = await callApi(apiserver, cluster.credentials.admin, "POST", path, request);
  assert.equal(status, 201);
  const { token } = (body as { status: { token: string } }).status;
  const user = await whoIs(apiserver, token);
  assert.equal(user?.username, "system:serviceaccount:default:robot");
  assert.equal(timesAsked(token), 0);
});

test("a bootstrap token works, and we never see it", async () => {
  const [id, secret] = ["abcdef", "0123456789abcdef"];
  await cluster.create("/api/v1/namespaces/kube-system/secrets", {
    metadata: { name: `bootstrap-token-${id}` },
    type: "bootstrap.kubernetes.io/token",
    stringData: { "token-id": id, "token-secret": secret, "usage-bootstrap-authentication": "true" },
  });
  const token = `${id}.${secret}`;
  const user = await eventually("the bootstrap token is known", 10_000, () => whoIs(cluster.apiservers[0], token));
  assert.equal(user.username, `system:bootstrap:${id}`);
  assert.ok(user.groups?.includes("system:bootstrappers"));
});

test("an OIDC user of the cluster's own issuer works, and we never see the token", async () => {
  // kube-apiserver fetches the issuer's keys in its own time
  await eventually("the issuer is known", 60_000, async () =>
    whoIs(cluster.apiservers[0], await issuer.token("warm-up")),
  );
  const token = await issuer.token("olga");
  const user = await whoIs(cluster.apiservers[0], token);
  assert.equal(user?.username, "oidc:olga");
  assert.equal(timesAsked(token), 0);
});

test("an OIDC token of another issuer is passed by: asked once, then cached, without a word of ours", async () => {
  const token = await foreignIssuer.token("olga");
  assert.equal(await whoIs(cluster.apiservers[0], token), undefined);
  assert.equal(await whoIs(cluster.apiservers[0], token), undefined);
  assert.equal(timesAsked(token), 1);
  assert.equal(cluster.backend.reviews().at(-1)?.outcome, "not_ours");
  const log = cluster.apiservers[0].log().split("\n");
  const refusals = log.filter((line) => line.includes("Unable to authenticate the request"));
  for (const line of refusals) assert.match(line, /err="invalid bearer token"$/);
});

/** Another service asks kube-apiserver about a token of alice. */
async function reviewFor(audiences?: readonly string[]) {
  const token = await freshToken("alice");
  return reviewToken(cluster.apiservers[0], cluster.credentials.admin, token, audiences);
}

test("a token is good for kube-apiserver's own audience, and for no other service", async () => {
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

test("with AUDIENCES, a token is good for what is listed there and for nothing else", async () => {
  cluster.backend.redeploy({ AUDIENCES: `${SERVICE_ACCOUNT_ISSUER},vault` });
  assert.equal((await whoIs(cluster.apiservers[0], await freshToken("alice")))?.username, "alice");
  const listed = await reviewFor(["vault"]);
  assert.equal(listed.authenticated, true);
  assert.deepEqual(listed.audiences, ["vault"]);
  const unlisted = await reviewFor(["harbor"]);
  assert.ok(!unlisted.authenticated);
  // kube-apiserver looks at the audiences first, and so drops the error that came with the denial
  assert.equal(cluster.backend.reviews().at(-1)?.reason, "audience_foreign");
});
